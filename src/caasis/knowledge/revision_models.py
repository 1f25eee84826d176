"""The life of an article: what was written by whom, what was said of it, and what nobody found."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from caasis.platform.models import Record, VersionedRecord


class ArticleRevision(VersionedRecord):
    """One writing of an article, from its first word to its publication. What is published is copied onto the article.

    `version` is the optimistic lock of those who write it; `number` counts the writings of one article.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "下書き"
        REVIEW = "review", "確認待ち"
        RETURNED = "returned", "差し戻し"
        APPROVED = "approved", "公開待ち"
        PUBLISHED = "published", "公開"
        REPLACED = "replaced", "前の版"
        DISCARDED = "discarded", "取りやめ"

    article = models.ForeignKey("knowledge.Article", on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    title = models.CharField(max_length=120, blank=True, default="")
    lead = models.CharField(max_length=240, blank=True, default="")
    body = models.TextField(blank=True, default="")
    search_words = models.TextField(blank=True, default="")
    situation = models.CharField(max_length=30, blank=True, default="")
    sales_form = models.CharField(max_length=20, blank=True, default="")
    law = models.CharField(max_length=120, blank=True, default="")
    law_checked_on = models.DateField(null=True)
    law_verified = models.BooleanField(default=False)
    region = models.CharField(max_length=60, blank=True, default="")
    review_by = models.DateField(null=True)
    valid_until = models.DateField(null=True)
    #: Who wrote last; `writers` are all whose words may stand in it, and none of them approves it.
    author_id = models.UUIDField(null=True)
    writers = ArrayField(models.UUIDField(), default=list)
    submitted_at = models.DateTimeField(null=True)
    approved_by = models.UUIDField(null=True)
    approved_at = models.DateTimeField(null=True)
    published_at = models.DateTimeField(null=True)
    #: From when it is to be public; null: as soon as it is approved and somebody publishes it.
    publish_at = models.DateTimeField(null=True)
    #: Why it was returned or given up.
    note = models.CharField(max_length=400, blank=True, default="")

    class Meta:
        db_table = "knowledge_article_revision"
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["article", "number"], name="revision_once"),
            # Two people who begin at once write one and the same revision.
            models.UniqueConstraint(
                fields=["article"],
                condition=models.Q(state__in=["draft", "review", "returned", "approved"]),
                name="one_revision_at_work",
            ),
        ]


class ArticleComment(Record):
    """What a reader of a revision says of a passage of it."""

    revision = models.ForeignKey(ArticleRevision, on_delete=models.CASCADE, related_name="comments")
    passage = models.CharField(max_length=200, blank=True, default="")
    text = models.CharField(max_length=600)
    author_id = models.UUIDField(null=True)
    resolved_by = models.UUIDField(null=True)
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "knowledge_article_comment"
        ordering = ["created_at"]


class SearchMiss(models.Model):
    """Words for which no article was found, counted by month. Never what looks like a number or an address of somebody."""

    month = models.DateField()
    words = models.CharField(max_length=60)
    times = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "knowledge_search_miss"
        constraints = [models.UniqueConstraint(fields=["month", "words"], name="miss_once_a_month")]
