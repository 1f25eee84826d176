"""被害救済額: kinds of redress, and totals that never mix money that came back with claims that were given up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from caasis.kernel.labels import LabelledCode


class RedressKind(LabelledCode):
    REFUNDED = "refunded", "返金（払ったお金が戻った）"
    RECOVERED = "recovered", "既払金の取り戻し（クレジット会社など）"
    IN_KIND = "in_kind", "物・サービスでの回復（相当額）"
    WITHDRAWN = "withdrawn", "請求の取り下げ・支払義務なし"
    REDUCED = "reduced", "請求の減額"


class Source(LabelledCode):
    """The action that led to it."""

    ADVICE = "advice", "助言・自主交渉"
    FAQ = "faq", "FAQ・自分で解決"
    MEDIATION = "mediation", "あっせん"
    ONWARD = "onward", "ADR・委員会"


class Proof(LabelledCode):
    """How the centre knows of it."""

    CONSUMER = "consumer", "相談者から聞いた"
    BUSINESS = "business", "事業者から聞いた"
    PAPER = "paper", "合意書・通知の写し"
    BANK = "bank", "入金の記録を見た"


#: Money that really came back, value that came back otherwise, and claims that need not be paid. They are never added up.
MONEY = frozenset({RedressKind.REFUNDED, RedressKind.RECOVERED})
CLAIM = frozenset({RedressKind.WITHDRAWN, RedressKind.REDUCED})


@dataclass(frozen=True, slots=True)
class RedressTotals:
    """Yen: `refunded` came back as money, `in_kind` otherwise, `released` need not be paid any more."""

    refunded: int = 0
    in_kind: int = 0
    released: int = 0

    @property
    def anything(self) -> bool:
        return bool(self.refunded or self.in_kind or self.released)


def totals(rows: Iterable[tuple[str, int]]) -> RedressTotals:
    """Totals of (kind, yen); a counter-entry has the kind of what it corrects and a negative amount."""
    sums = {"refunded": 0, "in_kind": 0, "released": 0}
    for kind, amount in rows:
        part = "refunded" if kind in MONEY else "released" if kind in CLAIM else "in_kind"
        sums[part] += amount
    return RedressTotals(**sums)
