"""What the screens show of referrals: rows of the inbox, the steps of one, whom it concerns, in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from caasis.accounts.selectors import names_of
from caasis.cases.code_lists import label
from caasis.cases.models import Case, CaseEntry, Referral
from caasis.cases.rules.referring import (
    CONSENT_BY,
    CONSENT_MEANS,
    PASSABLE,
    RUNNING,
    ReferralKind,
    ReferralState,
    moves,
)
from caasis.kernel.actor import Actor, Role
from caasis.organisations.models import Centre
from caasis.platform.transactions import system_transaction
from caasis.privacy.masking import masked_projection


@dataclass(frozen=True, slots=True)
class Row:
    """A referral in a list. `title` is the case's, as far as this side may read it."""

    referral: Referral
    kind: ReferralKind
    state: ReferralState
    received: bool
    other: str
    title: str
    unread: bool
    #: After a 移送 the consumer wrote to the sender again.
    news: bool


def rows_of(referrals: Sequence[Referral], *, actor: Actor) -> list[Row]:
    """Rows in four queries, however many."""
    names = centre_names(one_id for one in referrals for one_id in (one.from_centre_id, one.to_centre_id))
    # Own cases, and those of others while the wall is open for them: the titles that this side may read.
    titles = dict(Case.objects.filter(id__in=[one.case_id for one in referrals]).values_list("id", "title"))
    moved = {one.case_id: one for one in referrals if one.state == ReferralState.MOVED and one.from_centre_id == actor.centre_id}
    wrote = {
        case_id
        for case_id, at in CaseEntry.objects.filter(case_id__in=list(moved), kind="consumer_wrote").values_list("case_id", "at")
        if (decided := moved[case_id].decided_at) is not None and at > decided
    }
    found = []
    for one in referrals:
        received = one.to_centre_id == actor.centre_id
        found.append(
            Row(
                referral=one,
                kind=ReferralKind(one.kind),
                state=ReferralState(one.state),
                received=received,
                other=names.get(one.from_centre_id if received else one.to_centre_id, "ほかのセンター"),
                title=_title(titles.get(one.case_id, ""), received=received),
                unread=received and one.opened_at is None and one.state == ReferralState.SENT,
                news=not received and one.case_id in wrote,
            )
        )
    return found


def _title(text: str, *, received: bool) -> str:
    """Another centre's title is masked like its other texts."""
    return masked_projection(text) if received else text


def centre_names(ids: Iterable[UUID]) -> dict[UUID, str]:
    return dict(Centre.objects.filter(id__in=set(ids)).values_list("id", "name"))


@dataclass(frozen=True, slots=True)
class Step:
    """One station of a referral on its way: done at `at` by `who`, or still to come."""

    label: str
    at: datetime | None
    who: str
    done: bool
    bad: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    mine: bool
    centre: str
    who: str
    at: datetime
    kind: str
    text: str


_SAID = {"answer": "回答", "question": "質問", "progress": "経過"}


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything that the page of one referral says in words."""

    row: Row
    sender: str
    receiver: str
    steps: list[Step]
    facts: list[tuple[str, str]]
    said: list[Said]
    running: bool
    may: frozenset[str]


def read_referral(referral: Referral, *, actor: Actor) -> Shown:
    row = rows_of([referral], actor=actor)[0]
    messages = list(referral.messages.all())
    people = {referral.sent_by, referral.opened_by, referral.decided_by, referral.ended_by, *(one.author_id for one in messages)}
    # Who answered for a centre is said to the other one: names of staff, never of consumers.
    with system_transaction():
        names = names_of({one for one in people if one})
    centres = centre_names((referral.from_centre_id, referral.to_centre_id))
    sender, receiver = centres.get(referral.from_centre_id, ""), centres.get(referral.to_centre_id, "")
    return Shown(
        row=row,
        sender=sender,
        receiver=receiver,
        steps=_steps(referral, row, names),
        facts=_facts(referral, sender, receiver, names),
        said=[
            Said(
                mine=one.centre_id == actor.centre_id,
                centre=centres.get(one.centre_id, ""),
                who=names.get(one.author_id, "") if one.author_id else "",
                at=one.created_at,
                kind=_SAID.get(one.kind, ""),
                text=one.text,
            )
            for one in messages
        ],
        running=row.state in RUNNING,
        may=_may(referral, row, actor),
    )


def _may(referral: Referral, row: Row, actor: Actor) -> frozenset[str]:
    """Which buttons this person gets. The services decide; this only chooses what is shown."""
    if not actor.has(Role.COUNSELLOR, Role.SUPERVISOR):
        return frozenset()
    wanted = ("accept", "return", "end") if row.received else ("withdraw", "end")
    verbs = {verb for verb in wanted if moves(referral.state, referral.kind, verb)}
    speak = "answer" if row.received and row.kind is ReferralKind.ADVICE else "say"
    if moves(referral.state, referral.kind, speak):
        verbs.add("say")
    return frozenset(verbs)


def _steps(referral: Referral, row: Row, names: dict[UUID, str]) -> list[Step]:
    def step(label: str, at: datetime | None, who: UUID | None, bad: bool = False) -> Step:
        return Step(label, at, names.get(who, "") if who else "", at is not None, bad)

    found = [step("送った", referral.sent_at, referral.sent_by), step("開いた", referral.opened_at, referral.opened_by)]
    if row.state in (ReferralState.RETURNED, ReferralState.WITHDRAWN):
        return [*found, step(row.state.label, referral.ended_at, referral.ended_by, bad=True)]
    words = "回答した" if row.kind is ReferralKind.ADVICE else "引き受けた"
    found.append(step(words, referral.decided_at, referral.decided_by))
    if row.kind is not ReferralKind.TRANSFER:
        found.append(step("共有を終えた", referral.ended_at, referral.ended_by))
    return found


def _facts(referral: Referral, sender: str, receiver: str, names: dict[UUID, str]) -> list[tuple[str, str]]:
    """The form as it was filled in, for the page and for print. No value of a person's field is among them."""
    facts = [
        ("種類", ReferralKind(referral.kind).label + ("（国のバックアップで受けた電話）" if referral.handed_back else "")),
        ("送ったセンター", f"{sender}　{names.get(referral.sent_by, '') if referral.sent_by else ''}".strip()),
        ("相手のセンター", receiver),
        ("送る理由", referral.reason),
        ("お願いしたいこと", referral.request),
        ("渡してよい根拠", label("referral_basis", referral.basis)),
    ]
    if referral.consent_by:
        day = referral.consent_on
        when = f"{day.year}年{day.month}月{day.day}日　" if day else ""
        how = CONSENT_MEANS.get(referral.consent_means, "")
        facts.append(("同意", f"{when}{CONSENT_BY.get(referral.consent_by, '')}　{how}"))
    if referral.basis_document:
        facts.append(("照会文書", referral.basis_document))
    facts.append(("渡した項目", "・".join(PASSABLE[name] for name in PASSABLE if name in referral.passed) or "個人情報は渡していません"))
    if referral.closing_reason:
        facts.append(("返却・終了の理由", referral.closing_reason))
    return facts
