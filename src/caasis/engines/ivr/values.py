"""The kinds of values that a flow is written with: how each is read from JSON, written, and described as JSON Schema.

Reading never stops at the first mistake: each is told with the place where it stands and a sentence for the author.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass, fields
from enum import StrEnum
from typing import Annotated, Any, Protocol, get_origin, get_type_hints

from caasis.kernel.labels import LabelledCode

#: Told of each mistake: where (`say.ja`), and the sentence.
Complain = Callable[[str, str], None]

LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
CODE = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Kind(Protocol):
    """A kind of value. `read` gives None where it complained."""

    def read(self, given: object, at: str, complain: Complain) -> Any: ...

    def write(self, value: Any) -> Any: ...

    @property
    def schema(self) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Text:
    """Text of a length, of a form where `pattern` is given; `words` then says which."""

    least: int = 0
    most: int = 60
    pattern: re.Pattern[str] | None = None
    words: str = ""

    def read(self, given: object, at: str, complain: Complain) -> str | None:
        if not isinstance(given, str):
            complain(at, "文字で入れてください。")
        elif not self.least <= len(given) <= self.most:
            complain(at, f"{self.most:,}字までで入れてください。" if given else "入力してください。")
        elif self.pattern is not None and not self.pattern.fullmatch(given):
            complain(at, self.words)
        else:
            return given
        return None

    def write(self, value: str) -> str:
        return value

    @property
    def schema(self) -> dict[str, Any]:
        form = {"pattern": f"^(?:{self.pattern.pattern})$"} if self.pattern else {}
        return {"type": "string", "minLength": self.least, "maxLength": self.most} | form


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number between two others."""

    least: int
    most: int

    def read(self, given: object, at: str, complain: Complain) -> int | None:
        if isinstance(given, int) and not isinstance(given, bool) and self.least <= given <= self.most:
            return given
        complain(at, f"{self.least:,}から{self.most:,}までの整数で入れてください。")
        return None

    def write(self, value: int) -> int:
        return value

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": self.least, "maximum": self.most}


@dataclass(frozen=True, slots=True)
class Flag:
    """Yes or no."""

    def read(self, given: object, at: str, complain: Complain) -> bool | None:
        if isinstance(given, bool):
            return given
        complain(at, "「はい」か「いいえ」で選んでください。")
        return None

    def write(self, value: bool) -> bool:
        return value

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of a list of codes."""

    codes: type[LabelledCode]

    def read(self, given: object, at: str, complain: Complain) -> StrEnum | None:
        if isinstance(given, str) and given in self.codes._value2member_map_:
            return self.codes(given)
        complain(at, f"{'、'.join(one.value for one in self.codes)}のどれかにしてください。")
        return None

    def write(self, value: StrEnum) -> str:
        return value.value

    @property
    def schema(self) -> dict[str, Any]:
        return {"enum": [one.value for one in self.codes]}


@dataclass(frozen=True, slots=True)
class Many:
    """A list of values, none twice."""

    of: Kind
    least: int = 0
    most: int = 20

    def read(self, given: object, at: str, complain: Complain) -> tuple[Any, ...] | None:
        if not isinstance(given, list):
            complain(at, "一覧の形（[ ]）で入れてください。")
            return None
        if not self.least <= len(given) <= self.most:
            complain(at, f"{self.least}件から{self.most}件までにしてください。")
            return None
        values = tuple(self.of.read(one, f"{at}.{place}", complain) for place, one in enumerate(given, 1))
        if None in values:
            return None
        if any(one in values[:place] for place, one in enumerate(values)):
            complain(at, "同じものが二つあります。一つにしてください。")
            return None
        return values

    def write(self, value: tuple[Any, ...]) -> list[Any]:
        return [self.of.write(one) for one in value]

    @property
    def schema(self) -> dict[str, Any]:
        return {
            "type": "array",
            "items": self.of.schema,
            "minItems": self.least,
            "maxItems": self.most,
            "uniqueItems": True,
        }


@dataclass(frozen=True, slots=True)
class Named:
    """Values by name, the names of one form."""

    names: re.Pattern[str]
    of: Kind
    words: str
    least: int = 0
    most: int = 40

    def read(self, given: object, at: str, complain: Complain) -> Mapping[str, Any] | None:
        if not isinstance(given, dict):
            complain(at, "名前と値の組（{ }）で入れてください。")
            return None
        if not self.least <= len(given) <= self.most:
            complain(at, f"{self.most}件までにしてください。" if given else "一つは入れてください。")
            return None
        values: dict[str, Any] = {}
        for name, one in given.items():
            if not (isinstance(name, str) and self.names.fullmatch(name)):
                complain(at, f"「{str(name)[:20]}」は使えません。{self.words}")
            else:
                values[name] = self.of.read(one, f"{at}.{name}", complain)
        return None if len(values) < len(given) or None in values.values() else values

    def write(self, value: Mapping[str, Any]) -> dict[str, Any]:
        return {name: self.of.write(one) for name, one in value.items()}

    @property
    def schema(self) -> dict[str, Any]:
        return {
            "type": "object",
            "patternProperties": {f"^(?:{self.names.pattern})$": self.of.schema},
            "additionalProperties": False,
            "minProperties": self.least,
            "maxProperties": self.most,
        }


@dataclass(frozen=True, slots=True)
class Line:
    """What is said in one language: the text, and the name of a recording that is played in its place, or ""."""

    text: str
    prompt: str = ""


@dataclass(frozen=True, slots=True)
class LineOf:
    """A line: text alone, or {"text": …, "prompt": …}."""

    most: int = 500

    def read(self, given: object, at: str, complain: Complain) -> Line | None:
        if isinstance(given, str):
            given = {"text": given}
        if not isinstance(given, dict) or not {"text"} <= set(given) <= {"text", "prompt"}:
            complain(at, "話す文を入れてください。録音を使うときは、その名前も入れます。")
            return None
        text = Text(1, self.most).read(given["text"], at, complain)
        prompt = _PROMPT.read(given.get("prompt", ""), f"{at}.prompt", complain)
        if text is not None and not text.strip():
            complain(at, "話す文を入れてください。")
            return None
        return None if text is None or prompt is None else Line(text, prompt)

    def write(self, value: Line) -> str | dict[str, str]:
        return {"text": value.text, "prompt": value.prompt} if value.prompt else value.text

    @property
    def schema(self) -> dict[str, Any]:
        text = {"type": "string", "minLength": 1, "maxLength": self.most, "pattern": r"\S"}
        full = {
            "type": "object",
            "properties": {"text": text, "prompt": _PROMPT.schema},
            "required": ["text"],
            "additionalProperties": False,
        }
        return {"anyOf": [text, full]}


#: What is said, by language.
Words = Mapping[str, Line]

_PROMPT = Text(0, 80, re.compile(r"[A-Za-z0-9_-]*"), "録音の名前は、半角の英数字と-と_で80字までです。")
KEY_NAME = re.compile("[0-9*#]")
KEY = Text(1, 1, KEY_NAME, "電話機のキー（0から9、＊、＃）のどれか一つにしてください。")
KEY_OR_NONE = Text(0, 1, re.compile("[0-9*#]?"), "電話機のキー（0から9、＊、＃）のどれか一つにしてください。")
CODE_TEXT = Text(1, 64, CODE, "半角の英数字と-と_で、64字までにしてください。")
CODE_OR_NONE = Text(0, 64, re.compile(f"(?:{CODE.pattern})?"), "半角の英数字と-と_で、64字までにしてください。")
LANGUAGE_TEXT = Text(2, 20, LANGUAGE, "ことばは、jaやenのような略号で入れてください。")
WORDS = Named(LANGUAGE, LineOf(), "ことばは、jaやenのような略号にします。", least=1, most=20)
NO_WORDS = Named(LANGUAGE, LineOf(), "ことばは、jaやenのような略号にします。", most=20)
LABELS = Named(LANGUAGE, Text(1, 40), "ことばは、jaやenのような略号にします。", least=1, most=20)


@dataclass(frozen=True, slots=True)
class Declared:
    """A field of a record: `name: Annotated[type, kind, label]`, the label being what the designer's form calls it."""

    name: str
    kind: Kind
    label: str
    required: bool
    default: Any


#: Looked up once for each record: reading the annotations takes longer than reading a box.
_DECLARED: dict[type[Any], tuple[Declared, ...]] = {}


def declared(record: type[Any]) -> tuple[Declared, ...]:
    """The fields of a record that are written in JSON, in order."""
    if record not in _DECLARED:
        _DECLARED[record] = tuple(_declared(record))
    return _DECLARED[record]


def _declared(record: type[Any]) -> Iterator[Declared]:
    hints = get_type_hints(record, include_extras=True)
    for one in fields(record):
        if get_origin(hints[one.name]) is Annotated:
            kind, label = hints[one.name].__metadata__
            required = one.default is MISSING and one.default_factory is MISSING
            default = one.default_factory() if one.default_factory is not MISSING else one.default
            yield Declared(one.name, kind, label, required, default)


@dataclass(frozen=True, slots=True)
class RecordOf:
    """A record: a dataclass whose fields are `declared`. `also` are names that the reader has dealt with."""

    of: type[Any]
    also: tuple[str, ...] = ()

    def read(self, given: object, at: str, complain: Complain) -> Any:
        if not isinstance(given, dict):
            complain(at, "名前と値の組（{ }）で入れてください。")
            return None
        known = {one.name: one for one in declared(self.of)}
        values, whole = {}, True
        for name in given:
            if name not in known and name not in self.also:
                complain(_join(at, str(name)[:40]), "この項目はありません。項目の名前を確かめてください。")
                whole = False
        for name, one in known.items():
            if name in given:
                values[name] = one.kind.read(given[name], _join(at, name), complain)
                whole = whole and values[name] is not None
            elif one.required:
                complain(_join(at, name), f"「{one.label}」を入れてください。")
                whole = False
        return self.of(**values) if whole else None

    def write(self, record: Any) -> dict[str, Any]:
        pairs = ((one, getattr(record, one.name)) for one in declared(self.of))
        return {one.name: one.kind.write(held) for one, held in pairs if one.required or held != one.default}

    @property
    def schema(self) -> dict[str, Any]:
        return {
            "type": "object",
            "properties": {one.name: one.kind.schema | {"title": one.label} for one in declared(self.of)},
            "required": [one.name for one in declared(self.of) if one.required],
            "additionalProperties": False,
        }


def _join(at: str, name: str) -> str:
    return f"{at}.{name}" if at else name
