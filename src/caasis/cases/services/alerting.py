"""重大事故等 (消費者安全法12条): found when a card is saved, notified at once, whatever state the case is in.

Nothing here waits for 決裁: a draft of a case is enough, and the notice may leave before anything else is known.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from caasis.cases.accidents import get_notice, standing_notice
from caasis.cases.events import CaseTimelineGrew
from caasis.cases.models import AccidentNotice, Case, Task
from caasis.cases.rules.accidents import NOTICE_FIELDS, NOTICE_LONGEST, NoticeMeans, criteria_met
from caasis.cases.services.guards import locked_case, log
from caasis.cases.services.mediating import clean_words, past
from caasis.cases.services.rows import entry
from caasis.cases.services.tasking import show_next_task
from caasis.cases.vocabulary import Entry
from caasis.kernel.actor import Actor, Role
from caasis.kernel.errors import Invalid, WrongState
from caasis.platform.outbox.publish import publish
from caasis.platform.transactions import actor_transaction
from caasis.privacy.services import set_sealed

#: Everybody of the centre may notify: it must not wait for anybody.
NOTIFIERS = (Role.COUNSELLOR, Role.SUPERVISOR, Role.OFFICIAL)
State = AccidentNotice.State


def watch_card(case: Case, card: Mapping[str, Any], *, actor: Actor) -> AccidentNotice | None:
    """Start the clock when a saved card meets a criterion for the first time. Called by the verbs that save a card.

    A person's decision that it is none stands until a criterion is met that they had not seen.
    """
    met = [one.criterion.code for one in criteria_met(card)]
    if not met:
        return None
    notices = list(case.accident_notices.filter(supplements=None))
    seen = {code for notice in notices for code in notice.criteria}
    standing = next((one for one in notices if one.state in (State.OPEN, State.SENT)), None)
    if standing is not None:
        if set(met) - seen:
            standing.criteria = [*standing.criteria, *(code for code in met if code not in standing.criteria)]
            standing.save(update_fields=["criteria", "updated_at"])
        return standing
    if not set(met) - seen:
        return None
    return _start(case, met, actor=actor)


def start_notice(*, actor: Actor, case_id: UUID) -> AccidentNotice:
    """A person says that it is a serious accident, whatever the rule finds. One that stands is given back."""
    from caasis.cases.selectors import read_card

    with actor_transaction(actor):
        case = locked_case(actor=actor, case_id=case_id, roles=NOTIFIERS)
        standing = standing_notice(case)
        if standing is not None:
            return standing
        return _start(case, [one.criterion.code for one in criteria_met(read_card(case))], actor=actor)


def _start(case: Case, criteria: list[str], *, actor: Actor, supplements: AccidentNotice | None = None) -> AccidentNotice:
    at = timezone.now()
    notice = AccidentNotice(
        case=case, centre_id=case.handling_centre_id, criteria=criteria, found_at=at, found_by=actor.id, supplements=supplements
    )
    if supplements is None:
        task = Task.objects.create(
            case=case, centre_id=case.handling_centre_id, kind="accident", what="重大事故等を、直ちに消費者庁へ通知する",
            due_at=at, assigned_to=case.counsellor_id or actor.id, created_by=actor.id,
        )  # fmt: skip
        notice.task_id = task.id
        show_next_task(case)
    notice.save(force_insert=True)
    _tell(notice, "found", actor=actor, at=at)
    return notice


def _tell(notice: AccidentNotice, what: str, *, actor: Actor, at: datetime) -> None:
    case = notice.case
    entry(case, Entry.ACCIDENT_NOTICE, actor=actor, at=at, notice=str(notice.id), what=what).save(force_insert=True)
    log(case, f"accident_{what}", actor=actor)
    publish(CaseTimelineGrew(subject=case.id, centre_id=case.handling_centre_id, kind="accident"), actor=actor)


def _locked(actor: Actor, notice_id: UUID) -> AccidentNotice:
    found = get_notice(actor=actor, notice_id=notice_id)
    case = locked_case(actor=actor, case_id=found.case_id, roles=NOTIFIERS)
    notice = AccidentNotice.objects.select_for_update(of=("self",)).get(id=notice_id)
    notice.case = case
    return notice


def _clean(values: Mapping[str, str]) -> dict[str, str]:
    texts = {name: str(values.get(name, "")).replace("\x00", "").strip() for name, _, _ in NOTICE_FIELDS}
    long = {name: [f"{NOTICE_LONGEST:,}字までです。短くしてください。"] for name, text in texts.items() if len(text) > NOTICE_LONGEST}
    if long:
        raise Invalid(fields=long)
    return texts


def save_notice(*, actor: Actor, notice_id: UUID, values: Mapping[str, str]) -> AccidentNotice:
    """Keep the form as it is filled in. :raises WrongState: it has left already; what is new goes into a supplement."""
    texts = _clean(values)
    with actor_transaction(actor):
        notice = _locked(actor, notice_id)
        if notice.state != State.OPEN:
            raise WrongState("通知したあとは書き換えられません。続報を作ってください。")
        set_sealed(notice, body=json.dumps(texts, ensure_ascii=False))
        notice.body_saved_at = timezone.now()
        notice.save(update_fields=["body", "body_saved_at", "updated_at"])
        log(notice.case, "accident_saved", actor=actor)
        return notice


def record_sent(
    *, actor: Actor, notice_id: UUID, means: str, to: str, at: datetime | None = None, values: Mapping[str, str] | None = None
) -> AccidentNotice:
    """It was notified: by whom, when, how and to whom. A second time changes nothing."""
    errors: dict[str, list[str]] = {}
    if means not in NoticeMeans._value2member_map_:
        errors["means"] = ["通知した方法を選んでください。"]
    if not to.strip() or len(to) > 80:
        errors["to"] = ["通知した先を80字までで入力してください。"]
    if errors:
        raise Invalid(fields=errors)
    with actor_transaction(actor):
        notice = _locked(actor, notice_id)
        if notice.state == State.SENT:
            return notice
        if notice.state != State.OPEN:
            raise WrongState("取り下げた通知です。もう一度始めてください。")
        sent = past(at, "at")
        if sent < notice.found_at - timedelta(days=1):
            raise Invalid(fields={"at": ["事故を知った日時より前です。直してください。"]})
        if values is not None:
            set_sealed(notice, body=json.dumps(_clean(values), ensure_ascii=False))
            notice.body_saved_at = timezone.now()
        notice.state, notice.sent_at, notice.sent_by = State.SENT, sent, actor.id
        notice.sent_means, notice.sent_to = means, to.strip()
        notice.save()
        _finish_task(notice)
        _tell(notice, "sent", actor=actor, at=timezone.now())
        return notice


def undo_sent(*, actor: Actor, notice_id: UUID) -> AccidentNotice:
    """The record was a mistake: the clock goes on from where it began. Only whoever recorded it, within minutes."""
    with actor_transaction(actor):
        notice = _locked(actor, notice_id)
        recent = notice.updated_at >= timezone.now() - timedelta(minutes=5)
        if notice.state != State.SENT or notice.sent_by != actor.id or not recent or notice.supplement_notices.exists():
            raise WrongState("取り消せません。変わったことは、続報か取り消しで知らせます。")
        notice.state, notice.sent_at, notice.sent_by = State.OPEN, None, None
        notice.sent_means, notice.sent_to = "", ""
        notice.save()
        if notice.task_id:
            Task.objects.filter(id=notice.task_id).update(done_at=None)
            show_next_task(notice.case)
        _tell(notice, "unsent", actor=actor, at=timezone.now())
        return notice


def supplement_notice(*, actor: Actor, notice_id: UUID) -> AccidentNotice:
    """続報: another notice to one that has left, with what has become known since. An open one is given back."""
    with actor_transaction(actor):
        notice = _locked(actor, notice_id)
        if notice.state != State.SENT or notice.supplements_id is not None:
            raise WrongState("続報を作れるのは、通知したあとです。")
        open_one = notice.supplement_notices.filter(state=State.OPEN).first()
        return open_one or _start(notice.case, notice.criteria, actor=actor, supplements=notice)


def close_notice(*, actor: Actor, notice_id: UUID, reason: str) -> AccidentNotice:
    """It is none (before it left), or it is revoked because the facts changed (after). Either needs its reason."""
    text = clean_words(reason, "reason")
    with actor_transaction(actor):
        notice = _locked(actor, notice_id)
        if notice.state not in (State.OPEN, State.SENT):
            return notice
        sent = notice.state == State.SENT
        now = timezone.now()
        set_sealed(notice, reason=text)
        notice.state = State.REVOKED if sent else State.DISMISSED
        notice.closed_at, notice.closed_by = now, actor.id
        notice.save()
        _finish_task(notice)
        _tell(notice, "revoked" if sent else "dismissed", actor=actor, at=now)
        return notice


def _finish_task(notice: AccidentNotice) -> None:
    if notice.task_id:
        Task.objects.filter(id=notice.task_id, done_at=None).update(done_at=timezone.now())
        show_next_task(notice.case)
