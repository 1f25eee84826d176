"""What the desk shows of a talk by video: its panel beside a case, the form that books one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.utils import timezone

from caasis.accounts.selectors import names_of, staff_of
from caasis.appointments.models import VideoTalk
from caasis.appointments.rules.talks import LENGTHS
from caasis.appointments.services.talks import LONGEST_CONTACT, LONGEST_NAME
from caasis.appointments.talk_selectors import is_there, open_talk_of_case
from caasis.appointments.vocabulary import TalkState
from caasis.cases.models import Case
from caasis.desk.team_forms import moment_field
from caasis.kernel.actor import Actor, Role
from caasis.platform.forms import AppForm
from caasis.telephony.relays import ice_servers


class BookForm(AppForm):
    """When, how long, with whom."""

    requirement_marks = False
    begins_at = moment_field("日時")
    minutes = forms.TypedChoiceField(
        label="長さ", coerce=int, choices=[(one, f"{one}分") for one in LENGTHS], initial=30,
        error_messages={"required": "長さを選んでください。", "invalid_choice": "長さを選んでください。"},
    )  # fmt: skip


class NewTalkForm(BookForm):
    """A new talk, with the counsellor who holds it."""

    agent = forms.ChoiceField(
        label="担当する相談員",
        error_messages={"required": "相談員を選んでください。", "invalid_choice": "相談員を選んでください。"},
    )
    name = forms.CharField(label="相談者の名前", required=False, max_length=LONGEST_NAME)
    contact = forms.CharField(
        label="リンクの送り先", required=False, max_length=LONGEST_CONTACT, help_text="メールアドレスや電話番号の控えです。自動では送りません。"
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        assert actor.centre_id is not None
        people = staff_of(actor.centre_id, Role.COUNSELLOR, Role.SUPERVISOR)
        self.fields["agent"].choices = [(str(user.pk), str(user)) for user in people]  # type: ignore[attr-defined]
        self.fields["agent"].initial = str(actor.id)


def may_hold(actor: Actor) -> bool:
    """Whether the actor holds talks; the services decide, this only chooses what the page shows."""
    return actor.works_for(actor.centre_id) and actor.has(Role.COUNSELLOR, Role.SUPERVISOR)


@dataclass(frozen=True, slots=True)
class Panel:
    """A talk beside its case. `mine`: nobody else holds it, so that this page may show the picture."""

    talk: VideoTalk
    agent: str
    mine: bool
    there: bool
    ice: str
    #: Without a relay the picture does not come through every network.
    relay: bool


def holds(talk: VideoTalk, actor_id: UUID | None) -> bool:
    """Whoever talks has the picture; before that it may be anybody of the centre."""
    return talk.state != TalkState.TALKING or talk.agent_id == actor_id


def panel_of(case: Case, *, actor: Actor, now: datetime | None = None) -> Panel | None:
    """The open talk of a case, for people of its centre who hold talks."""
    if not may_hold(actor) or not actor.works_for(case.handling_centre_id):
        return None
    talk = open_talk_of_case(actor=actor, case_id=case.id)
    if talk is None:
        return None
    at = now or timezone.now()
    servers = ice_servers(
        stun=settings.STUN_URLS, turn=settings.TURN_URLS, secret=settings.TURN_SECRET, who=talk.id.hex, now=at
    )
    return Panel(
        talk=talk,
        agent=names_of({talk.agent_id}).get(talk.agent_id, ""),
        mine=holds(talk, actor.id),
        there=is_there(talk, at),
        ice=json.dumps(servers),
        relay=bool(settings.TURN_URLS and settings.TURN_SECRET),
    )
