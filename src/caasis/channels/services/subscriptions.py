"""News by e-mail: asked for with an address, valid once the link in the first mail was used, ended by one press (F26)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.db.models import Q

from caasis.channels import mail
from caasis.channels.mail.composing import ascii_address
from caasis.channels.models import MailMessage, NewsSubscription
from caasis.channels.services.attempts import count_attempt, keyed_hash, known_hashes
from caasis.channels.services.forgetting import CONFIRM_WITHIN, forget_subscription
from caasis.channels.services.mailing import NO_MAIL, send_mail
from caasis.engines.japanese import normalise_text
from caasis.kernel.clock import day_in_japan, utc_now
from caasis.kernel.errors import Invalid, NotFound, TooMany, WrongState
from caasis.platform.transactions import system_transaction
from caasis.privacy.keys import create_record_key
from caasis.privacy.services import read_sealed, set_sealed

#: Longest address (RFC 5321, 4.5.3.1.3, without the brackets).
LONGEST = 254
_BAD_ADDRESS = "メールアドレスの形を確かめてください。"
_WINDOW = timedelta(hours=1)
_ASKED_BY_ONE = 10
#: First mails that one address gets a day, whoever asks: nobody is buried in mails that another asked for.
_MAILS_A_DAY = 3
_WEEK = timedelta(days=7)
State = NewsSubscription.State
Interval = NewsSubscription.Interval
#: Writes the first mail, with the link that confirms the subscription of this id.
FirstLetter = Callable[[UUID], mail.Letter]
#: Writes what is new since a day (and before today) for a subscription; None when there is nothing.
News = Callable[[NewsSubscription, date, date], mail.Letter | None]


def ask_for_news(
    *, address: str, kinds: Iterable[str], prefecture: str, interval: str, client: str, first_letter: FirstLetter
) -> None:
    """Keep the wish and send the mail whose link confirms it. What the asker sees is the same for every address.

    An address that has the news already is asked again, too: the link then takes the new choice in place of the old one.

    :raises Invalid: no address, or nothing chosen. :raises TooMany: one client asks too often.
    :raises WrongState: this installation sends no mail.
    """
    told = read_address(address)
    chosen = sorted({kind for kind in kinds if kind})
    if not chosen:
        raise Invalid(fields={"kinds": ["受け取るお知らせを選んでください。"]})
    if interval not in Interval.values:
        raise Invalid(fields={"interval": ["受け取る間隔を選んでください。"]})
    if not mail.is_available():
        raise WrongState(NO_MAIL)
    with system_transaction():
        asked = count_attempt("news_ask", client, limit=_ASKED_BY_ONE, window=_WINDOW) if client else 0
        mails = 0
        if asked <= _ASKED_BY_ONE:
            mails = count_attempt("news_mail", told.lower(), limit=_MAILS_A_DAY + 1, window=timedelta(days=1))
    if asked > _ASKED_BY_ONE:
        raise TooMany("何度も送られました。1時間たってから送ってください。")
    if mails > _MAILS_A_DAY:
        return
    with system_transaction():
        row = NewsSubscription(
            record_key_id=create_record_key(None).id,
            address_hash=keyed_hash("news_address", told.lower()),
            kinds=chosen,
            prefecture=prefecture,
            interval=interval,
            told_until=day_in_japan(utc_now()),
        )
        set_sealed(row, address=told)
        row.save(force_insert=True)
        send_mail(address=told, letter=first_letter(row.id), purpose=MailMessage.Purpose.CONFIRM)


def confirm_news(*, subscription_id: UUID) -> NewsSubscription:
    """The link of the first mail was used. Pressed twice, it does the same once; an older subscription makes way.

    :raises NotFound: ended, forgotten, or asked for too long ago.
    """
    with system_transaction():
        row = NewsSubscription.objects.select_for_update().filter(id=subscription_id).first()
        if row is None or (row.state == State.ASKED and row.created_at < utc_now() - CONFIRM_WITHIN):
            raise NotFound("このリンクは使えません。お手数ですが、もう一度登録してください。")
        if row.state == State.CONFIRMED:
            return row
        hashes = known_hashes("news_address", read_sealed(row, "address")["address"].lower())
        for older in NewsSubscription.objects.select_for_update().filter(address_hash__in=hashes).exclude(id=row.id):
            forget_subscription(older)
        row.state, row.told_until = State.CONFIRMED, day_in_japan(utc_now())
        row.save(update_fields=["state", "told_until", "updated_at"])
        return row


def stop_news(*, subscription_id: UUID) -> None:
    """End it and forget the address. Who isn't there any more has what they wanted."""
    with system_transaction():
        row = NewsSubscription.objects.select_for_update().filter(id=subscription_id).first()
        if row is not None:
            forget_subscription(row)


def subscriptions_due(day: date, *, after: UUID | None, limit: int) -> list[UUID]:
    """Ids of who may get news today, in their order, beginning after one."""
    due = Q(interval=Interval.DAILY, told_until__lt=day) | Q(interval=Interval.WEEKLY, told_until__lte=day - _WEEK)
    with system_transaction():
        rows = NewsSubscription.objects.filter(due, state=State.CONFIRMED)
        if after is not None:
            rows = rows.filter(id__gt=after)
        return list(rows.order_by("id").values_list("id", flat=True)[:limit])


def tell_news(*, subscription_id: UUID, day: date, news: News) -> bool:
    """Send one subscriber what is new before `day`, once. False when there was nothing, or it was told already."""
    with system_transaction():
        row = NewsSubscription.objects.select_for_update().filter(id=subscription_id, state=State.CONFIRMED).first()
        if row is None or row.told_until >= day:
            return False
        letter = news(row, row.told_until, day)
        row.told_until = day
        row.save(update_fields=["told_until", "updated_at"])
        if letter is None:
            return False
        send_mail(address=read_sealed(row, "address")["address"], letter=letter, purpose=MailMessage.Purpose.NEWS)
        return True


def read_address(text: str) -> str:
    """The address as it is written to, whatever keyboard it was typed on (＠, full width letters).

    :raises Invalid: none; the sentence stands at `address`.
    """
    told = "".join(normalise_text(text).split())
    if not told:
        raise Invalid(fields={"address": ["メールアドレスを入力してください。"]})
    try:
        if len(told) > LONGEST:
            raise ValueError
        EmailValidator()(told)
        return ascii_address(told)
    except (ValueError, ValidationError):
        raise Invalid(fields={"address": [_BAD_ADDRESS]}) from None
