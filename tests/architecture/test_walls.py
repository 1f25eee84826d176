"""What imports don't show: the direction of foreign keys, registered personal data, migrations without app code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models

from caasis.privacy.registry import registrations
from caasis.privacy.sealed import SealedField

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "caasis"

#: Floors from the ground up: a foreign key may point to the same room or to a lower floor.
FLOORS = [
    {"platform"},
    {"audit"},
    {"privacy"},
    {"organisations"},
    {"accounts"},
    {"people", "businesses"},
    {"queues"},
    {"appointments"},
    {"channels", "knowledge"},
    {"cases", "telephony"},
    {"analytics"},
    {"operations"},
    {"portal", "desk", "provision"},
    {"twin"},
]
HEIGHT = {room: height for height, rooms in enumerate(FLOORS) for room in rooms}
#: These store actor ids, never foreign keys to users.
USERLESS = {"platform", "audit", "privacy", "organisations"}


def own_models() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if model.__module__.startswith("caasis.")]


def test_every_room_has_a_floor():
    rooms = {model._meta.app_label for model in own_models()}
    assert rooms <= set(HEIGHT), rooms - set(HEIGHT)


def test_foreign_keys_point_down():
    wrong = []
    for model in own_models():
        for field in model._meta.get_fields():
            target = getattr(field, "related_model", None)
            if not isinstance(field, models.ForeignKey) or target is None:
                continue
            own, other = model._meta.app_label, target._meta.app_label
            if other in HEIGHT and own != other and HEIGHT[other] >= HEIGHT[own]:
                wrong.append(f"{model._meta.label}.{field.name} → {target._meta.label}")
            if own in USERLESS and target._meta.label == "accounts.User":
                wrong.append(f"{model._meta.label}.{field.name} → a user")
    assert not wrong, wrong


def test_every_sealed_field_is_registered_as_personal_data():
    registered = {entry.model: set(entry.fields) for entry in registrations()}
    missing = []
    for model in own_models():
        sealed = {field.name for field in model._meta.get_fields() if isinstance(field, SealedField)}
        # History rows keep the same ciphertext under the same key: what they copy is registered.
        if model.__name__.endswith("Event") and hasattr(model, "pgh_id"):
            continue
        if sealed - registered.get(model, set()):
            missing.append((model._meta.label, sorted(sealed)))
    assert not missing, missing


def test_registered_fields_exist_and_are_sealed():
    for entry in registrations():
        for name in entry.fields:
            assert isinstance(entry.model._meta.get_field(name), SealedField), (entry.model, name)


@pytest.mark.django_db
def test_every_table_with_sealed_fields_has_a_wall():
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relrowsecurity")
        walled = {row[0] for row in cursor.fetchall()}
    bare = [
        model._meta.db_table
        for model in own_models()
        if any(isinstance(field, SealedField) for field in model._meta.get_fields()) and model._meta.db_table not in walled
    ]
    assert not bare, bare


def test_migrations_import_no_app_code_but_field_classes():
    allowed = re.compile(r"^(from|import) (django|pgtrigger|pghistory|uuid|collections|typing|__future__)|caasis\.\w+\.(models|sealed)|caasis\.kernel\.ids")
    wrong = []
    for path in SOURCE.glob("*/migrations/0*.py"):
        for line in path.read_text(encoding="utf-8").splitlines():
            if re.match(r"(from|import) ", line) and not allowed.search(line):
                wrong.append(f"{path.relative_to(SOURCE)}: {line}")
    assert not wrong, wrong


@pytest.mark.django_db(databases=["default", "owner"])
def test_no_migration_is_missing():
    from django.core.management import call_command

    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_no_file_of_code_is_out_of_hand():
    long = [
        (str(path.relative_to(ROOT)), count)
        for path in SOURCE.rglob("*.py")
        if "migrations" not in path.parts and (count := len(path.read_text(encoding="utf-8").splitlines())) > 480
    ]
    assert not long, long
