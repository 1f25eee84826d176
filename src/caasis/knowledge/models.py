"""Articles (FAQ, self-help guides) and alerts, in the thinnest form that portal and desk can show."""

from __future__ import annotations

from django.db import models

from caasis.platform.models import Record, VersionedRecord


class Article(VersionedRecord):
    """One article. `number` is printed for the phone, so that a later consultation can name it (K15)."""

    class Kind(models.TextChoices):
        FAQ = "faq", "よくある質問"
        GUIDE = "guide", "自分でできること"
        MANUAL = "manual", "相談員の手引"
        ALERT = "alert", "注意喚起"
        ACTION = "action", "行政処分"
        ACCIDENT = "accident", "事故情報"
        MATERIAL = "material", "啓発資料"

    class State(models.TextChoices):
        DRAFT = "draft", "下書き"
        PUBLISHED = "published", "公開"
        WITHDRAWN = "withdrawn", "取り下げ"

    number = models.CharField(max_length=20, unique=True)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    audience = models.CharField(max_length=10, default="public")
    title = models.CharField(max_length=120)
    #: The answer in one sentence, shown first.
    lead = models.CharField(max_length=240)
    #: Blocks separated by empty lines, see `rules/body.py`.
    body = models.TextField()
    #: Everyday words by which people look for it, separated by blanks.
    search_words = models.TextField(blank=True, default="")
    situation = models.CharField(max_length=30, blank=True, default="")
    sales_form = models.CharField(max_length=20, blank=True, default="")
    product = models.CharField(max_length=20, blank=True, default="")
    law = models.CharField(max_length=120, blank=True, default="")
    law_checked_on = models.DateField(null=True)
    #: False while somebody still has to compare what it says of the law with the statute (要確認).
    law_verified = models.BooleanField(default=False)
    is_demo = models.BooleanField(default=False)
    published_on = models.DateField(null=True)
    region = models.CharField(max_length=60, blank=True, default="")
    useful_votes = models.PositiveIntegerField(default=0)
    not_useful_votes = models.PositiveIntegerField(default=0)
    views = models.PositiveIntegerField(default=0)
    #: Who looks after it, by when it is to be looked at again, and until when it holds.
    owner_id = models.UUIDField(null=True)
    review_by = models.DateField(null=True)
    valid_until = models.DateField(null=True)
    withdrawn_reason = models.CharField(max_length=400, blank=True, default="")

    class Meta:
        db_table = "knowledge_article"
        ordering = ["-published_on", "number"]
        # By the latest change each search finds out whether its index still holds.
        indexes = [models.Index(fields=["-updated_at"], name="article_latest_change")]

    def __str__(self) -> str:
        return self.title


class Phrase(VersionedRecord):
    """定型文 for an answer or 話し方の手順 for a call. Without a centre it is the nation's and comes with the package.

    A centre that rewrites one of the nation's has a phrase of its own with the same `number`, and sees only that.
    """

    class Kind(models.TextChoices):
        TEMPLATE = "template", "定型文"
        SCRIPT = "script", "話し方の手順"

    centre_id = models.UUIDField(null=True)
    number = models.CharField(max_length=20, blank=True, default="")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    use = models.CharField(max_length=20)
    title = models.CharField(max_length=60)
    #: Placeholders and steps: see `rules/phrases.py`.
    body = models.TextField()
    law = models.CharField(max_length=120, blank=True, default="")
    #: False while somebody still has to compare what it says of the law with the statute (要確認).
    law_verified = models.BooleanField(default=False)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "knowledge_phrase"
        ordering = ["kind", "use", "number", "title"]
        constraints = [
            models.UniqueConstraint(
                fields=["centre_id", "number"],
                condition=~models.Q(number=""),
                name="phrase_number_once",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return self.title


class PhraseVersion(Record):
    """What a phrase said, each time that somebody saved it. Never changed."""

    phrase = models.ForeignKey(Phrase, on_delete=models.CASCADE, related_name="versions")
    centre_id = models.UUIDField(null=True)
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=60)
    body = models.TextField()
    law = models.CharField(max_length=120, blank=True, default="")
    saved_by = models.UUIDField(null=True)

    class Meta:
        db_table = "knowledge_phrase_version"
        constraints = [models.UniqueConstraint(fields=["phrase", "number"], name="phrase_version_once")]
        ordering = ["-number"]


from caasis.knowledge.reader_note_models import ReaderNote  # noqa: E402,F401
from caasis.knowledge.revision_models import ArticleComment, ArticleRevision, SearchMiss  # noqa: E402,F401
from caasis.knowledge.translation_models import ArticleTranslation  # noqa: E402,F401
