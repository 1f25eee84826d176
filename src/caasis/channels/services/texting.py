"""Sending a text by SMS: taken down with the change that wants it; a job hands it over (`delivering`)."""

from __future__ import annotations

from uuid import UUID

from caasis.audit.services import record_access
from caasis.channels import sms
from caasis.channels.jobs import deliver_text
from caasis.channels.models import TextMessage
from caasis.channels.rules.texting import LINKS, link_text, text_error
from caasis.kernel.actor import Actor
from caasis.kernel.errors import Invalid, NotFound, WrongState
from caasis.organisations.selectors import get_centre
from caasis.platform.transactions import actor_transaction
from caasis.privacy.keys import create_record_key
from caasis.privacy.services import set_sealed


def send_text(*, actor: Actor, centre_id: UUID, number: str, text: str, purpose: TextMessage.Purpose) -> TextMessage:
    """Take a text down for a number (+81…); a job hands it over. Whoever calls this has the person's word for it.

    :raises NotFound: another centre's. :raises Invalid: no mobile number, an empty or too long text.
    :raises WrongState: this installation has no provider of SMS.
    """
    if not (actor.is_system or actor.works_for(centre_id)):
        raise NotFound("このセンターは見つかりません。一覧を開き直してください。")
    if sentence := text_error(number, text):
        raise Invalid(fields={"text": [sentence]})
    if not sms.is_available():
        raise WrongState("SMSを送る準備ができていません。管理者に知らせてください。")
    with actor_transaction(actor):
        row = TextMessage(centre_id=centre_id, record_key_id=create_record_key(centre_id).id, purpose=purpose)
        set_sealed(row, number=number, text=text)
        row.save(force_insert=True)
        record_access(actor=actor, action="send_text", object_kind="text_message", object_id=row.id, centre_id=centre_id)
        deliver_text.defer(message_id=row.id)
        return row


def send_link(*, actor: Actor, centre_id: UUID, number: str, link: str) -> TextMessage:
    """Send a page of the portal to a caller who asked for it.

    :raises NotFound: no such page or centre. :raises Invalid, WrongState: as `send_text`.
    """
    if link not in LINKS:
        raise NotFound("この案内はありません。選び直してください。")
    text = link_text(get_centre(centre_id).name, link, sms.portal_address())
    return send_text(actor=actor, centre_id=centre_id, number=number, text=text, purpose=TextMessage.Purpose.LINK)
