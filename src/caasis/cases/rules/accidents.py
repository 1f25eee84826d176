"""重大事故等 of 消費者安全法: which criteria a card meets, and the notice as a form that fills itself.

The criteria are data (`accidents.toml`) with their articles. The rule points out; that it is one, a person decides.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from importlib import resources
from typing import Any

from caasis.engines.japanese import format_date_ja
from caasis.kernel.labels import LabelledCode


class NoticeMeans(LabelledCode):
    PHONE = "phone", "電話（後で書面を送る）"
    MAIL = "mail", "電子メール"
    FAX = "fax", "FAX"
    LETTER = "letter", "書面"
    SYSTEM = "system", "国のシステム"


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion: met by a coded degree or kind, by days of treatment, or pointed out by words of the summary."""

    code: str
    label: str
    article: str
    verified: bool
    degrees: frozenset[str]
    kinds: frozenset[str]
    treatment_days: int | None
    words: re.Pattern[str] | None


@dataclass(frozen=True, slots=True)
class AccidentLaw:
    as_of: date
    duty: str
    duty_words: str
    form_article: str
    form_verified: bool
    late_after: timedelta
    criteria: tuple[Criterion, ...]

    @property
    def late_minutes(self) -> int:
        return int(self.late_after.total_seconds() // 60)

    def criterion(self, code: str) -> Criterion | None:
        return next((one for one in self.criteria if one.code == code), None)


@lru_cache(maxsize=1)
def accident_law() -> AccidentLaw:
    """The data file that ships with the package, read once."""
    data = tomllib.loads(resources.files("caasis.cases.rules").joinpath("accidents.toml").read_text(encoding="utf-8"))
    return AccidentLaw(
        as_of=data["as_of"],
        duty=data["duty"],
        duty_words=data["duty_words"],
        form_article=data["form_article"],
        form_verified=data["form_verified"],
        late_after=timedelta(minutes=data["late_after_minutes"]),
        criteria=tuple(
            Criterion(
                code=one["code"],
                label=one["label"],
                article=one["article"],
                verified=one["verified"],
                degrees=frozenset(one.get("degrees", ())),
                kinds=frozenset(one.get("kinds", ())),
                treatment_days=one.get("treatment_days"),
                words=re.compile(one["words"]) if "words" in one else None,
            )
            for one in data["criterion"]
        ),
    )


#: What takes an accident's word back: 「けがはない」, 「火事にはならなかった」.
_NOT = re.compile(r"[^。、\n]{0,12}(?:にはならな|ではな|はな(?:い|く|かった)|はありません|せずに済|恐れはな|おそれはな)[^。、\n]*")


@dataclass(frozen=True, slots=True)
class Met:
    """One criterion that the card meets; `certain` by a coded field, otherwise by words of the summary, quoted."""

    criterion: Criterion
    certain: bool
    quote: str = ""


def criteria_met(card: Mapping[str, Any]) -> tuple[Met, ...]:
    """Criteria that the card meets, those by coded fields first."""
    degree, kind, days = card.get("harm_degree"), card.get("harm_kind"), card.get("harm_days")
    text = _NOT.sub("", f"{card.get('title') or ''}\n{card.get('summary') or ''}")
    found: list[Met] = []
    for one in accident_law().criteria:
        by_days = one.treatment_days is not None and days is not None and days >= one.treatment_days
        if degree in one.degrees or kind in one.kinds or by_days:
            found.append(Met(one, True))
        elif one.words is not None and (quote := one.words.search(text)):
            found.append(Met(one, False, quote[0]))
    return tuple(sorted(found, key=lambda met: not met.certain))


def is_late(found_at: datetime, *, now: datetime) -> bool:
    """Whether a notice that has not left is to be shown as late."""
    return now - found_at >= accident_law().late_after


#: Fields of the notice in their order: name, label, rows of its box.
NOTICE_FIELDS: tuple[tuple[str, str, int], ...] = (
    ("what", "事故等の内容", 5),
    ("when", "発生した日時", 1),
    ("where", "発生した場所", 1),
    ("learned", "情報を得た日時と方法", 1),
    ("product", "商品・役務の名称", 1),
    ("model", "型番・ロット", 1),
    ("maker", "製造・販売した事業者", 2),
    ("injury", "被害の状況（人数・年代・けがの程度）", 3),
    ("now", "いまの状況（品物の所在・使用中止など）", 2),
    ("same", "同じような情報があるか", 2),
    ("contact", "通知元と連絡先", 2),
)
NOTICE_LONGEST = 4_000


def notice_draft(card: Mapping[str, Any], words: Mapping[str, str]) -> dict[str, str]:
    """The notice as far as the card knows it, without names.

    `words` holds what only the room can say: labels of `kind`, `degree`, `product`, `age` and `sex`, the texts `learned`
    and `contact`.
    """
    happened = card.get("harm_on")
    degree = words.get("degree", "")
    days = card.get("harm_days")
    hurt = [words.get("age", ""), words.get("sex", ""), words.get("kind", ""), degree]
    if days is not None:
        hurt.append(f"治療に{days}日（見込みをふくむ）")
    kept = {True: "品物は保管されている。", False: "品物は保管されていない。"}.get(card.get("harm_kept"), "〔品物の所在〕")  # type: ignore[arg-type]
    return {
        "what": str(card.get("summary") or "〔何が起きたか〕"),
        "when": format_date_ja(happened, with_year=True) if happened else "〔発生した日時〕",
        "where": str(card.get("harm_place") or "〔発生した場所〕"),
        "learned": words.get("learned", ""),
        "product": str(card.get("harm_product") or card.get("product_text") or words.get("product") or "〔商品・役務の名称〕"),
        "model": "　".join(str(card.get(name)) for name in ("harm_model", "harm_lot") if card.get(name)) or "〔型番・ロット〕",
        "maker": "　".join(str(card.get(name)) for name in ("business_name", "business_phone") if card.get(name))
        or "〔製造・販売した事業者〕",
        "injury": "、".join(part for part in hurt if part) or "〔被害の状況〕",
        "now": kept,
        "same": "〔同じような情報の有無〕",
        "contact": words.get("contact", ""),
    }


def notice_text(values: Mapping[str, str], *, criteria: tuple[str, ...], receipt_number: str, today: date, supplement: bool) -> str:
    """The whole notice as it is sent."""
    law = accident_law()
    labels = [found.label for code in criteria if (found := law.criterion(code))]
    head = "重大事故等の通知（続報）" if supplement else "重大事故等の通知"
    rows = [f"【{label}】\n{values.get(name, '')}" for name, label, _ in NOTICE_FIELDS]
    return "\n\n".join(
        [
            head,
            f"{format_date_ja(today, with_year=True)}\n消費者庁　御中",
            f"消費者安全法第12条第1項により、通知します。\nあてはまる要件　{'、'.join(labels) or '〔要件〕'}\n整理番号　{receipt_number}",
            *rows,
        ]
    )
