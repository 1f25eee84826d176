"""Where the engine's sealed recordings lie, and how they go when nobody may hear them any more."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from caasis.telephony.models import Recording


def path_of(recording: Recording) -> Path | None:
    """The sealed file of a recording; None where the engine has not told one, or it was deleted."""
    # The name comes from the engine: it never leads out of the folder.
    name = Path(recording.file).name
    return Path(settings.TELEPHONY_RECORDINGS) / name if name else None


def delete_file(recording: Recording) -> bool:
    """Delete the sealed file of a recording that was removed, and note that it is gone. False: there was none any more.

    Raises OSError where it can't be deleted.
    """
    path = path_of(recording)
    existed = path is not None and path.exists()
    if path is not None:
        path.unlink(missing_ok=True)
    recording.file = ""
    recording.save(update_fields=["file", "updated_at"])
    return existed
