"""Sending a mail: taken down with the change that wants it; a job hands it over (`delivering`)."""

from __future__ import annotations

from caasis.channels import mail
from caasis.channels.jobs import deliver_mail
from caasis.channels.models import MailMessage
from caasis.kernel.errors import WrongState
from caasis.platform.transactions import system_transaction
from caasis.privacy.keys import create_record_key
from caasis.privacy.services import set_sealed

NO_MAIL = "いまはメールでのお知らせを出していません。"


def send_mail(*, address: str, letter: mail.Letter, purpose: MailMessage.Purpose) -> MailMessage:
    """Take a letter of the portal down for an address that was checked; a job hands it over.

    :raises WrongState: this installation has no mail server.
    """
    if not mail.is_available():
        raise WrongState(NO_MAIL)
    with system_transaction():
        row = MailMessage(record_key_id=create_record_key(None).id, purpose=purpose, subject=letter.subject[:200])
        set_sealed(row, address=address, text=letter.text, stop_url=letter.stop_url)
        row.save(force_insert=True)
        deliver_mail.defer(message_id=row.id)
        return row
