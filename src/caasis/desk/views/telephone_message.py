"""臨時メッセージ: a big switch, the words of the day, and who switched it when."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from caasis.accounts.selectors import names_of
from caasis.desk.access import actor_of_request, for_staff
from caasis.desk.flows import switch_label
from caasis.desk.views.flows import require_editor
from caasis.desk.views.parts import page
from caasis.engines.ivr.boxes import MessageSwitch as MessageBox
from caasis.engines.ivr.flow import NotAFlow, read_flow
from caasis.engines.ivr.labels import LANGUAGES
from caasis.kernel.actor import Actor
from caasis.kernel.errors import Invalid
from caasis.platform.forms import AppForm
from caasis.telephony import services as telephony
from caasis.telephony.models import MessageSwitch
from caasis.telephony.selectors import flows_of_centre, may_manage, switches_of_centre
from caasis.telephony.services.flows import LONGEST_MESSAGE

STANDARD = "today"


class MessageForm(AppForm):
    """The words of the day, in each language in which flows speak."""

    requirement_marks = False

    def __init__(self, *args: Any, languages: tuple[str, ...], words: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for language in languages:
            self.fields[f"words__{language}"] = forms.CharField(
                label=f"きょう流す文（{LANGUAGES.get(language, language)}）",
                required=False,
                max_length=LONGEST_MESSAGE,
                initial=words.get(language, ""),
                widget=forms.Textarea(attrs={"rows": 4, "lang": language}),
                help_text="空けておくと、自動応答に書いてある文が流れます。",
            )

    def words(self) -> dict[str, str]:
        return {name.removeprefix("words__"): str(text or "") for name, text in self.cleaned_data.items()}


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff
def message(request: HttpRequest) -> HttpResponse:
    """Each switch: whether it is on, since when and by whom. A POST without `sure` is answered with the question."""
    actor, status, asked = actor_of_request(request), 200, ""
    switches = {row.name: row for row in switches_of_centre(actor=actor)}
    heard, labels = _heard(actor)
    names = list(dict.fromkeys((*heard, *switches))) or [STANDARD]
    chosen = request.POST.get("name") or request.GET.get("name") or names[0]
    chosen = chosen if chosen in names else names[0]
    row = switches.get(chosen)
    said = heard.get(chosen, {})
    languages = tuple(dict.fromkeys((*said, *(row.words if row else ())))) or ("ja",)
    form = MessageForm(request.POST or None, languages=languages, words=dict(row.words) if row else {})
    if request.method == "POST":
        require_editor(actor)
        wanted = request.POST.get("do") == "on"
        if not form.is_valid():
            status = 422
        elif request.POST.get("sure") != "yes":
            asked = "on" if wanted else "off"
        else:
            try:
                telephony.set_message(
                    actor=actor, centre_id=actor.centre_id or UUID(int=0), name=chosen, on=wanted, words=form.words()
                )
            except Invalid as error:
                status = 422
                form.add_domain_fields(error.fields)
            else:
                words = "入れました。次の着信から流れます。" if wanted else "切りました。もう流れません。"
                messages.success(request, f"臨時メッセージを{words}")
                return redirect(f"{reverse('desk:telephone-message')}?name={chosen}")
    context = {
        "here": "message", "row": row, "chosen": chosen, "label": labels.get(chosen) or switch_label(chosen), "form": form, "asked": asked,
        "names": [(name, labels.get(name) or switch_label(name), name in switches and switches[name].on) for name in names],
        "by": names_of({row.set_by}).get(row.set_by, "") if row and row.set_by else "",
        "own": [(LANGUAGES.get(language, language), text) for language, text in said.items()],
        "told": _told(row, said), "will_tell": _will(form, said) if asked else [],
        "is_heard": chosen in heard, "may": may_manage(actor),
    }  # fmt: skip
    return page(request, "desk/flows/message.html", context, status=status)


def _heard(actor: Actor) -> tuple[dict[str, dict[str, str]], dict[str, str]]:
    """Switches of the flows that callers hear: the words that stand in the box of each, and how the box is called."""
    found: dict[str, dict[str, str]] = {}
    names: dict[str, str] = {}
    for flow in flows_of_centre(actor=actor):
        if flow.published is None:
            continue
        try:
            boxes = read_flow(flow.published.document).of_kind(MessageBox)
        except NotAFlow:
            continue
        for box in boxes:
            found.setdefault(box.switch, {language: line.text for language, line in box.say.items()})
            names.setdefault(box.switch, box.name)
    return found, names


def _told(row: MessageSwitch | None, said: dict[str, str]) -> list[tuple[str, str]]:
    """What callers hear now, by language."""
    words = {**said, **(row.words if row else {})}
    return [(LANGUAGES.get(language, language), text) for language, text in words.items()]


def _will(form: MessageForm, said: dict[str, str]) -> list[tuple[str, str]]:
    words = {**said, **{language: text for language, text in form.words().items() if text.strip()}}
    return [(LANGUAGES.get(language, language), text) for language, text in words.items()]
