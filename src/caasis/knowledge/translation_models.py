"""Articles in other languages: やさしい日本語 and English."""

from __future__ import annotations

from django.db import models

from caasis.knowledge.rules.translation_file import EASY, ENGLISH
from caasis.platform.models import VersionedRecord


class ArticleTranslation(VersionedRecord):
    """What an article says in another language. It is public exactly as long as its article is."""

    class Language(models.TextChoices):
        EASY = EASY, "やさしい日本語"
        ENGLISH = ENGLISH, "English"

    article = models.ForeignKey("knowledge.Article", on_delete=models.CASCADE, related_name="translations")
    language = models.CharField(max_length=10, choices=Language.choices)
    title = models.CharField(max_length=120)
    lead = models.CharField(max_length=240)
    #: As the article's; in easy Japanese with readings, see `rules/ruby.py`.
    body = models.TextField()
    search_words = models.TextField(blank=True, default="")
    #: False until somebody who speaks the language, or teaches it, has read it (要確認).
    checked = models.BooleanField(default=False)
    #: Of the Japanese text that it was made from, see `rules/translation_file.py`.
    original_digest = models.CharField(max_length=64)

    class Meta:
        db_table = "knowledge_article_translation"
        ordering = ["language", "article__number"]
        constraints = [models.UniqueConstraint(fields=["article", "language"], name="article_translation_once")]

    def __str__(self) -> str:
        return self.title
