"""The KPI registry: each K number of the plan that the product can already evaluate.

Wording and direction are those of 消費生活相談デジタル・トランスフォーメーションアクションプラン2022 (8. 目標とモニタリング).
"""

from __future__ import annotations

from caasis.kernel.metrics import MetricDefinition, MetricRegistry, Unit

REGISTRY = MetricRegistry()

K10 = REGISTRY.add(
    MetricDefinition(
        code="K10",
        name="Web相談率",
        name_en="Share of web consultations",
        definition="登録相談件数に占めるWeb相談の件数の割合",
        formula="登録された相談のうち受付方法がWebのもの ÷ 登録された相談",
        unit=Unit.RATIO,
        version=1,
        ratio_of=("web_cases", "cases"),
    )
)
K12 = REGISTRY.add(
    MetricDefinition(
        code="K12",
        name="相談件数",
        name_en="Cases",
        definition="登録された相談の件数。再開してもう一度決裁された相談も1件と数える",
        formula="登録された相談の件数（受付日で数える）",
        unit=Unit.COUNT,
        version=1,
    )
)
K13 = REGISTRY.add(
    MetricDefinition(
        code="K13",
        name="総契約額",
        name_en="Total contract amount",
        definition="登録された相談の契約購入金額の合計。金額がわからない相談は含まない",
        formula="登録された相談の契約購入金額の合計（1件に契約がいくつもあるときは、すべて足す）",
        unit=Unit.YEN,
        version=2,
    )
)
K14 = REGISTRY.add(
    MetricDefinition(
        code="K14",
        name="あっせん率",
        name_en="Share of mediation",
        definition="終えた苦情のうち、あっせん（解決・不調）をしたものの割合",
        formula="（あっせん解決＋あっせん不調）÷ 登録された苦情",
        unit=Unit.RATIO,
        version=1,
        ratio_of=("mediated", "complaints"),
    )
)
