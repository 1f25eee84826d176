"""A few people of the demo who show what the desk knows of people: a past, a consent, 見守り, several contracts (見本)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from caasis.cases import services as cases
from caasis.cases.models import Case
from caasis.cases.selectors import consumer_of
from caasis.kernel.actor import Actor
from caasis.kernel.clock import day_in_japan
from caasis.people import services as people
from caasis.people.models import Consent
from caasis.platform.transactions import actor_transaction
from caasis.twin.seeding import Seeded

UME: dict[str, Any] = {
    "channel": "phone",
    "consumer_name": "見本 うめ",
    "consumer_kana": "みほん うめ",
    "consumer_phone": "022-000-0181",
    "consumer_address": "宮城県仙台市青葉区みほん町1-2-3",
    "consumer_postcode": "9800811",
    "consumer_sex": "female",
    "consumer_age": 81,
}
DAUGHTER: dict[str, Any] = {
    "channel": "phone",
    "consumer_name": "見本 さくら",
    "consumer_kana": "みほん さくら",
    "consumer_phone": "022-000-0182",
    "consumer_address": "宮城県仙台市泉区みほん台4-5-6",
    "consumer_sex": "female",
    "consumer_age": 54,
}


def show_people(seeded: Seeded) -> int:
    """Write the cases with their people through the rooms' own services; a second call writes nothing twice.

    Returns how many cases of these people there are.
    """
    actor = seeded.actors[seeded.home_index][0]
    day = day_in_japan(timezone.now())
    past = _open(
        actor, "past", **UME, title="点検と言われ、床下の工事を契約した（見本）", kind="complaint",
        received=timedelta(days=160), business_name="カクウ床下サービス", amount=780_000,
    )  # fmt: skip
    now = _open(
        actor, "now", **UME, title="屋根の点検と言われ、工事を契約した（見本）", kind="complaint", received=timedelta(days=1),
        business_name="カクウルーフ", amount=1_480_000, sales_form="door_to_door", contract_party_is_consumer="yes",
        contracted_on=(day - timedelta(days=3)).isoformat(), contract_document_on=(day - timedelta(days=3)).isoformat(),
        further={
            "contract": [
                {
                    "product_text": "浄水器",
                    "amount": 380_000,
                    "sales_form": "door_to_door",
                    "contracted_on": (day - timedelta(days=2)).isoformat(),
                    "contract_document_on": (day - timedelta(days=2)).isoformat(),
                }
            ],
            "business": [{"business_role": "credit", "business_name": "カクウ信販"}],
        },
    )  # fmt: skip
    family = _open(
        actor, "daughter", **DAUGHTER, title="離れて暮らす母が、健康食品を次々に買っている（見本）", kind="complaint",
        received=timedelta(days=2), contract_party_is_consumer="no", party_relation="母", party_age=79, amount=96_000,
        further={
            "party": [
                {"of": "contract_party", "person_name": "見本 きく", "person_phone": "022-000-0183"},
                {"roles": ["supporter"], "relation": "ケアマネジャー"},
            ]
        },
    )  # fmt: skip
    _know(actor, now, review_on=day + timedelta(days=90))
    return len({past.pk, now.pk, family.pk})


def _open(actor: Actor, name: str, *, received: timedelta, further: Any = None, **card: Any) -> Case:
    return cases.open_case(
        actor=actor,
        card=card,
        received_at=timezone.now() - received,
        idempotency_key=f"twin-people-{name}",
        further=further,
    )


def _know(actor: Actor, case: Case, *, review_on: Any) -> None:
    """The consent and the flag, once."""
    with actor_transaction(actor):
        consumer = consumer_of(case)
        if (
            consumer is None
            or consumer.person_id is None
            or Consent.objects.filter(person_id=consumer.person_id).exists()
        ):
            return
        person_id = consumer.person_id
    people.record_consent(
        actor=actor,
        person_id=person_id,
        kind="watch_council",
        means="phone",
        note="見守りに要ることだけ（見本）",
        case_id=case.pk,
    )
    people.set_watch(
        actor=actor,
        person_id=person_id,
        reason="半年のうちに、訪問販売の契約が2件あった（見本）。",
        review_on=review_on,
    )
