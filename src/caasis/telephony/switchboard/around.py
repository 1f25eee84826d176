"""What holds around a flow: opening hours, messages that are switched on, offices, what the queue offers."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from uuid import UUID

from django.conf import settings

from caasis.channels import sms
from caasis.channels.rules.texting import LINKS
from caasis.engines.ivr.happenings import Circumstances
from caasis.engines.ivr.values import Line
from caasis.engines.ivr.vocabulary import Opening
from caasis.engines.ivr.wording import Known
from caasis.engines.schedule import DayKind, Schedule
from caasis.kernel.clock import JST
from caasis.organisations.schedules import schedules_of
from caasis.queues.models import AgentStatus, Queue
from caasis.queues.selectors import skills
from caasis.queues.vocabulary import AgentState
from caasis.telephony.models import Call, MessageSwitch
from caasis.telephony.offices import knows_offices, offices_of

#: In a flow: the queue of the number that was called, else the centre's default. So do flows begin that come with the
#: product.
OWN_QUEUE = "main"


def known_of(centre_id: UUID, *, prompts: Collection[str], speaks: Callable[[str], bool]) -> Known:
    """What there is in a centre to which a flow may refer. `speaks` tells whether a language is spoken here."""
    queues = Queue.objects.filter(centre_id=centre_id, active=True).values_list("id", "name")
    return Known(
        queues={OWN_QUEUE, *(name for queue in queues for name in (str(queue[0]), queue[1]))},
        skills=set(skills(centre_id=centre_id).filter(active=True).values_list("code", flat=True)),
        offices=offices_of(centre_id).keys() if knows_offices() else None,
        prompts=prompts,
        speaks=speaks,
        links=LINKS.keys(),
        sends_messages=sms.is_available(),
    )


def circumstances(row: Call, now: datetime, *, names_offices: bool = True) -> Circumstances:
    """What the flow of this call needs to know at this moment. `names_offices`: it can send callers to offices."""
    if row.centre_id is None:
        return Circumstances()
    queue = queue_named(row, "")
    return circumstances_of(
        row.centre_id, now, offers_callback=queue is None or queue.offers_callback, names_offices=names_offices
    )


def circumstances_of(
    centre_id: UUID, now: datetime, *, offers_callback: bool, names_offices: bool = True
) -> Circumstances:
    """What any flow of the centre needs to know at this moment."""
    return Circumstances(
        hours={"": opening(schedules_of([centre_id])[centre_id], now)},
        messages={
            switch.name: {language: Line(words) for language, words in switch.words.items()}
            for switch in MessageSwitch.objects.filter(centre_id=centre_id, on=True)
        },
        offices=offices_of(centre_id) if names_offices else {},
        relay_prefixes=tuple(getattr(settings, "TELEPHONY_RELAY_PREFIXES", ())),
        offers_callback=offers_callback,
        # What can't be had is not offered.
        offers_web_link=sms.is_available(),
    )


def opening(schedule: Schedule, now: datetime) -> Opening:
    """What the opening hours say of a moment. A centre that has entered none counts as open."""
    if not schedule.weekly or schedule.is_open(now):
        return Opening.OPEN
    local = now.astimezone(JST)
    plan = schedule.plan(local.date())
    if not plan.hours:
        return Opening.CLOSED if plan.kind is DayKind.WEEKDAY else Opening.HOLIDAY
    minute = local.hour * 60 + local.minute
    before, after = any(hours.end <= minute for hours in plan.hours), any(hours.start > minute for hours in plan.hours)
    return Opening.LUNCH if before and after else Opening.CLOSED


def queue_named(row: Call, name: str) -> Queue | None:
    """The queue of a flow's box: by its id, else by its name; else the number's own, else the centre's default."""
    if row.centre_id is None:
        return None
    mine = Queue.objects.filter(centre_id=row.centre_id, active=True)
    try:
        found = mine.filter(id=UUID(name)).first()
    except ValueError:
        found = mine.filter(name=name).first() if name else None
    if found is None and row.number is not None and row.number.queue_id is not None:
        found = mine.filter(id=row.number.queue_id).first()
    return found or mine.filter(is_default=True).first()


def is_attended(queue: Queue) -> bool:
    """Whether anybody is there for the queue: an agent who is signed in, also in a break, or another queue after it."""
    if queue.overflow:
        return True
    return AgentStatus.objects.filter(centre_id=queue.centre_id).exclude(state=AgentState.OFFLINE).exists()
