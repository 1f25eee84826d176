"""Fields that the portal's forms share."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from caasis.channels.rules.questionnaire import clean_text


class WordsField(forms.CharField):
    """Words of a consumer: kept as typed, but for control characters and the browser's kind of line ends."""

    def to_python(self, value: Any) -> str:
        return clean_text(value) if isinstance(value, str) else ""


class ManyFilesInput(forms.FileInput):
    """The browser's own file button, for several files."""

    allow_multiple_selected = True

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"accept": "image/*,.heic,.pdf", **(attrs or {})})

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[UploadedFile[Any]]:
        return files.getlist(name) if hasattr(files, "getlist") else []


class ManyFilesField(forms.FileField):
    """Several files. What they are is judged by the file store, which looks inside."""

    widget = ManyFilesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile[Any]]:
        return [upload for upload in data or [] if isinstance(upload, UploadedFile)]
