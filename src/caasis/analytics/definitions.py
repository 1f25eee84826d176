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

# --- redress: not of the plan. The ledger itself is summed in `cases.redress`; the three figures are never added up. ----

_LEDGER = "CaaSISの被害救済額の記録（国の指標ではない）"

R1 = REGISTRY.add(
    MetricDefinition(
        code="R1",
        name="被害救済額（戻ったお金）",
        name_en="Redress: money that came back",
        definition="消費者に実際に戻ったお金（返金、クレジット会社などからの既払金の取り戻し）。請求の取り下げは含まない",
        formula="救済の記録のうち返金と取り戻しの合計 − その取り消し（戻った日で数える）",
        unit=Unit.YEN,
        version=1,
        source=_LEDGER,
    )
)
R2 = REGISTRY.add(
    MetricDefinition(
        code="R2",
        name="被害救済額（なくなった請求）",
        name_en="Redress: claims withdrawn or reduced",
        definition="払わなくてよくなった額（請求の取り下げ・支払義務なし、減額）。戻ったお金は含まない",
        formula="救済の記録のうち取り下げと減額の合計 − その取り消し（なくなった日で数える）",
        unit=Unit.YEN,
        version=1,
        source=_LEDGER,
    )
)
R3 = REGISTRY.add(
    MetricDefinition(
        code="R3",
        name="被害救済額（物での回復）",
        name_en="Redress in kind",
        definition="商品の交換・修理・サービスのやり直しなどの相当額",
        formula="救済の記録のうち物での回復の合計 − その取り消し",
        unit=Unit.YEN,
        version=1,
        source=_LEDGER,
    )
)
