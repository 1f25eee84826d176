"""Demo rows of what passes between centres: a partner, one referral of each kind in the home centre's inbox, one sent."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from caasis.cases import services
from caasis.cases.models import Case
from caasis.cases.rules.referring import ReferralForm, ReferralKind
from caasis.kernel.actor import Actor
from caasis.kernel.clock import day_in_japan
from caasis.organisations.models import Centre, Partnership
from caasis.platform.transactions import actor_transaction, system_transaction
from caasis.twin.seeding import Seeded

#: kind, title, summary, why it was sent, what is asked. Invented, like everything of the demo.
_TOLD = (
    (
        ReferralKind.TRANSFER,
        "引っ越し先での屋根工事の解約（見本）",
        "点検と言って来訪した事業者と屋根工事を契約した。契約のあとに転居した。",
        "相談者がそちらの市に引っ越したため。",
        "クーリング・オフの通知の確認からお願いします。",
    ),
    (
        ReferralKind.JOINT,
        "複数の市で同じ事業者の給湯器交換（見本）",
        "無料点検のあと、高額な給湯器の交換を勧められた。",
        "事業者の事務所がそちらの市にあるため。",
        "事業者への連絡を手分けして行いたい。",
    ),
    (
        ReferralKind.ADVICE,
        "通信教材の中途解約（見本）",
        "通信教材の中途解約で、高い違約金を求められている。",
        "同じ教材のあっせんの経験があると聞いたため。",
        "違約金の考え方を教えてください。",
    ),
)


def send_referrals(seeded: Seeded) -> int:
    """Referrals for the home centre, sent through the cases' own services. A second call sends nothing twice."""
    home = seeded.home_centre
    sender = _neighbour(seeded)
    if sender is None:
        return 0
    actor, centre = sender
    with system_transaction():
        Partnership.objects.get_or_create(
            centre=home,
            partner=centre,
            kind="overflow",
            defaults={"valid_from": day_in_japan(timezone.now()) - timedelta(days=365)},
        )
    sent = 0
    for number, (kind, title, summary, reason, request) in enumerate(_TOLD):
        key = f"twin-between-{home.id}-{number}"
        with actor_transaction(actor):
            if Case.objects.filter(idempotency_key=f"{centre.id}:{key}"[:80]).exists():
                continue
            case = services.open_case(
                actor=actor,
                card={
                    "channel": "phone", "title": title, "summary": summary, "consumer_name": "みほん 花子",
                    "consumer_phone": "022-000-0009",
                },
                idempotency_key=key,
            )  # fmt: skip
            passed = () if kind is ReferralKind.ADVICE else ("name", "phone")
            services.send_referral(
                actor=actor,
                case_id=case.id,
                to_centre_id=home.id,
                form=ReferralForm(
                    kind,
                    "consent" if passed else "no_personal_data",
                    reason,
                    request,
                    passed,
                    "consumer" if passed else "",
                    day_in_japan(timezone.now()) if passed else None,
                    "phone" if passed else "",
                ),
            )
            sent += 1
    return sent


def _neighbour(seeded: Seeded) -> tuple[Actor, Centre] | None:
    """A counsellor of another centre who is not one of the demo's own people."""
    for index, centre in enumerate(seeded.centres):
        if index != seeded.home_index and seeded.actors[index] and centre.id != seeded.home_centre.id:
            return seeded.actors[index][0], centre
    return None
