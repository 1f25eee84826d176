"""The clock itself: facts and law in, one assessment for each right out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from caasis.engines.calendar import holiday_name, is_business_day, last_business_day_until
from caasis.engines.deadlines.assessment import Assessment, Ground, Unknown
from caasis.engines.deadlines.exclusions import Exclusion, weigh_exceptions
from caasis.engines.deadlines.facts import Facts
from caasis.engines.deadlines.law import Absence, Law, Right
from caasis.engines.deadlines.start import Start, find_start
from caasis.engines.deadlines.vocabulary import Counts, Kind, Status
from caasis.engines.japanese import format_date_near


class UnknownTransactionType(ValueError):
    """A transaction type that the law file does not know."""


def assess(facts: Facts, law: Law, today: date) -> list[Assessment]:
    """Return the state of every right that `facts` may give, in the order of the transaction types.

    One transaction type can carry several rights: the sale, the individual credit (a second clock) and an excess
    quantity. Without any type there is one answer that asks for it. Raises UnknownTransactionType.
    """
    found: list[Assessment] = []
    for code in facts.transaction_types:
        if code not in law.transaction_types:
            raise UnknownTransactionType(code)
        if code in law.absences:
            found.append(_absent(law.absences[code], facts, law))
        found.extend(
            _assess_right(right, facts, law, today)
            for right in law.rights
            if right.transaction_type == code and _concerns(right, facts)
        )
    return found or [_without_type(facts, law)]


def _concerns(right: Right, facts: Facts) -> bool:
    if right.kind is Kind.CREDIT_COOLING_OFF:
        signed = facts.credit_document_on is not None or facts.credit_document_received
        return facts.individual_credit is not False and bool(facts.individual_credit or signed)
    return not right.only_if or getattr(facts, right.only_if) is True


def _assess_right(right: Right, facts: Facts, law: Law, today: date) -> Assessment:
    start = find_start(right, facts, law, today)
    exclusions = weigh_exceptions(right, facts, law)
    unsettled = [item for item in exclusions if item.answer.applies is None and item.answer.hinted]
    days = start.days
    day_one = days[0] if days else None
    deadline = last_day(right, day_one) if day_one else _bound(right, start, today)
    status = _status(right, facts, start, exclusions, today)
    reasons = list(start.reasons)
    excluded = [item for item in exclusions if item.answer.applies]
    if status is Status.EXCLUDED:
        reasons = [item.reason for item in excluded]
        deadline = day_one = None
    elif status is Status.OPEN_NO_END:
        deadline = day_one = None
    elif right.documents and start.possible != {None}:
        reasons = [*_counting(right, facts, start, deadline, today), *reasons]
    reasons.extend(item.answer.remark for item in exclusions if item.answer.remark and status is not Status.EXCLUDED)
    reasons.extend(item.reason for item in unsettled if status is Status.NEEDS_ANSWER)
    reasons.extend(text for text in (right.judgement, right.note) if text and status is not Status.EXCLUDED)
    if right.counts is Counts.ARRIVAL and deadline is not None:
        reasons.append("通知は、最後の日までに相手に届く必要があります。")
    if status is Status.EXPIRED and right.documents:
        reasons.append("書面に不備があったり、妨げられたりしていれば、今からでもできることがあります。")
    if not right.verified and status is not Status.EXCLUDED:
        reasons.append(f"{right.label}の期限の決まりは、要確認です（{right.article}）。")
    electronic = right.electronic_notice and _after(law.electronic_notice_from, facts)
    if electronic and status in {Status.OPEN, Status.LAST_DAY, Status.OPEN_NO_END, Status.NEEDS_ANSWER}:
        reasons.append(f"通知は、書面でもメールなどでも出せます（{right.article}）。")
    safest = None
    if status not in {Status.EXCLUDED, Status.EXPIRED}:
        safest = _safest_day(right, start, status, deadline, today)
    if status in {Status.OPEN, Status.LAST_DAY} and deadline is not None and not is_business_day(deadline):
        reasons.append(_holiday_warning(deadline, safest or today, today))
    return Assessment(
        transaction_type=right.transaction_type,
        right=right.code,
        kind=right.kind,
        label=right.label,
        status=status,
        article=right.article,
        counts=right.counts,
        deadline=deadline,
        days_left=None if deadline is None else (deadline - today).days,
        day_one=day_one,
        reasons=tuple(reasons),
        unknown=() if status is Status.EXCLUDED else _unknown(right, facts, law, start, exclusions),
        other_grounds=_grounds(right.transaction_type, right.kind, facts, law),
        safest_day=safest,
        electronic_notice=electronic,
        judgement=bool(right.judgement),
        verified=right.verified
        and all(item.verified for item in excluded)
        and all(item.answer.sure for item in exclusions),
        as_of=law.as_of,
    )


def last_day(right: Right, day_one: date) -> date:
    """Last day of a period: the starting day is day 1, except where the law leaves it out (民法140条)."""
    if right.years:
        try:
            return day_one.replace(year=day_one.year + right.years)
        except ValueError:  # 29 February: the month's last day (民法143条2項).
            return day_one.replace(year=day_one.year + right.years, day=28)
    return day_one + timedelta(days=right.days - (1 if right.first_day else 0))


def _bound(right: Right, start: Start, today: date) -> date | None:
    """The earliest end that is still possible where the starting day is not known: no document is older than the
    application. None when that day is unknown, its end has passed, or no complete document exists."""
    if start.earlier_bound is None or start.possible == {None}:
        return None
    end = last_day(right, start.earlier_bound)
    return end if end >= today else None


def _status(right: Right, facts: Facts, start: Start, exclusions: Iterable[Exclusion], today: date) -> Status:
    if any(item.answer.applies for item in exclusions):
        return Status.EXCLUDED
    ends = [last_day(right, day) for day in start.days]
    endless = None in start.possible
    if start.possible and not endless and today > max(ends):
        return Status.EXPIRED
    undecided = (
        right.transaction_type in facts.assumed_types
        or start.began_earlier_unknown_day
        or any(item.answer.applies is None and item.answer.hinted for item in exclusions)
    )
    if not start.possible or undecided:
        return Status.NEEDS_ANSWER
    if not ends:
        return Status.RETURN_POSSIBLE if right.kind is Kind.RETURN else Status.OPEN_NO_END
    if today > min(ends):
        return Status.NEEDS_ANSWER
    if right.kind is Kind.RETURN:
        return Status.RETURN_POSSIBLE
    return Status.LAST_DAY if today == min(ends) else Status.OPEN


def _counting(right: Right, facts: Facts, start: Start, deadline: date | None, today: date) -> list[str]:
    """The sentences that say how the days are counted from documents."""
    names = {
        "contract": ("契約書面", facts.contract_document_on),
        "application": ("申込書面", facts.application_document_on),
        "credit": ("クレジットの契約書面", facts.credit_document_on),
    }
    if not start.days:
        said = [f"{names[right.documents[0]][0]}を受け取った日を1日目として、{right.days}日間です（{right.article}）。"]
        if deadline is not None:
            condition = "" if facts.applied_on else "申込みと契約が同じ日なら、"
            said.append(f"{condition}期限は、早くても{format_date_near(deadline, today)}です。")
        return [*said, "書面がないときや不備があるときは、今からでもできることがあります。"]
    day_one = start.days[0]
    label = next((f"{names[name][0]}を受け取った" for name in right.documents if names[name][1] == day_one), "")
    said = [f"{label}{format_date_near(day_one, today)}が1日目で、{right.days}日間です（{right.article}）。"]
    if "application_document_received" in start.asks:
        said.append("申込書の控えを先に受け取っていると、期限はこれより早くなります。")
    return said


def _safest_day(right: Right, start: Start, status: Status, deadline: date | None, today: date) -> date | None:
    """A day by which acting is safe, where the deadline itself is not: a closed day, a missing fact, or arrival."""
    open_end = status in {Status.OPEN, Status.LAST_DAY}
    if not open_end or deadline is None or right.counts is Counts.ARRIVAL:
        return today
    earlier = "application_document_received" in start.asks
    if is_business_day(deadline) and not earlier:
        return None
    bound = deadline
    if earlier:
        bound = min(deadline, _bound(right, start, today) or today)
    return max(today, last_business_day_until(bound))


def _holiday_warning(deadline: date, safest: date, today: date) -> str:
    when = "今日のうちに" if safest == today else f"{format_date_near(safest, today)}までに"
    why = _why_closed(deadline)
    return f"最後の日の{format_date_near(deadline, today)}は{why}で、窓口が休みの日です。{when}出すのが安全です。"


def _why_closed(day: date) -> str:
    """What a closed day is: the name of its holiday, a day of the weekend, or the turn of the year."""
    weekend = {5: "土曜日", 6: "日曜日"}.get(day.weekday(), "年末年始")
    return holiday_name(day) or weekend


def _unknown(
    right: Right, facts: Facts, law: Law, start: Start, exclusions: Iterable[Exclusion]
) -> tuple[Unknown, ...]:
    """Missing facts: first what decides now, then what only nobody has asked yet, each in the order of the law file."""
    open_answers = [item.answer for item in exclusions if item.answer.applies is None]
    urgent = dict.fromkeys(start.asks, True) | dict.fromkeys(start.doubts, False)
    urgent |= {answer.ask: True for answer in open_answers if answer.hinted}
    if right.transaction_type in facts.assumed_types:
        urgent["transaction_type"] = True
    plain = {code: False for code in start.extends if getattr(facts, code, None) is None}
    plain |= {answer.ask: True for answer in open_answers if not answer.hinted}
    if facts.individual_credit is None and right.kind is Kind.COOLING_OFF and right.transaction_type in law.types_with_credit_clock:
        plain["individual_credit"] = False
    later = plain.keys() - urgent.keys()
    order = law.place_of_question
    ranked = sorted(urgent, key=order.__getitem__) + sorted(later, key=order.__getitem__)
    return tuple(Unknown(code, law.questions[code], (plain | urgent)[code]) for code in ranked)


def _grounds(transaction_type: str, kind: Kind, facts: Facts, law: Law) -> tuple[Ground, ...]:
    return tuple(
        Ground(rule.code, rule.article, rule.text, rule.verified)
        for rule in law.grounds
        if (not rule.types or transaction_type in rule.types)
        and not (rule.unless_false and getattr(facts, rule.unless_false) is False)
        and not (rule.only_if and getattr(facts, rule.only_if) is not True)
        and not (kind is Kind.EXCESS_QUANTITY and rule.code.startswith("excess_quantity"))
    )


def _after(day: date, facts: Facts) -> bool:
    """Whether the contract was made on or after `day`, as far as known; an unknown day counts as recent."""
    made = facts.contracted_on or facts.applied_on or facts.contract_document_on
    return made is None or made >= day


def _absent(absence: Absence, facts: Facts, law: Law) -> Assessment:
    return Assessment(
        transaction_type=absence.transaction_type,
        right="",
        kind=Kind.NONE,
        label=absence.label,
        status=Status.NONE,
        article=absence.article,
        counts=Counts.DISPATCH,
        deadline=None,
        days_left=None,
        day_one=None,
        reasons=(absence.reason,),
        unknown=(),
        other_grounds=_grounds(absence.transaction_type, Kind.NONE, facts, law),
        safest_day=None,
        electronic_notice=False,
        judgement=False,
        verified=absence.verified,
        as_of=law.as_of,
    )


def _without_type(facts: Facts, law: Law) -> Assessment:
    return Assessment(
        transaction_type="",
        right="",
        kind=Kind.NONE,
        label="取引の種類がまだわかりません",
        status=Status.NEEDS_ANSWER,
        article="",
        counts=Counts.DISPATCH,
        deadline=None,
        days_left=None,
        day_one=None,
        reasons=("どのような取引かによって、期限が変わります。",),
        unknown=(Unknown("transaction_type", law.questions["transaction_type"], True),),
        other_grounds=_grounds("", Kind.NONE, facts, law),
        safest_day=None,
        electronic_notice=False,
        judgement=False,
        verified=True,
        as_of=law.as_of,
    )
