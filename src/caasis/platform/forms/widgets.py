"""Widgets with several boxes. Every box has a name of its own, so that they work without a script."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms

_TEXT = "dads-input-text__input"


def _box(width: str, **attrs: str) -> forms.TextInput:
    return forms.TextInput(attrs={"class": _TEXT, "data-width": width, "autocomplete": "off", **attrs})


class _Boxes(forms.MultiWidget):
    """A group of boxes: a fieldset with a legend, whose first box is where the error summary leads."""

    use_fieldset = True
    unknown_label = ""

    def id_for_label(self, id_: str) -> str:
        return f"{id_}_0" if id_ else ""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["unknown_label"] = self.unknown_label
        for part in context["widget"]["subwidgets"]:
            # What is wrong is what was typed, not the box that says it is not known.
            if part["type"] == "checkbox":
                part["attrs"].pop("aria-invalid", None)
        return context


class DateBoxes(_Boxes):
    """Year, month, day: `NAME_y`, `NAME_m`, `NAME_d`, and with `unknown_label` a check box `NAME_unknown`."""

    template_name = "app/widgets/date.html"

    def __init__(self, attrs: dict[str, Any] | None = None, *, unknown_label: str = "") -> None:
        widgets: dict[str, forms.Widget | type[forms.Widget]] = {
            # The year takes an era as well, so it asks for no numeric keyboard.
            "y": _box("4"),
            "m": _box("2", inputmode="numeric"),
            "d": _box("2", inputmode="numeric"),
        }
        if unknown_label:
            widgets["unknown"] = forms.CheckboxInput(attrs={"class": "dads-checkbox__input"})
        self.unknown_label = unknown_label
        super().__init__(widgets, attrs)

    def decompress(self, value: Any) -> list[Any]:
        if isinstance(value, date):
            return [str(value.year), str(value.month), str(value.day), False]
        return ["", "", "", value is not None and getattr(value, "value", "") == "unknown"]


class YenInput(forms.TextInput):
    """One box for a sum, with 円 behind it."""

    template_name = "app/widgets/yen.html"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"data-width": "yen", "autocomplete": "off", **(attrs or {})})


class YenOrUnknown(_Boxes):
    """A sum or 「わからない」: `NAME` and `NAME_unknown`."""

    template_name = "app/widgets/yen_unknown.html"

    def __init__(self, attrs: dict[str, Any] | None = None, *, unknown_label: str = "わからない") -> None:
        widgets: dict[str, forms.Widget | type[forms.Widget]] = {
            "": _box("yen"),
            "unknown": forms.CheckboxInput(attrs={"class": "dads-checkbox__input"}),
        }
        self.unknown_label = unknown_label
        super().__init__(widgets, attrs)

    def decompress(self, value: Any) -> list[Any]:
        if isinstance(value, int):
            return [f"{value:,}", False]
        if isinstance(value, str):
            return [value, False]
        return ["", value is not None and getattr(value, "value", "") == "unknown"]


class CardRadios(forms.RadioSelect):
    """Radio buttons as cards; `columns` is 1 or 2 (from 48rem on)."""

    def __init__(self, attrs: dict[str, Any] | None = None, choices: Any = (), *, columns: int = 1) -> None:
        super().__init__({"data-cols": str(columns), **(attrs or {})}, choices)


class CardCheckboxes(forms.CheckboxSelectMultiple):
    """Check boxes as cards; `columns` is 1 or 2 (from 48rem on)."""

    def __init__(self, attrs: dict[str, Any] | None = None, choices: Any = (), *, columns: int = 1) -> None:
        super().__init__({"data-cols": str(columns), **(attrs or {})}, choices)
