"""Draw the pictures that stand beside a shared link, one for each kind of article, as PNG of 1200 × 630.

    python tools/make_share_pictures.py [--check]

Needs the Chromium and the fonts of the tests. `--check` says whether a picture is missing; bytes aren't compared, because
another release of Chromium draws the edges of letters a little differently.
"""

from __future__ import annotations

import os
import sys
import tempfile
from io import BytesIO
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "src" / "caasis" / "portal" / "static" / "portal" / "share"
MARK = ROOT / "src" / "caasis" / "platform" / "static" / "app" / "mark.svg"
#: Name of the file, the kind, a sentence, colour of the ground and of the letters.
PICTURES = (
    ("site", "", "契約や買い物で困ったら", "#fbf3dd", "#0c442a"),
    ("faq", "よくある質問", "答えと、いますること", "#fbf3dd", "#0c442a"),
    ("guide", "自分でできること", "ひとつずつ、進められます", "#fbf3dd", "#0c442a"),
    ("alert", "注意喚起", "いま増えている手口です", "#fdeeee", "#8b0000"),
    ("accident", "事故情報", "使うのをやめて、確かめてください", "#fdeeee", "#8b0000"),
    ("action", "行政処分", "事業者への処分のお知らせです", "#eef3fb", "#12305e"),
)
PAGE = """<!doctype html><meta charset="utf-8"><style>
* {{ margin: 0; box-sizing: border-box; }}
body {{ width: 1200px; height: 630px; padding: 72px 88px; background: {ground}; color: {ink}; font-family: "Noto Sans CJK JP", sans-serif;
  display: flex; flex-direction: column; justify-content: space-between; border-bottom: 24px solid {ink}; }}
header, footer {{ display: flex; align-items: center; gap: 24px; font-size: 44px; font-weight: 700; }}
svg {{ width: 80px; height: 80px; }}
h1 {{ font-size: 112px; line-height: 1.2; letter-spacing: .02em; }}
p {{ font-size: 52px; margin-top: 16px; }}
b {{ font-size: 84px; letter-spacing: .06em; }}
</style><header>{mark}消費生活ポータル</header><main><h1>{title}</h1><p>{text}</p></main><footer>電話で相談 <b>188</b>（局番なし）</footer>"""


def draw() -> None:
    from PIL import Image
    from playwright.sync_api import sync_playwright

    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as home:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), env={**os.environ, "HOME": home}
        )
        page = browser.new_page(viewport={"width": 1200, "height": 630})
        for name, kind, text, ground, ink in PICTURES:
            title, below = (kind, text) if kind else (text, "")
            page.set_content(
                PAGE.format(mark=MARK.read_text("utf-8"), title=title, text=below, ground=ground, ink=ink)
            )
            # A flat ground and letters: thirty-two colours are enough, for a third of the bytes.
            Image.open(BytesIO(page.screenshot())).convert("RGB").quantize(32).save(FOLDER / f"{name}.png", optimize=True)
        browser.close()


def main() -> int:
    if "--check" in sys.argv:
        missing = [name for name, *_ in PICTURES if not (FOLDER / f"{name}.png").is_file()]
        print("\n".join(f"{name}.png is missing" for name in missing) or "all pictures are there")
        return bool(missing)
    draw()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
