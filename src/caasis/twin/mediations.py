"""A mediation, its redress and a serious accident in the demo's home centre: invented, marked 見本, written by the services."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from caasis.cases import services as cases
from caasis.kernel.clock import day_in_japan
from caasis.platform.transactions import actor_transaction
from caasis.twin.seeding import Seeded

_CARD = {
    "kind": "complaint",
    "channel": "phone",
    "title": "給湯器の点検と言われ、交換工事を契約した（見本）",
    "summary": "点検に来たという業者に「古くて危ない」と言われ、給湯器の交換を契約した。着工前なので返金してほしい。",
    "product_text": "給湯器の交換",
    "sales_form": "door_to_door",
    "amount": 680_000,
    "paid": 340_000,
    "contract_party_is_consumer": True,
    "business_name": "見本ボイラー株式会社",
    "business_phone": "000-9000-0001",
}
_ACCIDENT = {
    "kind": "complaint",
    "channel": "phone",
    "title": "電気ストーブから火が出た（見本）",
    "summary": "使用中の電気ストーブの電源コードから発火し、床が焦げた。けがはない。",
    "injury": True,
    "harm_injured": False,
    "harm_place": "自宅の居間",
    "harm_product": "電気ストーブ",
    "harm_kept": True,
}


def add_mediations(seeded: Seeded) -> None:
    """Both cases, once: a second call finds them by their keys and writes nothing."""
    actor = seeded.actors[seeded.home_index][0]
    today = day_in_japan(timezone.now())
    with actor_transaction(actor):
        case = cases.open_case(actor=actor, card=_CARD, idempotency_key="twin-demo-mediation")
        cases.open_case(actor=actor, card=_ACCIDENT, idempotency_key="twin-demo-accident")
        if case.mediations.exists():
            return
        mediation = cases.begin_mediation(actor=actor, case_id=case.id, business_person="お客様相談室（見本）")
        on: Any = {"actor": actor, "mediation_id": mediation.id}
        cases.log_contact(
            **on, means="phone", direction="from_consumer", words="着工前なので、払った分を返してほしい。"
        )
        cases.record_consent(**on, means="phone")
        cases.log_contact(
            **on, means="phone", direction="to_business", named=True, words="申し出を伝え、勧誘のいきさつを尋ねた。"
        )
        cases.set_answer_deadline(**on, due_on=today + timedelta(days=7))
        cases.log_contact(**on, means="mail", direction="from_business", words="手付けの一部は返せるとの回答。")
        cases.make_offer(**on, side="business", amount=240_000, terms="手付金10万円を引いて返金する。")
        cases.write_redress(
            actor=actor, case_id=case.id, kind="refunded", amount=50_000, on=today, source="mediation", proof="business"
        )
