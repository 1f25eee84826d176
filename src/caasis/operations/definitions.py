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
_MONTH = "お願いした月で数える。回答が5件より少ないときは表示しない"

K50 = REGISTRY.add(
    MetricDefinition(
        code="K50",
        name="相談者の満足度（CSAT）",
        name_en="Customer satisfaction (CSAT)",
        definition=f"相談のあとのアンケートで、対応に「満足」「やや満足」と答えた人の割合。{_MONTH}",
        formula="満足度が4か5の回答 ÷ 満足度の回答（95％の幅はウィルソンの区間）",
        unit=Unit.RATIO,
        version=1,
        ratio_of=("satisfied", "csat_answers"),
    )
)
K52 = REGISTRY.add(
    MetricDefinition(
        code="K52",
        name="人にすすめる度合い（NPS）",
        name_en="Net promoter score (NPS)",
        definition=f"ご家族や友人にこのセンターをすすめるか（0〜10）の、すすめる人とすすめない人の差。−100から100。{_MONTH}",
        formula="（9・10の回答の割合 − 0〜6の回答の割合）× 100（95％の幅は、差の標準誤差）",
        unit=Unit.POINTS,
        version=1,
    )
)
K56 = REGISTRY.add(
    MetricDefinition(
        code="K56",
        name="手間の少なさ（CES）",
        name_en="Customer effort score (CES)",
        definition=f"相談の手間がかからなかったか（1〜7）の平均。大きいほど手間が少ない。{_MONTH}",
        formula="手間の少なさの回答の合計 ÷ 回答の数（95％の幅は、平均のt区間）",
        unit=Unit.POINTS,
        version=1,
    )
)
