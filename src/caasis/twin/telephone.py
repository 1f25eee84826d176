"""The demo's telephone: a number with the seed flow, desk phones for its people, and one that plays the public (見本)."""

from __future__ import annotations

import os
import secrets
import tomllib
from importlib.resources import files
from pathlib import Path

from caasis.accounts.models import User
from caasis.accounts.selectors import actor_of
from caasis.platform.transactions import system_transaction
from caasis.queues.services import default_queue
from caasis.telephony import services as telephony
from caasis.telephony.models import Number
from caasis.twin.seeding import Seeded

#: The number of the demo's centre: nobody's, like all numbers of the twin.
NUMBER = "03-5555-0100"
#: account → the name by which its desk phone registers.
DESK_PHONES = {"counsellor": "1001", "counsellor2": "1002", "supervisor": "1003"}
#: The phone that stands for a telephone of the public, and its number.
PUBLIC_PHONE, PUBLIC_NUMBER = "9001", "+819055550101"


def write_phones(path: Path) -> bool:
    """Write the engine's file of phones with passwords of this installation (mode 0600). An existing one stays: False."""
    if path.exists():
        return False
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    entries = [(user, "") for user in DESK_PHONES.values()] + [(PUBLIC_PHONE, PUBLIC_NUMBER)]
    lines = ["# 見本の電話機。パスワードは、この設置だけのものです。"]
    for user, outside in entries:
        lines += ["", "[[phone]]", f'user = "{user}"', f'password = "{secrets.token_urlsafe(12)}"']
        if outside:
            lines.append(f'outside = "{outside}"')
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    return True


def add_telephone(seeded: Seeded) -> bool:
    """Give the home centre a number, its flow, and its people their desk phones. False when it has a number already."""
    centre = seeded.home_centre.id
    people = {name: actor_of(User.objects.get(username=name)) for name in DESK_PHONES}
    with system_transaction():
        if Number.objects.filter(centre_id=centre).exists():
            return False
        queue = default_queue(centre_id=centre)
    chief = people["supervisor"]
    text = files("caasis.telephony").joinpath("data/flows/consumer_centre.toml").read_text(encoding="utf-8")
    document = tomllib.loads(text)["flow"]
    flow = telephony.add_flow(actor=chief, centre_id=centre, name="代表番号の自動応答（見本）")
    version = telephony.save_draft(actor=chief, flow_id=flow.id, document=document, note="標準の自動応答から")
    telephony.publish_version(actor=chief, version_id=version.id)
    telephony.save_number(
        actor=chief, centre_id=centre, number=NUMBER, label="代表（見本）", flow_id=flow.id, queue_id=queue.id
    )
    for name, user in DESK_PHONES.items():
        telephony.set_station(actor=people[name], user=user)
    return True
