"""Whether a warning concerns a prefecture. Its place is free text as editors write it: 「群馬・栃木で多い」, 「近畿で多い」."""

from __future__ import annotations

from collections.abc import Mapping

#: The blocks that news and weather speak of; three names differ between sources, and such a prefecture is in both.
BLOCKS: Mapping[str, tuple[str, ...]] = {
    "東北": ("青森", "岩手", "宮城", "秋田", "山形", "福島"),
    "首都圏": ("茨城", "栃木", "群馬", "埼玉", "千葉", "東京", "神奈川", "山梨"),
    "関東": ("茨城", "栃木", "群馬", "埼玉", "千葉", "東京", "神奈川"),
    "甲信越": ("山梨", "長野", "新潟"),
    "北陸": ("新潟", "富山", "石川", "福井"),
    "東海": ("岐阜", "静岡", "愛知", "三重"),
    "中部": ("新潟", "富山", "石川", "福井", "山梨", "長野", "岐阜", "静岡", "愛知", "三重"),
    "近畿": ("三重", "滋賀", "京都", "大阪", "兵庫", "奈良", "和歌山"),
    "関西": ("滋賀", "京都", "大阪", "兵庫", "奈良", "和歌山"),
    "中国地方": ("鳥取", "島根", "岡山", "広島", "山口"),
    "四国": ("徳島", "香川", "愛媛", "高知"),
    "九州": ("福岡", "佐賀", "長崎", "熊本", "大分", "宮崎", "鹿児島"),
}
#: All forty-seven, as they are written without 都, 府 and 県.
_PREFECTURES = {name for names in BLOCKS.values() for name in names} | {"北海道", "沖縄"}


def concerns(region: str, prefecture: str) -> bool:
    """Whether a warning for `region` is for somebody in `prefecture` (its short name, 「宮城」).

    In doubt it is: a text that names no place that is known, 「全国」 and an empty one are for everybody.
    """
    text = region.replace("東京都", "東京")
    if "全国" in text:
        return True
    named = {name for name in _PREFECTURES if name in text}
    for block, names in BLOCKS.items():
        if block in text:
            named.update(names)
    return not named or prefecture in named
