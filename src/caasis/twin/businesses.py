"""Traders that never existed, and how consumers hear and write their names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from caasis.twin.names import LEGAL_FORMS, TRADER_FIRST_WORDS
from caasis.twin.stories import StoryKind
from caasis.twin.streams import Draw, Weighted, between, pick, stream

BUSINESSES_PER_KIND: Final = 14
_FORMS: Final = Weighted([form for form, _ in LEGAL_FORMS], [weight for _, weight in LEGAL_FORMS])
_HIRAGANA: Final = {code: code + 0x60 for code in range(0x3041, 0x3097)}
_MISHEARD: Final = (
    ("か", "が"), ("く", "ぐ"), ("さ", "ざ"), ("し", "じ"), ("た", "だ"), ("と", "ど"), ("は", "ば"), ("ほ", "ぼ"),
    ("え", "い"), ("ひ", "し"), ("れい", "れえ"), ("くう", "くー"), ("ー", ""), ("ん", ""),
)  # fmt: skip
_MISTYPED: Final = (
    ("ルーフ", "ループ"), ("ホーム", "ホム"), ("サービス", "サビース"), ("ネット", "ネト"), ("センター", "センタ"),
    ("ライフ", "ライブ"), ("カクウ", "カクー"), ("みほん", "みぼん"), ("えそら", "いそら"), ("クリーン", "グリーン"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Business:
    """A trader of the twin town; ``name`` carries the legal form, ``short_name`` doesn't."""

    id: str
    name: str
    short_name: str
    kana: str
    legal_form: str
    aliases: tuple[str, ...]
    phones: tuple[str, ...]
    url: str
    story: str
    demo: bool = True


def build_businesses(seed: int, kind: StoryKind, first_number: int) -> tuple[Business, ...]:
    """Return the traders behind one kind of trouble, the busiest first; numbers run on from ``first_number``."""
    draw = stream(seed, "businesses", kind.key).random
    names = [
        (first + word, first_kana + word_kana)
        for first, first_kana in TRADER_FIRST_WORDS
        for word, word_kana in kind.traders
    ]
    made: list[Business] = []
    for offset in range(min(BUSINESSES_PER_KIND, len(names))):
        short_name, kana = names.pop(int(draw() * len(names)))
        number = first_number + offset
        form = _FORMS.draw(draw)
        name = short_name if not form else short_name + form if draw() < 0.25 else form + short_name
        aliases = {short_name, kana.translate(_HIRAGANA)} - {name}
        if draw() < 0.3:
            aliases.add(f"{short_name}{pick(('カスタマーセンター', '東日本', '西日本', 'お客様窓口', '事務局'), draw)}")
        made.append(
            Business(
                id=f"twin-b-{number:05d}",
                name=name,
                short_name=short_name,
                kana=kana,
                legal_form=form,
                aliases=tuple(sorted(aliases)),
                phones=tuple(
                    f"000-9{between(0, 999, draw):03d}-{(number * 3 + line) % 10000:04d}"
                    for line in range(1 + int(draw() * 2))
                ),
                # The .example domain is reserved (RFC 2606), so that no address can exist.
                url=f"https://trader-{number:05d}.example/",
                story=kind.key,
            )
        )
    return tuple(made)


def as_heard(business: Business, draw: Draw) -> str:
    """Return the name as a consumer says or writes it: short, in kana, misheard or mistyped."""
    chance = draw()
    if chance < 0.22:
        return business.name
    if chance < 0.58:
        return business.short_name
    if chance < 0.68:
        return business.kana.translate(_HIRAGANA)
    if chance < 0.74:
        return business.kana
    if chance < 0.82:
        return pick((business.short_name, *business.aliases), draw)
    if chance < 0.90:
        return f"{business.short_name}（聞き取り不確か）"
    if chance < 0.95:
        return _changed(business.kana, _MISHEARD, draw).translate(_HIRAGANA)
    return _changed(business.short_name, _MISTYPED, draw)


def _changed(name: str, changes: tuple[tuple[str, str], ...], draw: Draw) -> str:
    possible = [change for change in changes if change[0] in name[1:]]
    if not possible:
        return name[:-1] if len(name) > 4 else name
    wrong, right = pick(possible, draw)
    return name[0] + name[1:].replace(wrong, right, 1)
