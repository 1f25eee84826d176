"""定型文 and 話し方の手順: placeholders that are filled from a case, and steps that are ticked off. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

#: What a text may leave open, and where the value comes from, in words.
PLACEHOLDERS: dict[str, str] = {
    "受付番号": "相談の受付番号",
    "受付日": "相談を受け付けた日",
    "センター名": "センターの名前",
    "センター電話": "センターの電話番号",
    "担当者": "相談の担当者",
    "期限": "いちばん近い法律上の期限",
    "事業者": "聞いたままの事業者名",
    "商品": "商品・役務",
    "契約日": "契約した日",
    "契約金額": "契約した金額",
    "きょう": "きょうの日付",
}
#: When a text helps; the order of the list.
USES: dict[str, str] = {
    "acknowledge": "受け付けた",
    "documents": "資料をお願いする",
    "explain": "制度を説明する",
    "refer": "ほかの窓口を案内する",
    "close": "終わりにする",
    "difficult": "むずかしい場面",
}
LONGEST_TITLE, LONGEST_BODY, LONGEST_LAW = 60, 4_000, 120
_OPEN = re.compile(r"[{｛]([^{}｛｝\n]{1,20})[}｝]")


@dataclass(frozen=True, slots=True)
class Filled:
    """A text with its values, and the names of what could not be filled, in the order of the text."""

    text: str
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ScriptStep:
    """One step of a script: what to do or say, and hints below it. `heading` stands above the first step of a part."""

    text: str
    hints: tuple[str, ...] = ()
    heading: str = ""


def fill(text: str, values: Mapping[str, str]) -> Filled:
    """Put values into the placeholders. What is not known stays visible as a gap, never as an empty place.

    「期限は{期限}です」 without a value becomes 「期限は［期限を書く］です」.
    """
    missing: list[str] = []

    def put(found: re.Match[str]) -> str:
        name = found[1].strip()
        value = values.get(name, "")
        if not value:
            if name not in missing:
                missing.append(name)
            return f"［{name}を書く］"
        return value

    return Filled(_OPEN.sub(put, text), tuple(missing))


def unknown_placeholders(text: str) -> list[str]:
    """Names in braces that are no placeholder."""
    names = [name.strip() for name in _OPEN.findall(text)]
    return [name for name in dict.fromkeys(names) if name not in PLACEHOLDERS]


def steps_of(body: str) -> list[ScriptStep]:
    """The steps of a script: lines beginning with 「・」 or "-"; 「■」 begins a part; other lines are hints of the step."""
    steps: list[ScriptStep] = []
    heading = ""
    for line in (raw.strip() for raw in body.splitlines()):
        if line.startswith("■"):
            heading = line.removeprefix("■").strip()
        elif line.startswith(("・", "-")):
            steps.append(ScriptStep(line[1:].strip(), (), heading))
            heading = ""
        elif line and steps:
            last = steps[-1]
            steps[-1] = ScriptStep(last.text, (*last.hints, line), last.heading)
    return steps


def phrase_errors(*, kind: str, use: str, title: str, body: str, law: str) -> dict[str, list[str]]:
    """Sentences by field; empty when the phrase can be saved."""
    errors: dict[str, list[str]] = {}
    if not title.strip():
        errors["title"] = ["題を入力してください。"]
    elif len(title.strip()) > LONGEST_TITLE:
        errors["title"] = [f"題は{LONGEST_TITLE}字までです。短くしてください。"]
    if use not in USES:
        errors["use"] = ["使う場面を選んでください。"]
    if not body.strip():
        errors["body"] = ["文を入力してください。"]
    elif len(body) > LONGEST_BODY:
        errors["body"] = [f"文は{LONGEST_BODY:,}字までです。短くしてください。"]
    elif unknown := unknown_placeholders(body):
        errors["body"] = [f"「{unknown[0]}」という差し込みはありません。直してください。"]
    elif kind == "script" and not steps_of(body):
        errors["body"] = ["手順を、行の頭に「・」を付けて書いてください。"]
    if len(law.strip()) > LONGEST_LAW:
        errors["law"] = [f"根拠の条文は{LONGEST_LAW}字までです。短くしてください。"]
    return errors
