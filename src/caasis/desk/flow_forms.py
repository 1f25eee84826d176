"""The form of one box: made from what the box declares, and read back into the values that a flow is written with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms

from caasis.engines.ivr.boxes import Box, Menu, Start
from caasis.engines.ivr.comparing import name_of
from caasis.engines.ivr.editing import read_box, write_box
from caasis.engines.ivr.flow import KINDS, Flow
from caasis.engines.ivr.labels import LANGUAGES, outcome_label
from caasis.engines.ivr.values import (
    CODE_OR_NONE,
    KEY,
    KEY_OR_NONE,
    Declared,
    Flag,
    LineOf,
    Many,
    Named,
    OneOf,
    Text,
    Whole,
    declared,
)
from caasis.engines.ivr.vocabulary import KEYS
from caasis.platform.forms import AppForm

#: Rows of a menu beside those that it has.
SPARE_ROWS = 2
_KEYS = [(key, {"*": "＊（アスタリスク）", "#": "＃（シャープ）"}.get(key, key)) for key in KEYS]
_HELP = {
    "name": "図とホームページの見出しに出ます。",
    "say": "電話で読み上げます。〔 〕の中は、1字ずつ読みます。",
    "page": "ホームページで見せる文です。空けておくと、話す文を見せます。",
    "skills": "求めるほど、出られる人が少なくなります。ふだんは「求めない」にします。",
    "number": "例：+81312345678、188",
    "switch": "「臨時メッセージ」の画面で、この名前のスイッチを入れます。",
}
#: Fields that are kept and not shown.
_KEPT = ("id", "at", "next")


@dataclass(frozen=True, slots=True)
class Choices:
    """What a box of this centre may refer to: (code, words) each."""

    queues: tuple[tuple[str, str], ...] = ()
    skills: tuple[tuple[str, str], ...] = ()
    offices: tuple[tuple[str, str], ...] = ()
    reasons: tuple[tuple[str, str], ...] = ()
    #: What is offered for fields that hold a code, by the field's name.
    named: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)

    def of(self, name: str, flow: Flow) -> tuple[tuple[str, str], ...]:
        if name == "number_field":
            fields = [box for box in flow.boxes if hasattr(box, "stored_as")]
            asked = tuple((str(getattr(box, "stored_as", "")), f"「{name_of(flow, box.id)}」の番号") for box in fields)
            return (("", "かけてきた番号"), *dict(asked).items())
        found = {"queue": self.queues, "office": self.offices, "reasons": self.reasons, "skills": self.skills}
        return found.get(name) or self.named.get(name, ())


class BoxForm(AppForm):
    """The form of a box of `kind`. `box` is what it is now, None for a new one."""

    requirement_marks = False

    def __init__(
        self, data: Any = None, *, kind: str, flow: Flow, choices: Choices, box: Box | None = None, box_id: str = ""
    ) -> None:
        self.kind, self.flow, self.choices, self.box = kind, flow, choices, box
        self.box_id = box.id if box is not None else box_id
        self._rows: list[int] = []
        super().__init__(data)
        for name, made in self._fields():
            self.fields[name] = made
        for made in self.fields.values():
            made.required = False

    # --- the fields ---------------------------------------------------------------------------------------------------

    def _fields(self) -> Iterator[tuple[str, forms.Field]]:
        every = [one for one in declared(KINDS[self.kind]) if one.name not in _KEPT]
        first = [one for one in every if one.name == "name"]
        last = [one for one in every if one.name == "page"]
        for one in (*first, *(each for each in every if each not in first and each not in last)):
            yield from self._field(one)
        yield from self._arrows()
        for one in last:
            yield from self._field(one)

    def _field(self, one: Declared) -> Iterator[tuple[str, forms.Field]]:
        held = getattr(self.box, one.name) if self.box is not None else None if one.required else one.default
        kind, words = one.kind, _HELP.get(one.name, "")
        match kind:
            case Named(of=LineOf()):
                for language in self.languages(held):
                    line = held.get(language) if isinstance(held, dict) else None
                    label = one.label + (f"（{LANGUAGES.get(language, language)}）" if self._has_several(held) else "")
                    area = forms.Textarea(attrs={"rows": 3, "lang": language})
                    yield f"{one.name}__{language}", forms.CharField(
                        label=label, widget=area, max_length=500, initial=line.text if line else "", help_text=words
                    )
            case Many(of=OneOf(codes=codes)):
                yield one.name, _many(one.label, [(code.value, code.label) for code in codes], [str(x) for x in held or ()])
            case Many() if one.name == "choices":
                yield from self._menu_rows(held or ())
            case Many():
                offered = _with_held(self.choices.of(one.name, self.flow), held or ())
                if offered:
                    yield one.name, _many(one.label, offered, list(held or ()))
            case Named() if one.name == "choices":
                keys = {language: key for key, language in (held or {}).items()}
                for language in self.languages(getattr(self.box, "say", {}) or {}):
                    label = f"「{LANGUAGES.get(language, language)}」のキー"
                    yield f"choices__{language}", _select(label, [("", "選べない"), *_KEYS], keys.get(language, ""))
            case Named():
                offered = [("", "求めない"), *((str(level), f"{level}以上") for level in range(1, 6))]
                for code, label in _with_held(self.choices.of(one.name, self.flow), held or {}):
                    initial = str((held or {}).get(code, ""))
                    yield f"{one.name}__{code}", _select(f"{label}のスキル", offered, initial, words)
            case Flag():
                yield one.name, forms.BooleanField(label=one.label, initial=bool(held))
            case Whole(least=least, most=most):
                yield one.name, forms.IntegerField(
                    label=one.label, initial=held, help_text=f"{least}から{most}まで",
                    widget=forms.TextInput(attrs={"inputmode": "numeric", "data-width": "4"}),
                )  # fmt: skip
            case OneOf(codes=codes):
                yield one.name, _select(one.label, [(code.value, code.label) for code in codes], str(held or ""))
            case Text():
                yield one.name, self._text(one, str(held or ""), words)

    def _text(self, one: Declared, held: str, words: str) -> forms.Field:
        if one.kind is KEY or one.kind is KEY_OR_NONE:
            none = [("", "使わない" if one.kind is KEY_OR_NONE else "選んでください")]
            return _select(one.label, [*none, *_KEYS], held)
        offered = self.choices.of(one.name, self.flow)
        if offered:
            none = [] if "" in dict(offered) else [("", "選んでください")]
            return _select(one.label, [*none, *_with_held(offered, [held] if held else [])], held)
        if one.kind is CODE_OR_NONE:
            return forms.CharField(widget=forms.HiddenInput, initial=held)
        return forms.CharField(label=one.label, initial=held, max_length=one.kind.most, help_text=words)  # type: ignore[attr-defined]

    def _menu_rows(self, held: Any) -> Iterator[tuple[str, forms.Field]]:
        for number in range(1, min(len(KEYS), len(held) + SPARE_ROWS) + 1):
            choice = held[number - 1] if number <= len(held) else None
            key = choice.key if choice else ""
            yield f"choices__{number}__key", _select(f"選択肢{number}のキー", [("", "使わない"), *_KEYS], key)
            for language in self.languages(choice.label if choice else {}):
                several = f"（{LANGUAGES.get(language, language)}）" if len(self.flow.languages) > 1 else ""
                label = choice.label.get(language, "") if choice else ""
                yield f"choices__{number}__label__{language}", forms.CharField(
                    label=f"選択肢{number}の名前{several}", max_length=40, initial=label
                )
            yield f"choices__{number}__to", self._ends(f"選択肢{number}の行き先", self._led(key))
            self._rows.append(number)

    def _arrows(self) -> Iterator[tuple[str, forms.Field]]:
        """An arrow for each outcome; those of a menu's keys stand in its rows."""
        if self.box is None:
            return
        keys = self.box.keys if isinstance(self.box, Menu) else ()
        for outcome in self.box.outcomes:
            if outcome not in keys:
                label = f"「{outcome_label(self.box, outcome)}」の行き先"
                yield f"next__{outcome}", self._ends(label, self._led(outcome))

    def _ends(self, label: str, held: str) -> forms.Field:
        ends = [
            (box.id, f"{name_of(self.flow, box.id)}（{box.label}）" if box.name else box.label)
            for box in self.flow.boxes
            if not isinstance(box, Start) and box.id != self.box_id
        ]
        return _select(label, [("", "まだ決めていない"), *_with_held(ends, [held] if held else [])], held)

    def _led(self, outcome: str) -> str:
        return self.box.next.get(outcome, "") if self.box is not None else ""

    def languages(self, held: Any) -> tuple[str, ...]:
        """Languages in which a box is written: the flow's, and those in which it has words already."""
        return tuple(dict.fromkeys((*self.flow.languages, *(held if isinstance(held, dict) else ()))))

    def _has_several(self, held: Any) -> bool:
        return len(self.languages(held)) > 1

    @property
    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The fields as the page shows them: a row of a menu side by side, the arrows together. Words of a group, fields."""
        found: list[tuple[str, list[forms.BoundField]]] = []
        for bound in self:
            parts = bound.name.split("__")
            row = parts[0] == "choices" and len(parts) > 2
            words = f"選択肢{parts[1]}" if row else "行き先" if parts[0] == "next" else ""
            if not found or found[-1][0] != words:
                found.append((words, []))
            found[-1][1].append(bound)
        return found

    # --- what was typed -----------------------------------------------------------------------------------------------

    def read(self) -> Box | None:
        """The box as it was typed; None where something is wrong, which then stands at its field."""
        if not self.is_valid():
            return None
        box, problems = read_box(self.kind, self._given())
        for problem in problems:
            self.add_error(self._place(problem.field), problem.sentence)
        return box

    def _given(self) -> dict[str, Any]:
        given: dict[str, Any] = {"id": self.box_id}
        if self.box is not None:
            given |= {name: held for name, held in write_box(self.box).items() if name in _KEPT}
        for one in declared(KINDS[self.kind]):
            if one.name not in _KEPT:
                given |= self._value(one)
        arrows = {
            name.removeprefix("next__"): end for name, end in self.cleaned_data.items() if name.startswith("next__")
        }
        if self.kind == Menu.kind:
            arrows |= {self._of_row(row, "key"): self._of_row(row, "to") for row in self._filled()}
        if self.box is not None or arrows:
            given["next"] = {outcome: end for outcome, end in arrows.items() if outcome and end}
        return given

    def _value(self, one: Declared) -> dict[str, Any]:
        data, kind = self.cleaned_data, one.kind
        parts = {name.removeprefix(f"{one.name}__"): data[name] for name in data if name.startswith(f"{one.name}__")}
        match kind:
            case Named(of=LineOf()):
                held = getattr(self.box, one.name) if self.box is not None else {}
                prompts = {language: line.prompt for language, line in (held or {}).items()}
                lines = {
                    language: {"text": text.replace("\r\n", "\n"), "prompt": prompts.get(language, "")}
                    for language, text in parts.items()
                    if text.strip()
                }
                return {one.name: lines} if lines or one.required else {}
            case Many() if one.name == "choices":
                return {one.name: [self._choice(row) for row in self._filled()]}
            case Many():
                chosen = list(data.get(one.name) or ())
                # The first that holds decides: what was there keeps its place.
                held = [str(each) for each in getattr(self.box, one.name)] if self.box is not None else []
                return {one.name: [each for each in held if each in chosen] + [each for each in chosen if each not in held]}
            case Named() if one.name == "choices":
                return {one.name: {key: language for language, key in parts.items() if key}}
            case Named():
                return {one.name: {code: int(level) for code, level in parts.items() if level}}
            case Whole():
                return {} if data.get(one.name) is None and not one.required else {one.name: data.get(one.name)}
            case Flag():
                return {one.name: bool(data.get(one.name))}
            case _:
                return {one.name: data.get(one.name, "")}

    def _of_row(self, row: int, part: str) -> str:
        return str(self.cleaned_data.get(f"choices__{row}__{part}") or "")

    def _filled(self) -> list[int]:
        """Rows of a menu in which there is a key or a name."""
        start = "choices__{}__label__"
        return [
            row
            for row in self._rows
            if self._of_row(row, "key")
            or any(text for name, text in self.cleaned_data.items() if name.startswith(start.format(row)))
        ]

    def _choice(self, row: int) -> dict[str, Any]:
        start = f"choices__{row}__label__"
        labels = {name.removeprefix(start): text for name, text in self.cleaned_data.items() if name.startswith(start)}
        return {"key": self._of_row(row, "key"), "label": {language: text for language, text in labels.items() if text}}

    def _place(self, at: str) -> str | None:
        """The field at which a sentence of the engine stands."""
        parts = at.split(".")
        if parts[0] == "choices" and self.kind == Menu.kind and len(parts) > 2:
            rows = self._filled()
            row = rows[int(parts[1]) - 1] if parts[1].isdigit() and int(parts[1]) <= len(rows) else 1
            parts = ["choices", str(row), *parts[2:]]
        while parts:
            name = "__".join(parts)
            found = name if name in self.fields else next((one for one in self.fields if one.startswith(f"{name}__")), "")
            if found:
                return found
            parts.pop()
        return None

    def field_of(self, at: str) -> str:
        """The id of the control to which a problem of `review` leads, "" for none."""
        name = self._place_of_review(at)
        return f"id_{name}" if name else ""

    def _place_of_review(self, at: str) -> str:
        if at == "next":
            return next((name for name in self.fields if name.startswith("next__") or name.endswith("__to")), "")
        name = at.replace(".", "__")
        return name if name in self.fields else next((one for one in self.fields if one.startswith(f"{name}__")), "")


def _select(label: str, offered: Any, held: str, words: str = "") -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=list(offered), initial=held, help_text=words)


def _many(label: str, offered: Any, held: list[str]) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=label, choices=list(offered), initial=held, widget=forms.CheckboxSelectMultiple
    )


def _with_held(offered: Any, held: Any) -> list[tuple[str, str]]:
    """What is offered, and what is held although it isn't offered any more: a form never changes what nobody touched."""
    known = dict(offered)
    return [*known.items(), *((code, f"{code}（一覧にありません）") for code in held if code not in known)]


class FlowSettingsForm(AppForm):
    """What holds for the whole flow: its languages, and how a call of 電話リレーサービス is waited for."""

    requirement_marks = False
    languages = forms.MultipleChoiceField(
        label="ことば",
        choices=[(code, name) for code, name in LANGUAGES.items()],
        widget=forms.CheckboxSelectMultiple,
        help_text="日本語のほかを加えると、箱ごとにそのことばの文が要ります。読み上げは日本語だけです。",
    )
    relay_wait_s = forms.IntegerField(label="電話リレーサービスを待つ秒数", min_value=30, max_value=300)
    relay_repeats = forms.IntegerField(label="終わりの文を言う回数（電話リレーサービス）", min_value=2, max_value=10)
    relay_pause_s = forms.IntegerField(label="言い直すまでの秒数（電話リレーサービス）", min_value=10, max_value=60)


class FlowNameForm(AppForm):
    requirement_marks = False
    name = forms.CharField(label="自動応答の名前", max_length=60, help_text="例：代表番号の自動応答、年末年始")


def kinds_to_add(flow: Flow) -> list[tuple[str, str, str]]:
    """Kinds of boxes that can be added: kind, label, what it does in one sentence."""
    single = {"start"} | ({"emergency"} if flow.emergency is not None else set())
    return [(kind, one.label, _WHAT.get(kind, "")) for kind, one in KINDS.items() if kind not in single]


_WHAT = {
    "announce": "文を読み上げて、次へ進みます。",
    "recording_notice": "録音することを伝え、断るキーを用意します。",
    "origin": "188からか、非通知かなど、かかってきた経路で分けます。",
    "relay": "電話リレーサービスの電話を見分け、長く待ちます。",
    "hours": "受付中・昼休み・時間外・休業日で分けます。",
    "message": "臨時メッセージが入っているときだけ読み上げます。",
    "language": "ことばを選んでもらいます。",
    "menu": "番号を押して選んでもらいます。押さない人は相談員へ。",
    "collect": "受付番号などを、キーで入れてもらいます。",
    "triage": "対象外の相談に、ほかの機関を案内します。",
    "emergency": "お金を払わされそうな人が、いつでも押せるキーです。",
    "queue": "相談員につなぎます。",
    "callback": "待つかわりに、折り返しをすすめます。",
    "web_link": "Webの受付をSMSで送ります。",
    "booking": "時間外に、折り返しの予約を受けます。",
    "transfer": "外の電話番号につなぎます。",
    "hang_up": "終わりの文を言って、電話を切ります。",
}
