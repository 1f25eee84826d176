"""Web addresses: which part of one names the trader."""

from __future__ import annotations

import re
from typing import Final

from caasis.engines.japanese import fold_for_search

_SCHEME: Final = re.compile(r"^[a-z][a-z0-9+.-]*://")
_HOST: Final = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{2,59})\.?")
#: Second levels under which names are registered, country by country. A part of the public list of suffixes: what is
#: missing makes a key too wide, and the score then asks the name as well.
_SECOND_LEVELS: Final = {
    "jp": "ac ad co ed go gr lg ne or",
    "uk": "ac co gov ltd me net org plc",
    "kr": "co go ne or re",
    "cn": "ac com edu gov net org",
    "tw": "com edu gov net org",
    "hk": "com edu gov net org",
    "au": "com edu gov id net org",
    "nz": "ac co gov net org",
    "in": "co firm gen ind net org",
    "th": "ac co go in or",
    "id": "ac co go or web",
    "sg": "com edu gov net org",
    "my": "com edu gov net org",
    "br": "com gov net org",
    "za": "co gov org",
}
_SUFFIXES: Final = frozenset(f"{second}.{top}" for top, seconds in _SECOND_LEVELS.items() for second in seconds.split())
#: Prefecture names are second levels under jp whose registrations are the fourth level (都道府県型ドメイン): x.tokyo.jp.
_PREFECTURES: Final = frozenset(
    "hokkaido aomori iwate miyagi akita yamagata fukushima ibaraki tochigi gunma saitama chiba tokyo kanagawa niigata toyama "  # noqa: SIM905
    "ishikawa fukui yamanashi nagano gifu shizuoka aichi mie shiga kyoto osaka hyogo nara wakayama tottori shimane okayama "
    "hiroshima yamaguchi tokushima kagawa ehime kochi fukuoka saga nagasaki kumamoto oita miyazaki kagoshima okinawa".split()
)
#: Shop builders: every shop has a host of its own below these.
_BUILDERS: Final = frozenset(
    "base.shop thebase.in base.ec buyshop.jp stores.jp shop-pro.jp ocnk.net myshopify.com wixsite.com jimdofree.com "  # noqa: SIM905
    "jimdosite.com webnode.jp square.site blogspot.com github.io wordpress.com fc2.com ameblo.jp hatenablog.com "
    "peraichi.com studio.site theshop.jp cart.fc2.com".split()
)
#: Platforms: the first part of the path names the trader, the host says nothing.
_PLATFORMS: Final = frozenset(
    "instagram.com facebook.com x.com twitter.com tiktok.com youtube.com line.me lin.ee t.me note.com mercari.com "  # noqa: SIM905
    "rakuten.co.jp amazon.co.jp amazon.com yahoo.co.jp google.com linktr.ee lit.link ameba.jp linkedin.com pinterest.com "
    "qoo10.jp wowma.jp minne.com creema.jp ebay.com aliexpress.com".split()
)
#: Parts of a platform's path that lead to a kind of page, never to a trader.
_PATH_WORDS: Final = frozenset({"shop", "shops", "store", "stores", "channel", "user", "users", "c", "p", "ti", "r", "seller", "s", "u", "gold"})


def web_key(text: str) -> str | None:
    """The part of an address that names the trader, or None when the text is no address.

    The registrable host (`www.shop.example.co.jp` → `example.co.jp`); the whole host below a shop builder; on a platform,
    which many traders share, host and account (`instagram.com/miho_n`). A mail address counts by its host.
    """
    rest = _SCHEME.sub("", fold_for_search(text).replace(" ", "").strip("<>()「」、。,"))
    rest = rest.rpartition("@")[2] if "@" in rest.partition("/")[0] else rest
    host, _, path = rest.partition("/")
    host = host.partition(":")[0].partition("?")[0]
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            return None
    if not _HOST.fullmatch(host) or len(host) > 253:
        return None
    parts = host.rstrip(".").split(".")
    base = ".".join(parts[-_levels(parts) :])
    if base in _PLATFORMS:
        account = _account(path)
        return f"{base}/{account}"[:190] if account else None
    for length in (2, 3):
        if ".".join(parts[-length:]) in _BUILDERS:
            return ".".join(parts[-length - 1 :])
    return base


def _levels(parts: list[str]) -> int:
    """How many labels from the right make the registrable name."""
    if len(parts) >= 4 and parts[-1] == "jp" and parts[-2] in _PREFECTURES:
        return 4
    return 3 if len(parts) >= 3 and ".".join(parts[-2:]) in _SUFFIXES else 2


def _account(path: str) -> str:
    for part in re.split(r"[/?#&]", path):
        name = part.lstrip("@~")
        if name and name not in _PATH_WORDS:
            return name
    return ""
