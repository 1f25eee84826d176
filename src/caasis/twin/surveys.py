"""A survey of the demo's centre with some answers: invented, marked 見本, asked and answered by the rooms' services."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from caasis.cases import services as cases
from caasis.channels import services as channels
from caasis.operations import services
from caasis.operations.models import Survey
from caasis.platform.transactions import actor_transaction
from caasis.twin.seeding import Seeded

#: Product, sales form, satisfaction, effort, recommendation, words; satisfaction "" is an open request, "no" a refusal.
_ANSWERS = (
    ("P1301", "door_to_door", "5", "6", "10", "ゆっくり聞いてくれて、通知の書き方までわかりました。"),
    ("P1301", "door_to_door", "5", "7", "9", ""),
    ("P0201", "mail_order", "4", "5", "8", "返事が次の日に来たのがよかったです。"),
    ("P0201", "mail_order", "2", "3", "4", "言葉がむずかしいところがありました。"),
    ("P1301", "door_to_door", "4", "6", "9", ""),
    ("P0201", "mail_order", "5", "6", "10", "書類を写真で送れて助かりました。"),
    ("P1301", "telephone", "3", "4", "7", ""),
    ("P0201", "mail_order", "5", "7", "9", ""),
    ("P1301", "door_to_door", "4", "5", "7", "もう少し早く返事がほしかったです。"),
    ("P1301", "door_to_door", "5", "6", "9", ""),
    ("P0201", "mail_order", "no", "", "", ""),
    ("P0201", "mail_order", "", "", "", ""),
)


def add_survey(seeded: Seeded) -> int:
    """The standard survey, running, and twelve finished web consultations that were asked. A second call writes nothing.
    Returns how many were asked."""
    centre, official = seeded.home_centre, seeded.officials[seeded.home_index]
    with actor_transaction(official):
        if Survey.objects.filter(centre_id=centre.id, is_demo=True).exists():
            return 0
    survey = services.begin_survey(actor=official, is_demo=True)
    services.publish_survey(actor=official, survey_id=survey.id)
    for number, row in enumerate(_ANSWERS):
        _ask(seeded, number, row)
    return len(_ANSWERS)


def _ask(seeded: Seeded, number: int, row: tuple[str, str, str, str, str, str]) -> None:
    product, form, satisfaction, effort, recommend, words = row
    counsellor = seeded.actors[seeded.home_index][0]
    told = {
        "topic": "cancel", "injury": "no", "money_moving": "no", "who": "self", "how": "none", "reply_by": "site",
        "story": "契約をやめたいという、見本の相談です。", "wish": "契約をやめたいです。", "business": "カクウ商店",
        "name": f"みほん {number + 1}", "phone": f"080-0000-{1000 + number}",
    }  # fmt: skip
    sent = channels.submit(
        idempotency_key=f"twin-survey-{seeded.home_centre.id}-{number}", answers=told, centre=seeded.home_centre
    )
    case = cases.take_contact(actor=counsellor, contact_id=sent.contact_id)
    card = {
        "kind": "complaint", "title": f"契約をやめたい（見本{number + 1}）", "product": product, "sales_form": form,
        "handling": "通知の出し方を助言した。（見本）", "result": "advice",
    }  # fmt: skip
    cases.save_card(actor=counsellor, case_id=case.id, version=case.version, changes=card)
    cases.change_state(actor=counsellor, case_id=case.id, verb="finish_handling")
    # Spread over the last two months, so that the picture has more than one.
    at = timezone.now() - timedelta(days=2 + 5 * number if satisfaction else 1)
    asked = services.ask_for_answer(case_id=case.id, now=at)
    if asked is None or not satisfaction:
        return
    if satisfaction == "no":
        services.decline_survey(request_id=asked.id, now=at + timedelta(hours=3))
        return
    given = {"satisfaction": satisfaction, "effort": effort, "recommend": recommend, "words": words}
    services.answer_survey(request_id=asked.id, given=given, now=at + timedelta(hours=3))
