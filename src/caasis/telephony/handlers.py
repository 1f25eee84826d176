"""What the room does when a lower room tells something."""

from __future__ import annotations

from django.utils import timezone

from caasis.platform.outbox.handlers import Delivered, subscribe
from caasis.privacy.keys import destroy_record_key
from caasis.telephony.models import Recording


@subscribe("telephony.forget", "privacy.record_erased")
def forget_recordings(event: Delivered) -> None:
    """A call that is erased takes its recordings with it; a recording that is erased can be heard no more."""
    now = timezone.now()
    for recording in Recording.objects.filter(call__record_key_id=event.subject, removed_at=None):
        destroy_record_key(recording.record_key_id, now)
        recording.removed_at = now
        recording.save(update_fields=["removed_at", "updated_at"])
    Recording.objects.filter(record_key_id=event.subject, removed_at=None).update(removed_at=now)
