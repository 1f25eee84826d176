"""Articles (FAQ, self-help guides) and alerts, in the thinnest form that portal and desk can show."""

from __future__ import annotations

from django.db import models

from caasis.platform.models import VersionedRecord


class Article(VersionedRecord):
    """One article. `number` is printed for the phone, so that a later consultation can name it (K15)."""

    class Kind(models.TextChoices):
        FAQ = "faq", "よくある質問"
        GUIDE = "guide", "自分でできること"
        MANUAL = "manual", "相談員の手引"
        ALERT = "alert", "注意喚起"

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

    class Meta:
        db_table = "knowledge_article"
        ordering = ["-published_on", "number"]

    def __str__(self) -> str:
        return self.title
