"""What is going on beside a case, in one query: for the panel of the workspace."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Model, OuterRef, Subquery
from django.db.models.functions import Coalesce

from caasis.cases.models import AccidentNotice, Case, CaseAsk, ConductFile, Mediation, Redress
from caasis.cases.selectors import is_insider
from caasis.kernel.actor import Actor


@dataclass(frozen=True, slots=True)
class Beside:
    """Numbers of rows; `notice` is the state of the accident notice that stands, `found_at` when it was found."""

    mediations: int = 0
    open_mediations: int = 0
    redress: int = 0
    asks: int = 0
    conduct: int = 0
    notice: str = ""
    found_at: datetime | None = None

    def waiting(self, now: datetime) -> str:
        """How long the notice has been waiting, in words."""
        if self.found_at is None:
            return ""
        hours, minutes = divmod(max(0, int((now - self.found_at).total_seconds() // 60)), 60)
        return f"{hours}時間{minutes}分" if hours else f"{minutes}分"


def _number(model: type[Model], **conditions: Any) -> Coalesce:
    rows = model._default_manager.filter(case=OuterRef("pk"), **conditions).order_by().values("case").annotate(n=Count("pk"))
    return Coalesce(Subquery(rows.values("n")), 0)


def read_beside(case: Case, *, actor: Actor) -> Beside:
    """For an insider; an outsider sees nothing."""
    if not is_insider(case, actor):
        return Beside()
    notice = AccidentNotice.objects.filter(case=OuterRef("pk"), supplements=None, state__in=["open", "sent"])
    found = (
        Case.objects.filter(pk=case.pk)
        .annotate(
            n_mediations=_number(Mediation),
            n_open=_number(Mediation, outcome=""),
            n_redress=_number(Redress),
            n_asks=_number(CaseAsk),
            n_conduct=_number(ConductFile),
            notice_state=Subquery(notice.values("state")[:1]),
            notice_found=Subquery(notice.values("found_at")[:1]),
        )
        .values_list("n_mediations", "n_open", "n_redress", "n_asks", "n_conduct", "notice_state", "notice_found")
        .first()
    )
    if found is None:
        return Beside()
    return Beside(*found[:5], notice=found[5] or "", found_at=found[6])
