"""Taking, handing over, changing state, reopening; and undoing the last step."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from caasis.accounts.selectors import staff_of
from caasis.cases.events import CaseAssigned, CaseReopened
from caasis.cases.models import Case, CaseContact
from caasis.cases.rules.team_words import ClockKind
from caasis.cases.selectors import get_case
from caasis.cases.services.clocks import begin_clocks, revive_clocks, stop_clocks
from caasis.cases.services.collecting import read_later
from caasis.cases.services.guards import WORKERS, locked_case, log, move
from caasis.cases.services.opening import open_case
from caasis.cases.services.rows import entry
from caasis.cases.services.tasking import book_follow_up, unbook_follow_up
from caasis.cases.services.untaken import settle_untaken
from caasis.cases.vocabulary import TRANSITIONS, Entry, State
from caasis.channels import selectors as contacts
from caasis.channels import services as channel_services
from caasis.channels.models import Contact
from caasis.channels.rules.card import card_from_answers
from caasis.kernel.actor import Actor, Purpose, Role
from caasis.kernel.errors import Invalid, NotAllowed, NotFound, WrongState
from caasis.platform.outbox.publish import publish
from caasis.platform.transactions import actor_transaction
from caasis.queues.models import WorkItem
from caasis.queues.services import put_back_item, take_item

#: On the screen undo stands for ten seconds; the server allows a little more for a slow network.
UNDO_SECONDS = 30


def take_contact(*, actor: Actor, contact_id: UUID) -> Case:
    """Take a waiting contact: its case is opened from what the consumer sent, or found when it has one.

    :raises WrongState: somebody else was faster (details name them).
    """
    if not actor.has(*WORKERS) or actor.centre_id is None:
        raise NotAllowed("相談を引き受けられるのは相談員です。")
    with actor_transaction(actor):
        item = WorkItem.objects.filter(subject_kind="contact", subject_id=contact_id, centre_id=actor.centre_id).first()
        if item is None:
            raise NotFound
        take_item(actor=actor, item_id=item.id)
        contact = Contact.objects.select_for_update().get(id=contact_id)
        link = CaseContact.objects.filter(contact=contact).select_related("case").first()
        if link is not None:
            # A contact of a merged case leads to the one that goes on.
            case = locked_case(actor=actor, case_id=link.case.merged_into_id or link.case_id)
            settle_untaken(contact_id=contact_id, actor=actor, at=timezone.now())
            if case.counsellor_id != actor.id:
                _assign(case, actor=actor, to=actor.id, kind=Entry.TAKEN)
            return case
        answers = contacts.submission_answers(actor=actor, contact_id=contact_id, purpose=Purpose.OWN_CASE)
        # The consumer's own words stay sealed with the contact: they may name anybody. The desk offers them as
        # candidates, and what a counsellor adopts is hers.
        card = {
            name: value
            for name, value in card_from_answers(answers).items()
            if name not in ("summary", "title", "handling")
        }
        case = open_case(
            actor=actor,
            card=card,
            received_at=contact.offered_at,
            receipt_number=contact.receipt_number,
            contact_id=contact.id,
        )
        case.deadline_on = item.deadline_on
        case.save(update_fields=["deadline_on"])
        entry(case, Entry.TAKEN, actor=actor, at=timezone.now(), item=str(item.id)).save(force_insert=True)
        settle_untaken(contact_id=contact_id, actor=actor, at=timezone.now())
        channel_services.set_contact_state(actor=actor, contact_id=contact.id, state=Contact.State.IN_PROGRESS)
        if contact.attachments.exists():
            read_later(case.id)
        return case


def take_case(*, actor: Actor, case_id: UUID) -> Case:
    """Take over a case of one's centre."""
    with actor_transaction(actor):
        case = locked_case(actor=actor, case_id=case_id)
        if case.counsellor_id == actor.id:
            return case
        return _assign(case, actor=actor, to=actor.id, kind=Entry.TAKEN)


def assign_case(*, actor: Actor, case_id: UUID, to: UUID, note: str = "") -> Case:
    """Hand a case to a colleague of the same centre. The note, if any, is kept as an internal note."""
    from caasis.cases.services.noting import add_note

    with actor_transaction(actor):
        case = locked_case(actor=actor, case_id=case_id)
        if not staff_of(case.handling_centre_id, Role.COUNSELLOR, Role.SUPERVISOR).filter(id=to).exists():
            raise Invalid(fields={"to": ["同じセンターの相談員を選んでください。"]})
        if case.counsellor_id == to:
            raise WrongState("すでにこの人が担当しています。")
        if note.strip():
            add_note(actor=actor, case_id=case_id, text=note)
        return _assign(case, actor=actor, to=to, kind=Entry.ASSIGNED)


def _assign(case: Case, *, actor: Actor, to: UUID | None, kind: Entry) -> Case:
    before, state = case.counsellor_id, case.state
    case.counsellor_id = to
    if case.state == State.RECEIVED and to is not None:
        case.state = State.ADVISING.value
    case.version += 1
    case.touched_at = timezone.now()
    case.save()
    WorkItem.objects.filter(subject_kind="contact", subject_id__in=case.contact_links.values("contact_id")).exclude(
        state=WorkItem.State.DONE
    ).update(assigned_to=to)
    entry(
        case, kind, actor=actor, at=case.touched_at, before=str(before or ""), after=str(to or ""), state=state
    ).save(force_insert=True)
    log(case, "assign_case", actor=actor)
    publish(CaseAssigned(subject=case.id, centre_id=case.handling_centre_id, to=to), actor=actor)
    return case


def change_state(*, actor: Actor, case_id: UUID, verb: str) -> Case:
    """Lead a case along one of the counsellor's verbs: begin_advice, begin_mediation, finish_handling."""
    if verb not in ("begin_advice", "begin_mediation", "finish_handling"):
        raise Invalid("この操作はありません。画面を開き直してください。")
    with actor_transaction(actor):
        case = locked_case(actor=actor, case_id=case_id)
        at = timezone.now()
        if verb == "finish_handling":
            case.handled_at = at
            book_follow_up(case, actor=actor, at=at)
            stop_clocks(case, tuple(ClockKind), at=at, reason="handled")
        elif case.state == State.HANDLED:
            revive_clocks(case, (ClockKind.CLOSE,), at=at, reason="handling_goes_on")
        move(case, verb, actor=actor, at=at)
        log(case, verb, actor=actor)
        return case


def reopen_case(*, actor: Actor, case_id: UUID, reason: str) -> Case:
    """Open a registered or handled case again. It stays counted, once, and is approved anew."""
    if len(reason.strip()) < 2:
        raise Invalid(fields={"reason": ["再開する理由を書いてください。"]})
    with actor_transaction(actor):
        case = locked_case(actor=actor, case_id=case_id, roles=(Role.COUNSELLOR, Role.SUPERVISOR, Role.OFFICIAL))
        at = timezone.now()
        case.reopened_count += 1
        case.handled_at = None
        move(case, "reopen", actor=actor, at=at)
        begin_clocks(case, ClockKind.CLOSE, at=at)
        entry(case, Entry.REOPENED, actor=actor, at=at, count=case.reopened_count).save(force_insert=True)
        log(case, "reopen_case", actor=actor, reason=reason)
        publish(CaseReopened(subject=case.id, centre_id=case.handling_centre_id), actor=actor)
        return case


def undo_step(*, actor: Actor, case_id: UUID) -> Case:
    """Undo one's own last step within seconds: taking, handing over, a change of state.

    :raises WrongState: the last step was somebody else's, is too old, or can't be undone.
    """
    with actor_transaction(actor):
        # Whoever handed a case over may take the step back although the case is no longer theirs.
        case = locked_case(actor=actor, case_id=case_id)
        last = case.entries.order_by("-at", "-id").first()
        at = timezone.now()
        if last is None or last.actor_id != actor.id or at - last.at > timedelta(seconds=UNDO_SECONDS):
            raise WrongState("取り消せる時間を過ぎました。もう一度、操作してください。")
        data: dict[str, Any] = last.data
        if last.kind in (Entry.ASSIGNED, Entry.TAKEN) and "after" in data:
            _assign(case, actor=actor, to=UUID(data["before"]) if data["before"] else None, kind=Entry.ASSIGNED)
            if data["before"] == "" and data.get("state") == State.RECEIVED:
                case.state = State.RECEIVED.value
                case.save(update_fields=["state"])
        elif last.kind == Entry.TAKEN and "item" in data:
            _assign(case, actor=actor, to=None, kind=Entry.ASSIGNED)
            case.state = State.RECEIVED.value
            case.save(update_fields=["state"])
            put_back_item(actor=actor, item_id=UUID(data["item"])) if _still_mine(data["item"], actor) else None
        elif last.kind == Entry.STATE_CHANGED and data.get("verb") in ("begin_advice", "begin_mediation", "finish_handling"):
            if State(case.state) != TRANSITIONS[data["verb"]][1]:
                raise WrongState
            before = case.state
            case.state = data["before"]
            if data["verb"] == "finish_handling":
                unbook_follow_up(case, handled_at=case.handled_at)
                revive_clocks(case, (ClockKind.CLOSE,), at=at, reason="undone")
                case.handled_at = None
            case.version += 1
            case.touched_at = at
            case.save()
            entry(case, Entry.STATE_CHANGED, actor=actor, at=at, before=before, after=case.state, verb="undo").save(
                force_insert=True
            )
        else:
            raise WrongState("この操作は取り消せません。")
        log(case, "undo_step", actor=actor)
        return case


def _still_mine(item_id: str, actor: Actor) -> bool:
    # Assigning has already taken the item from the actor; give it back before it is put into the queue again.
    return bool(WorkItem.objects.filter(id=item_id, state=WorkItem.State.TAKEN).update(assigned_to=actor.id))


def link_contact(*, actor: Actor, case_id: UUID, contact_id: UUID) -> Case:
    """A contact of the centre, such as a call, was about this case too. Twice does no harm.

    :raises NotFound: the case or the contact is another centre's, or absent.
    """
    with actor_transaction(actor):
        case = locked_case(actor=actor, case_id=case_id)
        contact = Contact.objects.filter(id=contact_id, centre_id=case.handling_centre_id).first()
        if contact is None:
            raise NotFound
        _, fresh = CaseContact.objects.get_or_create(case=case, contact=contact)
        if fresh:
            case.touched_at = timezone.now()
            case.save(update_fields=["touched_at", "updated_at"])
            line = entry(case, Entry.CALL_LINKED, actor=actor, at=case.touched_at, contact=str(contact.id))
            line.save(force_insert=True)
            log(case, "link_contact", actor=actor)
        return case


def case_of_contact(*, actor: Actor, contact_id: UUID) -> Case | None:
    """The case that a contact belongs to, if the actor sees it."""
    link = CaseContact.objects.filter(contact_id=contact_id).first()
    if link is None:
        return None
    try:
        return get_case(actor=actor, case_id=link.case_id)
    except NotFound:
        return None
