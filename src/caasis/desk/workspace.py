"""What the workspace shows: the card with its draft, the clock, candidates, messages, timeline and past cases."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.utils import timezone

from caasis.accounts.selectors import names_of, staff_of
from caasis.cases import selectors as cases
from caasis.cases.code_lists import label
from caasis.cases.directory import introductions_of
from caasis.cases.evidence import count_files
from caasis.cases.models import Approval, Case, CaseEntry, Note, Task
from caasis.cases.people_record import SameNumber, known_past, same_number
from caasis.cases.rules.card import BY_NAME, show
from caasis.cases.rules.checks import missing_fields
from caasis.cases.rules.clocks import ClockWords
from caasis.cases.rules.letters import LetterKind
from caasis.cases.rules.referring import ReferralKind
from caasis.cases.rules.team_words import Attempt, HelpReason, HelpState, Outcome, Trigger, WaitingFor
from caasis.cases.services.guards import WORKERS
from caasis.cases.team_selectors import team_policy_of
from caasis.cases.vocabulary import EDITABLE, State
from caasis.channels import selectors as channels
from caasis.channels.models import Contact
from caasis.desk.assist import Suggestion, articles_for
from caasis.desk.calls import CallRow, calls_of_case
from caasis.desk.candidates import Candidate, candidates_for
from caasis.desk.card import Posted, cleaned, digests, read_body, shown_names, typed_card
from caasis.desk.clock import Clock, clock_of_card
from caasis.desk.hints import ShownHint, shown_hints
from caasis.desk.parts import PART_WORDS, part_words
from caasis.desk.presence import Looker, lookers
from caasis.desk.team import workspace_clocks
from caasis.kernel.actor import Actor, Purpose, Role
from caasis.kernel.clock import day_in_japan
from caasis.knowledge.models import Phrase
from caasis.knowledge.selectors import phrases_for

#: Kinds of the timeline's filter.
TIMELINE_KINDS = (("", "すべて"), ("talk", "やりとり"), ("work", "対応"), ("note", "メモ・予定"), ("approval", "決裁"))


@dataclass(slots=True)
class Sheet:
    """The card as one person sees it now."""

    values: dict[str, Any]
    typed: dict[str, Any]
    version: int
    sequence: int
    base: str
    fields: str
    texts: dict[str, str]
    opened: bool
    draft_at: Any = None
    errors: dict[str, list[str]] = field(default_factory=dict)
    candidates: dict[str, Candidate] = field(default_factory=dict)
    needed: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Line:
    """One line of the timeline in words."""

    kind: str
    at: Any
    who: str
    more: str
    group: str


@dataclass(slots=True)
class Workspace:
    """Everything that the page shows of one case to one person."""

    case: Case
    sheet: Sheet
    clock: Clock
    editable: bool
    own: bool
    insider: bool
    purpose: Purpose | None
    has_personal: bool
    web_contacts: list[Contact] = field(default_factory=list)
    watch_contacts: list[Contact] = field(default_factory=list)
    messages: list[Any] = field(default_factory=list)
    attachments: list[Any] = field(default_factory=list)
    files: int = 0
    memo: list[tuple[str, str]] = field(default_factory=list)
    timeline: list[Line] = field(default_factory=list)
    notes: list[tuple[Note, str, str]] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)
    articles: list[Suggestion] = field(default_factory=list)
    hints: list[ShownHint] = field(default_factory=list)
    past: list[Case] = field(default_factory=list)
    same: SameNumber | None = None
    lookers: list[Looker] = field(default_factory=list)
    colleagues: list[Any] = field(default_factory=list)
    counsellor: str = ""
    returned: Approval | None = None
    return_reason: str = ""
    return_fields: list[str] = field(default_factory=list)
    return_by: str = ""
    may_withdraw: bool = False
    may_reopen: bool = False
    clocks: list[ClockWords] = field(default_factory=list)
    #: Colleagues of all roles but the reader: whom a note can call and who can be asked for help.
    everybody: list[Any] = field(default_factory=list)
    first_tier: str = ""
    help_reasons: tuple[HelpReason, ...] = tuple(HelpReason)
    scripts: list[Phrase] = field(default_factory=list)
    calls: list[CallRow] = field(default_factory=list)


def may_edit(case: Case, actor: Actor) -> bool:
    """Whether the actor may type into the card now. The services decide; this only chooses the page."""
    return actor.works_for(case.handling_centre_id) and actor.has(*WORKERS) and State(case.state) in EDITABLE


def sheet_of(
    case: Case, *, actor: Actor, purpose: Purpose | None, posted: Posted | None = None, errors: dict[str, list[str]] | None = None
) -> Sheet:
    """The card's values: saved ones, over them the person's draft, over it what was just posted."""
    nobody = not cases.has_personal(case)
    opened = cases.is_insider(case, actor) and (nobody or purpose is not None)
    card = cases.read_card(case)
    if opened:
        card |= cases.open_personal(case, actor=actor, purpose=purpose or Purpose.OWN_CASE)
    draft_at = None
    if posted is None and may_edit(case, actor):
        draft = cases.draft_of(case, actor=actor)
        if draft is not None:
            posted = read_body(
                cases.read_draft(draft, actor=actor), version=draft.base_version, sequence=draft.sequence
            )
            draft_at = draft.saved_at if posted.raw else None
    typed = typed_card(card)
    version, sequence, texts = case.version, 0, {}
    base = digests(case.id, {name: card[name] for name in shown_names(opened=opened) if name in card})
    if posted is not None:
        sequence, texts = posted.sequence, posted.texts
        shown = {name: value for name, value in posted.raw.items() if opened or not BY_NAME[name].sealed}
        if shown:
            typed |= shown
            version = posted.version
            base = ",".join(f"{name}:{value}" for name, value in posted.base.items() if name in typed)
    values, _ = cleaned(typed)
    card |= values
    needed = dict(missing_fields(card))
    return Sheet(
        values=card,
        typed=typed,
        version=version,
        sequence=sequence,
        base=base,
        fields=",".join(name for name in shown_names(opened=opened)),
        texts=texts,
        opened=opened,
        draft_at=draft_at,
        errors=errors or {},
        needed=needed,
    )


def read_workspace(
    case: Case, *, actor: Actor, purpose: Purpose | None, posted: Posted | None = None, errors: dict[str, list[str]] | None = None
) -> Workspace:
    """The whole page for an insider. Personal data are opened for the purpose, or stay behind the mask."""
    purpose = purpose or cases.implied_purpose(case, actor)
    sheet = sheet_of(case, actor=actor, purpose=purpose, posted=posted, errors=errors)
    today = day_in_japan(timezone.now())
    work = Workspace(
        case=case,
        sheet=sheet,
        clock=clock_of_card(sheet.values, today=today),
        editable=may_edit(case, actor),
        own=case.counsellor_id == actor.id,
        insider=True,
        purpose=purpose,
        has_personal=cases.has_personal(case),
    )
    work.files = count_files(case, actor=actor)
    _read_messages(work, actor=actor)
    _read_history(work, actor=actor)
    work.articles = articles_for(sheet.values, actor=actor)
    if work.editable:
        work.hints = shown_hints(case, sheet.values)
    _read_past(work, actor=actor)
    work.calls = calls_of_case(case, actor=actor)
    work.lookers = lookers(actor=actor, case_ids=[case.id]).get(case.id, [])
    work.colleagues = [
        user for user in staff_of(case.handling_centre_id, Role.COUNSELLOR, Role.SUPERVISOR) if user.pk != case.counsellor_id
    ]
    work.everybody = [user for user in staff_of(case.handling_centre_id) if user.pk != actor.id]
    work.clocks = workspace_clocks(case, actor=actor)
    if work.editable:
        work.first_tier = team_policy_of(case.handling_centre_id).tiers[0].role.label
        work.scripts = phrases_for(actor=actor, kind="script")
    work.may_reopen = actor.works_for(case.handling_centre_id) and State(case.state) in (State.REGISTERED, State.HANDLED)
    return work


def _read_messages(work: Workspace, *, actor: Actor) -> None:
    """The consumer's own words, beside the card; only for a purpose."""
    ids = cases.contact_ids_of(work.case)
    contacts = list(Contact.objects.filter(id__in=ids).order_by("offered_at")) if ids else []
    # A 見守り情報 has a number, but nobody reads answers to it.
    work.watch_contacts = [contact for contact in contacts if (contact.facts or {}).get("watch")]
    work.web_contacts = [contact for contact in contacts if contact.receipt_number and contact not in work.watch_contacts]
    answered: dict[str, Any] = {}
    if work.web_contacts and work.purpose is not None:
        web = [contact.id for contact in work.web_contacts]
        work.messages = channels.messages_of(actor=actor, contact_ids=web, purpose=work.purpose)
        work.attachments = channels.attachments_of(actor=actor, contact_ids=web)
        answers = channels.submission_answers(actor=actor, contact_id=web[0], purpose=work.purpose)
        answered = channels.card_from_answers(answers)
    introduced = not work.sheet.values.get("result") and bool(introductions_of(work.case, actor=actor))
    work.sheet.candidates = candidates_for(
        work.sheet.values, answered=answered, opened=work.sheet.opened, introduced=introduced
    )
    work.memo = memo_lines(work.sheet.texts.get("memo", ""))


def memo_lines(text: str) -> list[tuple[str, str]]:
    """(time, words) of each line of the memo pad; the time is empty where a line has none."""
    lines = []
    for line in text.splitlines():
        head, _, rest = line.partition(" ")
        if rest and head.count(":") in (1, 2) and head.replace(":", "").isdecimal():
            lines.append((head, rest))
        elif line.strip():
            lines.append(("", line))
    return lines


def _read_history(work: Workspace, *, actor: Actor) -> None:
    entries = cases.timeline(work.case, actor=actor, limit=100)
    notes = cases.notes_of(work.case, actor=actor, purpose=work.purpose) if work.purpose is not None else []
    work.tasks = list(cases.open_tasks(actor=actor, case=work.case)[:20])
    people = {entry.actor_id for entry in entries} | {note.author_id for note, _ in notes} | {work.case.counsellor_id}
    people |= {UUID(value) for entry in entries for value in (entry.data.get("after"), entry.data.get("to")) if _is_uuid(value)}
    last = None
    if work.case.state in (State.RETURNED, State.WAITING_APPROVAL):
        last = work.case.approvals.order_by("-number").first()
    decision = last.decisions.order_by("-decided_at").first() if last is not None and work.case.state == State.RETURNED else None
    if decision is not None:
        people.add(decision.decided_by)
    names = names_of({one for one in people if one})
    work.timeline = [line_of(entry, names) for entry in entries]
    work.notes = [(note, text, names.get(note.author_id, "")) for note, text in notes]
    work.counsellor = names.get(work.case.counsellor_id, "") if work.case.counsellor_id else ""
    if decision is not None:
        work.returned, work.return_reason = last, decision.reason
        work.return_fields = [name for name in decision.fields if name in BY_NAME]
        work.return_by = names.get(decision.decided_by, "") if decision.decided_by else ""
    if last is not None and work.case.state == State.WAITING_APPROVAL:
        work.may_withdraw = last.requested_by == actor.id and not last.decisions.exists()


#: Which filter of the timeline a kind of line belongs to.
_GROUP = {
    "consumer_wrote": "talk",
    "answer_sent": "talk",
    "answer_cancelled": "talk",
    "note_added": "note",
    "task_added": "note",
    "task_done": "note",
    "task_moved": "note",
    "task_reopened": "note",
    "call_tried": "note",
    "followed_up": "note",
    "approval_requested": "approval",
    "approval_withdrawn": "approval",
    "approval_step": "approval",
    "returned": "approval",
    "registered": "approval",
}


def line_of(entry: CaseEntry, names: dict[UUID, str]) -> Line:
    """A timeline line in words: who, and what of it."""
    data, more = entry.data, ""
    if entry.kind in PART_WORDS:
        more = part_words(data)
    elif entry.kind == "card_saved":
        fields = [BY_NAME[name].label for name in data.get("fields", []) if name in BY_NAME]
        more = "・".join(fields[:4]) + (f" ほか{len(fields) - 4}項目" if len(fields) > 4 else "")
    elif entry.kind == "state_changed":
        states = [State(code).label for code in (data.get("before"), data.get("after")) if code in State._value2member_map_]
        more = " → ".join(states)
    elif entry.kind in ("assigned", "taken") and _is_uuid(data.get("after")):
        more = f"{names.get(UUID(data['after']), 'ほかの職員')}さんへ"
    elif entry.kind == "opened":
        more = label("channel", str(data.get("channel", "")))
    elif entry.kind == "letter_made" and data.get("letter") in LetterKind._value2member_map_:
        more = LetterKind(data["letter"]).label
    elif entry.kind in ("merged", "unmerged"):
        more = str(data.get("other", ""))
    elif entry.kind in ("office_introduced", "office_taken_back"):
        more = str(data.get("name", ""))
    elif entry.kind == "via_set":
        more = label("route", str(data.get("route", "")))
    elif entry.kind == "referred" and data.get("referral_kind") in ReferralKind._value2member_map_:
        more = ReferralKind(data["referral_kind"]).label
    elif entry.kind == "reopened":
        more = f"{data.get('count', 1)}回目"
    else:
        more = _team_words(entry.kind, data, names)
    who = names.get(entry.actor_id, "") if entry.actor_id else ""
    return Line(entry.kind, entry.at, who, more, _GROUP.get(entry.kind, "work"))


def _team_words(kind: str, data: dict[str, Any], names: dict[UUID, str]) -> str:
    """What a line of working together adds: to whom, why, with which result."""
    if kind in ("help_asked", "help_passed", "escalated"):
        to = f"{names.get(UUID(data['to']), 'ほかの職員')}さんへ" if _is_uuid(data.get("to")) else f"{Role(data['role']).label}へ"
        return f"{Trigger(data['trigger']).label}・{to}" if data.get("trigger") != Trigger.ASKED else to
    if kind == "help_settled":
        return HelpState(data["state"]).label
    if kind == "waiting":
        return WaitingFor(data["waiting_for"]).label
    if kind == "call_tried":
        return f"{data.get('number', 1)}回目・{Attempt(data['result']).label}"
    if kind == "followed_up":
        return Outcome(data["outcome"]).label
    if kind == "task_moved" and _is_uuid(data.get("to")):
        return f"{names.get(UUID(data['to']), 'ほかの職員')}さんへ"
    return ""


def _is_uuid(value: Any) -> bool:
    try:
        return bool(UUID(str(value)))
    except ValueError:
        return False


def _read_past(work: Workspace, *, actor: Actor) -> None:
    """Other cases of the same number: how many, and when. What they are shows of whom was confirmed to be the consumer."""
    if work.sheet.opened:
        work.same = same_number(actor=actor, case=work.case, card=work.sheet.values)
    work.past = known_past(actor=actor, case=work.case)[:5]


def shown_card(card: dict[str, Any], names: list[str]) -> list[tuple[str, str, str]]:
    """(name, label, words) of the fields that hold something, for reading."""
    rows = []
    for name in names:
        if name == "title":
            # The heading says it already.
            continue
        value = card.get(name)
        words = place_words(name, str(value)) if name in ("prefecture_code", "municipality_code") and value else show(name, value, label)
        if words:
            rows.append((name, BY_NAME[name].label, words))
    return rows


def place_words(name: str, code: str) -> str:
    from caasis.platform.geography import municipality, prefecture

    place: Any = prefecture(code) if name == "prefecture_code" else municipality(code)
    return place.name if place else code


def today_in_japan() -> date:
    return day_in_japan(timezone.now())
