"""Cards that tests start from."""

from __future__ import annotations

from typing import Any

#: A complaint that passes the checks for registration.
COMPLETE: dict[str, Any] = {
    "kind": "complaint",
    "channel": "phone",
    "title": "屋根の点検と言われ、高額な工事を契約した",
    "summary": "突然来訪した業者に「瓦がずれている」と言われ、屋根工事148万円を契約した。解約したい。",
    "handling": "クーリング・オフの通知の出し方を助言した。",
    "result": "advice",
    "product": "P1301",
    "sales_form": "door_to_door",
    "transaction_types": ["door_to_door"],
    "contracted_on": "2026-03-01",
    "contract_document_on": "2026-03-01",
    "amount": 1_480_000,
    "paid": 0,
    "consumer_sex": "female",
    "consumer_age": 72,
    "contract_party_is_consumer": True,
    "business_name": "カクウルーフ",
}


def refresh(row: Any) -> None:
    """Read a row again past the wall: a test's own look, not an actor's."""
    from caasis.platform.transactions import system_transaction

    with system_transaction():
        row.refresh_from_db()
