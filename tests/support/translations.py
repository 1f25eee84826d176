"""A folder of two translations, so that tests don't hang on what the package happens to hold."""

from __future__ import annotations

from pathlib import Path

from caasis.kernel.actor import SYSTEM
from caasis.knowledge.translation_services import load_seed_translations

EASY = """+++
number = "F-1001"
title = "家に 来た 人と 契約を しました。やめる ことが できますか"
lead = "はい。紙を もらった 日から 8日の あいだは、やめる ことが できます。"
search_words = ["訪問販売", "家に 来た"]
+++

## やめる ｜方法《ほうほう》

1. **「やめます」と ｜書《か》く** はがきに ｜書《か》きます。
2. **｜送《おく》る** ｜郵便局《ゆうびんきょく》で ｜送《おく》ります。

> 「もう だめ」と ｜言《い》われても、188に ｜電話《でんわ》を して ください。

- ｜車《くるま》は、やめる ことが できません。
"""

ENGLISH = """+++
number = "F-1001"
title = "I signed a contract with somebody who came to my home. Can I still cancel?"
lead = "Yes. You can cancel within 8 days from the day you received the contract papers."
search_words = ["door-to-door", "cooling off", "kuringu ofu", "roof"]
+++

## How to cancel

1. **Write that you cancel** A postcard or an e-mail is enough.
2. **Keep proof** Copy both sides. Use cooling-off (クーリング・オフ).

The seller pays for taking the goods back.
This costs you nothing.

> Don't give up if you are told that it's too late. Dial 188.

- Cars can't be cancelled.
"""


def write_translations(root: Path, *, easy: str = EASY, english: str = ENGLISH) -> Path:
    for language, text in (("ja-easy", easy), ("en", english)):
        (root / language).mkdir(parents=True, exist_ok=True)
        (root / language / "F-1001.md").write_text(text, encoding="utf-8")
    return root


def load_translations(root: Path) -> int:
    return load_seed_translations(actor=SYSTEM, root=write_translations(root))
