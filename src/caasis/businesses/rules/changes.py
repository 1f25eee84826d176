"""Which businesses may become one, and what a tracking flag needs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from caasis.businesses.vocabulary import Heard

#: A flag ends by itself: nobody stays watched because nobody looked.
LONGEST_FLAG = timedelta(days=366)
#: The grounds are read by others, and by a court: a word is no ground.
SHORTEST_GROUNDS = 20
LONGEST_GROUNDS = 1000


@dataclass(frozen=True, slots=True)
class Side:
    """What a merge has to know of one business."""

    id: object
    corporate_number: str = ""
    closed: bool = False
    merged: bool = False


def why_not_merge(keep: Side, other: Side) -> str:
    """A sentence when `other` can't become a part of `keep`, else an empty text."""
    if keep.id == other.id:
        return "同じ事業者です。別の事業者を選んでください。"
    if keep.merged or other.merged:
        return "もう1つにまとめた事業者です。画面を開き直してください。"
    if keep.corporate_number and other.corporate_number and not other.closed:
        # Two numbers are two legal persons, unless the register closed the record of one of them.
        return "法人番号がちがいます。別の法人は1つにまとめられません。"
    return ""


def flag_errors(*, grounds: str, heard: str, until: date | None, review_on: date | None, today: date) -> dict[str, list[str]]:
    """Sentences by field for what a tracking flag lacks."""
    errors: dict[str, list[str]] = {}
    if len(grounds.strip()) < SHORTEST_GROUNDS:
        errors["grounds"] = [f"根拠を{SHORTEST_GROUNDS}字以上で書いてください。"]
    elif len(grounds) > LONGEST_GROUNDS:
        errors["grounds"] = [f"根拠は{LONGEST_GROUNDS}字までです。短くしてください。"]
    if heard not in Heard._value2member_map_:
        errors["heard"] = ["事業者の言い分を聞いたかどうかを選んでください。"]
    if until is None:
        errors["until"] = ["終わりの日を入れてください。"]
    elif not today < until <= today + LONGEST_FLAG:
        errors["until"] = ["終わりの日は、あすから1年以内にしてください。"]
    if review_on is None:
        errors["review_on"] = ["見直す日を入れてください。"]
    elif review_on < today or (until is not None and review_on > until):
        errors["review_on"] = ["見直す日は、きょうから終わりの日までにしてください。"]
    return errors
