"""資料: files that belong to a case, and the words that stand in them."""

from __future__ import annotations

from django.db import models

from caasis.cases.models.case import Case
from caasis.platform.models import Record
from caasis.privacy.sealed import SealedField


class Evidence(Record):
    """A file that the centre added to a case. Files that came with a contact are the contact's own attachments."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="evidence")
    centre_id = models.UUIDField()
    file = models.ForeignKey("platform.StoredFile", on_delete=models.PROTECT, related_name="+")
    #: What it is and where it comes from, in the counsellor's words.
    note = SealedField()
    added_by = models.UUIDField(null=True)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "cases_evidence"
        ordering = ["created_at"]


class FileText(Record):
    """What stands in a file of a case, read once by machine and sealed under the case's key.

    It belongs to the file, whether the centre added that or it came with a contact, so that both are found alike.
    """

    class State(models.TextChoices):
        READ = "read", "読み取りました"
        EMPTY = "empty", "文字が見つかりませんでした"
        NO_READER = "no_reader", "文字を読み取る道具がありません"
        UNREADABLE = "unreadable", "開けないファイルです"

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="file_texts")
    centre_id = models.UUIDField()
    file = models.OneToOneField("platform.StoredFile", on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=12, choices=State.choices)
    text = SealedField()
    #: Where the words come from: text, mail, pdf, ocr.
    how = models.CharField(max_length=8, blank=True, default="")
    pages = models.PositiveSmallIntegerField(default=1)
    cut = models.BooleanField(default=False)

    class Meta:
        db_table = "cases_file_text"
