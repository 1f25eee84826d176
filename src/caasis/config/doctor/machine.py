"""Checks of the machine and of the home's files."""

import os
import shutil
import stat
import sys
from pathlib import Path

from caasis.config.doctor.registry import OK, PROBLEM, WARN, Finding, Situation, check

GIBIBYTE = 1024**3
LITTLE_SPACE = 1 * GIBIBYTE
SCARCE_SPACE = 5 * GIBIBYTE


@check("Python")
def python_version(situation: Situation) -> Finding:
    """The interpreter is new enough."""
    found = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info < (3, 11):  # noqa: UP036 (doctor is run where something is wrong)
        return Finding(PROBLEM, f"Python {found}は古すぎます。", "Python 3.11以上で動かしてください。")
    return Finding(OK, f"Python {found}です。")


@check("空き容量")
def disk_space(situation: Situation) -> Finding:
    """There is room for data: in the home, and where the embedded database lies."""
    places = [_existing(situation.home.path)]
    if situation.addresses is not None and situation.addresses.embedded:
        from caasis.platform.database import EmbeddedCluster

        places.append(EmbeddedCluster(situation.home.path).place.data)
    free = min(shutil.disk_usage(each).free for each in places)
    text = f"空きは{free / GIBIBYTE:.1f} GiBです。"
    if free < LITTLE_SPACE:
        return Finding(PROBLEM, text, "不要なファイルを消すか、ディスクを増やしてください。")
    if free < SCARCE_SPACE:
        return Finding(WARN, text, "早めにディスクを増やしてください。")
    return Finding(OK, text)


@check("データの置き場所の権限")
def home_permissions(situation: Situation) -> Finding:
    """Only the account that runs the system may read the home."""
    home = situation.home.path
    if not home.is_dir():
        return Finding(WARN, f"{home}はまだありません。", "caasis up を実行すると作られます。")
    found = home.stat()
    if found.st_uid != os.geteuid() or not os.access(home, os.W_OK | os.X_OK):
        return Finding(PROBLEM, f"{home}は別の利用者のものです。", "同じ利用者で実行するか、所有者を直してください。")
    if stat.S_IMODE(found.st_mode) & 0o077:
        return Finding(PROBLEM, f"{home}をほかの利用者が読めます。", f"chmod 700 {home} を実行してください。")
    return Finding(OK, f"{home}は、ほかの利用者には読めません。")


@check("鍵")
def keys(situation: Situation) -> Finding:
    """The key ring is there, readable, and private."""
    from caasis.platform.crypto.keyring import keyring_path, load_keyring

    path = keyring_path(situation.home.path)
    if not path.exists():
        if situation.addresses is None:
            return Finding(WARN, "鍵はまだありません。", "caasis up を実行すると作られます。")
        return Finding(PROBLEM, "鍵がありません。", f"バックアップから{path}を戻してください。")
    loose = [each for each in (path.parent, *path.parent.iterdir()) if stat.S_IMODE(each.stat().st_mode) & 0o077]
    if loose:
        return Finding(
            PROBLEM,
            f"{loose[0]}をほかの利用者が読めます。",
            f"chmod 700 {path.parent} と chmod 600 {path.parent}/* を実行してください。",
        )
    try:
        ring = load_keyring(situation.home.path)
        ring.masters[ring.current], ring.blind_masters[ring.blind]
    except (ValueError, KeyError):
        return Finding(PROBLEM, "鍵のファイルが壊れています。", f"バックアップから{path}を戻してください。")
    return Finding(OK, f"鍵は{len(ring.masters)}個あり、今の版は{ring.current}です。")


@check("写真の文字の読み取り")
def picture_reader(situation: Situation) -> Finding:
    """Whether words in pictures and scans are read. Without it everything else works."""
    from caasis.platform.documents.reading import ocr_command

    if ocr_command() is None:
        return Finding(
            OK, "写真の文字は読み取りません。使うときは apt-get install tesseract-ocr tesseract-ocr-jpn を実行します。"
        )
    return Finding(OK, "写真やスキャンの文字を読み取ります（Tesseract）。")


def _existing(path: Path) -> Path:
    while not path.exists():
        path = path.parent
    return path
