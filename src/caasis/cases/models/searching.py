"""What is kept of searching: saved searches and their new hits, lists of synonyms, exports. No personal data."""

from __future__ import annotations

from django.db import models

from caasis.cases.models.case import Case
from caasis.platform.models import Record


class SavedSearch(Record):
    """One user's search under a name. `query` holds pairs of names and values as in a URL.

    `notice` says whether and when new hits are told; what came to be seen since `matched_at` is still to be looked at.
    """

    class Notice(models.TextChoices):
        NONE = "none", "知らせない"
        DAILY = "daily", "毎朝知らせる"
        AT_ONCE = "at_once", "すぐ知らせる"

    user_id = models.UUIDField()
    name = models.CharField(max_length=60)
    query = models.JSONField(default=list)
    notice = models.CharField(max_length=10, choices=Notice.choices, default=Notice.NONE)
    matched_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "cases_saved_search"
        indexes = [
            models.Index(fields=["user_id", "name"], condition=models.Q(deleted_at=None), name="saved_search_of_user"),
            models.Index(fields=["notice", "id"], condition=models.Q(deleted_at=None), name="saved_search_to_match"),
        ]


class SearchHit(models.Model):
    """A case that a watched search found for the first time. A case is told once, however often it is saved."""

    search = models.ForeignKey(SavedSearch, on_delete=models.CASCADE, related_name="hits")
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="+")
    found_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "cases_search_hit"
        constraints = [models.UniqueConstraint(fields=["search", "case"], name="search_hit_once")]
        indexes = [models.Index(fields=["search", "-found_at"], condition=models.Q(seen_at=None), name="search_hit_unseen")]


class SynonymList(Record):
    """One version of a list of synonyms: the nation's (`centre_id` is null) or a centre's additions.

    Every save makes a new version, the highest one holds; so an earlier one can be taken up again.
    """

    centre_id = models.UUIDField(null=True)
    version = models.PositiveIntegerField()
    groups = models.JSONField(default=list)
    made_by = models.UUIDField(null=True)

    class Meta:
        db_table = "cases_synonym_list"
        constraints = [
            models.UniqueConstraint(fields=["centre_id", "version"], name="synonyms_version", nulls_distinct=False)
        ]


class SearchExport(Record):
    """Search results as a file: asked for with purpose and reason, written by a job, fetched once, then gone.

    `file_id` is drawn when the export is asked for, so that a run which follows a killed one finds what that one left.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "順番を待っています"
        RUNNING = "running", "書き出しています"
        READY = "ready", "できました"
        FETCHED = "fetched", "受け取りました"
        STOPPED = "stopped", "やめました"
        FAILED = "failed", "書き出せませんでした"
        EXPIRED = "expired", "期限が切れました"

    class Format(models.TextChoices):
        CSV = "csv", "CSV（UTF-8）"
        CSV_SJIS = "csv_sjis", "CSV（Shift_JIS）"
        XLSX = "xlsx", "Excel（XLSX）"

    user_id = models.UUIDField()
    centre_id = models.UUIDField(null=True)
    query = models.JSONField(default=list)
    format = models.CharField(max_length=10, choices=Format.choices)
    purpose = models.CharField(max_length=20)
    reason = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    expected = models.PositiveIntegerField(default=0)
    written = models.PositiveIntegerField(default=0)
    file_id = models.UUIDField()
    record_key_id = models.UUIDField()
    stop_asked_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "cases_search_export"
        indexes = [models.Index(fields=["user_id", "-created_at"], name="export_of_user")]
