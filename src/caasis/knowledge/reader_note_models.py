"""What readers say about an article, besides their vote."""

from __future__ import annotations

from django.db import models

from caasis.platform.models import Record


class ReaderNote(Record):
    """Where an article was hard to understand, in a reader's words. Nothing of the reader is kept, and what looks like
    personal data was masked before it was written."""

    article = models.ForeignKey("knowledge.Article", on_delete=models.CASCADE, related_name="reader_notes")
    #: Of the article when the note came: a note on an older text may be settled by now.
    article_version = models.PositiveIntegerField()
    text = models.CharField(max_length=600)
    was_masked = models.BooleanField(default=False)

    class Meta:
        db_table = "knowledge_reader_note"
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["article", "-created_at"], name="reader_note_newest")]

    def __str__(self) -> str:
        return self.text
