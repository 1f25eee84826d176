"""Ending an abusive consultation: criteria, what must come first, and what an ending never stops."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from caasis.kernel.actor import Actor, Role
from caasis.kernel.labels import LabelledCode


class Criterion(LabelledCode):
    THREAT = "threat", "おどす・危害を加えると言う"
    ABUSE = "abuse", "人格を否定する・ののしる"
    SEXUAL = "sexual", "性的な発言・つきまとい"
    LONG = "long", "同じ話をくり返し、長時間とめない"
    REPEATED = "repeated", "終わった相談を何度もむし返す"
    EXCESSIVE = "excessive", "権限にないことを求め続ける"
    NAMES = "names", "相談員の氏名や写真をさらすと言う"
    OTHER = "other", "そのほかの迷惑行為"


class ConductState(LabelledCode):
    NOTED = "noted", "記録中"
    WARNED = "warned", "警告した"
    PROPOSED = "proposed", "主任の判断待ち"
    ENDED = "ended", "対応を終えた"
    APPEALED = "appealed", "申し立てを審査中"
    LIFTED = "lifted", "対応終了を解いた"
    CLOSED = "closed", "終えずに閉じた"


class ConductStep(LabelledCode):
    INCIDENT = "incident", "できごと"
    WARNING = "warning", "警告"
    PROPOSAL = "proposal", "対応終了の申し出"
    ENDED = "ended", "対応終了の決定"
    REFUSED = "refused", "対応終了を見送り"
    LETTER = "letter", "終了のお知らせを作成"
    APPEAL = "appeal", "本人からの申し立て"
    UPHELD = "upheld", "申し立ての結果：終了のまま"
    LIFTED = "lifted", "対応終了を解除"
    BREAK = "break", "休憩をすすめた"
    DEBRIEF = "debrief", "振り返りを予定"
    CARE = "care", "相談員の様子（主任だけが読めます）"


#: Lines that only a supervisor reads, besides whoever wrote them.
FOR_SUPERVISORS = frozenset({ConductStep.CARE})


def may_read_entry(kind: str, *, author: UUID | None, actor: Actor) -> bool:
    """Whether the words of a line may be opened by this member of the centre's staff."""
    if kind not in FOR_SUPERVISORS:
        return True
    return actor.has(Role.SUPERVISOR) or (author is not None and author == actor.id)


@dataclass(frozen=True, slots=True)
class Policy:
    """A centre's rule: how many warnings, how many days an ending may last, and the words that are said and written."""

    warnings_needed: int = 2
    longest_days: int = 90
    warning: str = (
        "いまのお話のしかたでは、相談を続けられません。落ち着いてお話しくださらない場合は、この電話を終わります。"
    )
    ending: str = (
        "重ねてお願いしましたが、相談を続けられる状態にならないため、このご相談への対応を終わります。"
        "けがや命の危険があるとき、また別のご相談は、これからもお受けします。"
    )
    appeal_to: str = ""


#: A threat is answered at once: no second warning is waited for.
AT_ONCE = frozenset({Criterion.THREAT, Criterion.SEXUAL})


def warnings_missing(policy: Policy, *, warnings: int, criteria: set[str]) -> int:
    """How many warnings must still be given before an ending can be proposed."""
    needed = min(policy.warnings_needed, 1) if criteria & AT_ONCE else policy.warnings_needed
    return max(0, needed - warnings)


def is_turned_away(*, until: date | None, today: date, injury: bool, danger: bool, other_matter: bool) -> bool:
    """Whether a call about an ended consultation may be turned away.

    Never where somebody is hurt or in danger, never for another matter, and never after the last day.
    """
    if injury or danger or other_matter:
        return False
    return until is not None and today <= until
