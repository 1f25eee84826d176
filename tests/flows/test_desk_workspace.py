"""The workspace over HTTP: taking, typing, saving, drafts, conflicts, refusals, verbs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from caasis.audit.models import AccessRecord
from caasis.cases import selectors, services
from caasis.cases.models import Case, Draft
from caasis.platform.transactions import system_transaction
from tests.support.desk import COMPLETE, card_page, form_of, phone_case, save_card, send_consultation

pytestmark = pytest.mark.django_db


def reload(case_id: Any) -> Case:
    with system_transaction():
        return Case.objects.get(id=case_id)


def test_a_new_phone_case_opens_the_workspace_at_once(client_for: Any, town: Any) -> None:
    client = client_for("counsellor")
    page = client.get("/desk/cases/new?channel=phone")
    key = page.context["key"]
    answer = client.post("/desk/cases/new", {"channel": "phone", "key": key})
    assert answer.status_code == 302
    again = client.post("/desk/cases/new", {"channel": "phone", "key": key})
    assert again["Location"] == answer["Location"], "two clicks open one case"
    workspace = client.get(answer["Location"])
    assert workspace.status_code == 200
    assert "自分の担当" in workspace.content.decode()
    with system_transaction():
        assert Case.objects.count() == 1
        assert Case.objects.get().contact_links.count() == 1
