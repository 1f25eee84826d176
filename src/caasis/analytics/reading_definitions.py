"""The K numbers of what is read, and booked, on the portal. K4 (votes on the counsellors' articles) has no votes to count yet."""

from __future__ import annotations

from caasis.analytics.definitions import REGISTRY
from caasis.kernel.metrics import MetricDefinition, Unit

_HOW = "同じ日の同じ人は1人と数える。次の日に来た人は、もう一度数える。Cookieは使わず、だれが見たかは残らない"

K1 = REGISTRY.add(
    MetricDefinition(
        code="K1",
        name="FAQの閲覧者数",
        name_en="FAQ visitors",
        definition=f"一般向けの記事を見た人の数。{_HOW}",
        formula="1日ごとの、一般向けの記事を見た人の数の合計（推計。誤差は約2%）",
        unit=Unit.PEOPLE,
        version=1,
    )
)
K2 = REGISTRY.add(
    MetricDefinition(
        code="K2",
        name="FAQの「役に立った」の数",
        name_en="Votes that an FAQ was useful",
        definition="一般向けの記事の「役に立ちましたか」に「はい」と答えた回数",
        formula="「はい」の回数（答えた日で数える）",
        unit=Unit.COUNT,
        version=1,
    )
)
K3 = REGISTRY.add(
    MetricDefinition(
        code="K3",
        name="ナレッジの閲覧者数",
        name_en="Visitors of the counsellors' knowledge",
        definition=f"相談員向けの記事を見た人の数。{_HOW}",
        formula="1日ごとの、相談員向けの記事を見た人の数の合計（推計。誤差は約2%）",
        unit=Unit.PEOPLE,
        version=1,
    )
)
K15 = REGISTRY.add(
    MetricDefinition(
        code="K15",
        name="FAQ経由相談率",
        name_en="Share of consultations after an FAQ",
        definition="登録相談件数に占める、記事を見てから送られた相談、または記事番号を伝えられた相談の割合",
        formula="登録された相談のうち記事番号があるもの ÷ 登録された相談",
        unit=Unit.RATIO,
        version=1,
        ratio_of=("from_article", "cases"),
    )
)
K19 = REGISTRY.add(
    MetricDefinition(
        code="K19",
        name="予約相談率",
        name_en="Share of booked consultations",
        definition="登録相談件数に占める、日時の予約を受けた相談の割合。予約は相談の日で数え、取り消された予約は数えない",
        formula="相談の日が期間にある予約（取り消しを除く） ÷ 登録された相談",
        unit=Unit.RATIO,
        version=1,
        ratio_of=("booked", "cases"),
    )
)
