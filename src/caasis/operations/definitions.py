"""K numbers of the room."""

from __future__ import annotations

from caasis.analytics.definitions import REGISTRY
from caasis.kernel.metrics import MetricDefinition, Unit

K5 = REGISTRY.add(
    MetricDefinition(
        code="K5",
        name="応対への苦情の件数",
        name_en="Complaints about our own handling",
        definition="センターの応対そのものに寄せられた苦情の件数（F61）。相談区分の「苦情」ではない。少ないほどよい",
        formula="応対への苦情の記録の件数（受けた日で数える）",
        unit=Unit.COUNT,
        version=1,
    )
)
