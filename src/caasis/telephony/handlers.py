"""What the room does when a lower room tells something."""

from __future__ import annotations

from django.db.models import Q
from django.utils import timezone

from caasis.platform.outbox.handlers import Delivered, subscribe
from caasis.privacy.keys import destroy_record_key
from caasis.telephony.jobs import delete_recording
from caasis.telephony.models import Recording


@subscribe("telephony.forget", "privacy.record_erased")
def forget_recordings(event: Delivered) -> None:
    """A call that is erased takes its recordings with it; a recording that is erased is no longer there, nor its file."""
    now = timezone.now()
    erased = Q(call__record_key_id=event.subject) | Q(record_key_id=event.subject)
    for recording in Recording.objects.filter(erased, removed_at=None):
        if recording.record_key_id != event.subject:
            destroy_record_key(recording.record_key_id, now)
        recording.removed_at = now
        recording.save(update_fields=["removed_at", "updated_at"])
        delete_recording.defer(recording_id=recording.id)
