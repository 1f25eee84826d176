"""Real objects of centre A at every stage, with words that nobody outside may read, and every URL with what it needs.

`Scene` is made by the rooms' own services. `targets()` walks the resolver, so that a URL which somebody adds turns up in
every test that goes over all of them: permissions, headers, query counts, hostile input, the browser.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
from django.contrib.auth.hashers import make_password
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.urls.resolvers import RoutePattern
from django.utils import timezone

from caasis.accounts.services import break_glass
from caasis.businesses.models import Business
from caasis.cases import services as cases
from caasis.cases.rules.parts import PartKind
from caasis.channels import services as channels
from caasis.channels.services import Upload
from caasis.kernel.actor import SYSTEM
from caasis.kernel.clock import day_in_japan
from caasis.kernel.ids import uuid7
from caasis.knowledge.services import load_seed_articles
from caasis.platform.outbox.models import DeadLetter
from caasis.platform.transactions import system_transaction
from tests.rooms.channels.conftest import png
from tests.support.cards import COMPLETE
from tests.support.cast import PASSWORD, make_town
from tests.support.desk import ANSWERS

#: Words that stand in personal data only: none of them may appear in an answer to anybody outside the centre.
NAME = "秘匿川 栞奈"
PHONE = "09098761234"
PHONE_SHOWN = "090-9876-1234"
MAIL = "himitsu.shiori@mail.example"
ADDRESS = "青葉区一番町九丁目八番七号"
STORY = "だれにも言えないがスグリ色の工事を契約した。"
NOTE = "内部の覚え書きルリビタキ"
ANSWER = "返事の中身カワセミ"
FILE_NAME = "けいやく書ヤマガラ.png"
TASK = "折り返しエナガ"
PRIVATE = (NAME, "秘匿川", PHONE, PHONE_SHOWN, MAIL, ADDRESS, "スグリ色", "ルリビタキ", "カワセミ", "ヤマガラ", "エナガ")


EMERGENCY = "家を出たまま戻らないと家族から連絡があった。"


@dataclass
class Scene:
    """Objects of centre A. `secrets` of receipts belong to the waiting contact."""

    town: Any
    waiting_contact: UUID
    receipt_number: str
    secret: str
    attachment: UUID
    taken_contact: UUID
    open_case: Any
    message: UUID
    note: UUID
    task: UUID
    approval_case: Any
    approval: Any
    registered: Any
    article: str
    more: dict[str, Any] = field(default_factory=dict)


def consult(centre: Any, *, files: tuple[Upload, ...] = (), **answers: Any) -> Any:
    """A consultation of the web form for the centre, two days after the contract."""
    day = (day_in_japan(timezone.now()) - timedelta(days=2)).isoformat()
    given = {
        **ANSWERS, "contracted_on": day, "document": "yes", "document_on": day, "name": NAME, "phone": PHONE_SHOWN,
        "mail": MAIL, "story": STORY, **answers,
    }  # fmt: skip
    return channels.submit(
        idempotency_key=str(uuid7()), answers={k: v for k, v in given.items() if v != ""}, files=files, centre=centre
    )


PERSONAL = {
    "consumer_name": NAME,
    "consumer_phone": PHONE_SHOWN,
    "consumer_mail": MAIL,
    "consumer_address": ADDRESS,
}


def make_scene(town: Any) -> Scene:
    """Everything of centre A that a URL can name."""
    load_seed_articles(actor=SYSTEM, alerts=True)
    waiting = consult(town.centre_a, files=(Upload(FILE_NAME, png()),))
    taken = consult(town.centre_a)
    open_case = cases.take_contact(actor=town.counsellor, contact_id=taken.contact_id)
    cases.save_card(
        actor=town.counsellor,
        case_id=open_case.id,
        version=open_case.version,
        changes={**PERSONAL, "title": "屋根の工事をやめたい"},
    )
    note = cases.add_note(actor=town.counsellor, case_id=open_case.id, text=NOTE)
    task = cases.add_task(
        actor=town.counsellor, case_id=open_case.id, what=TASK, due_at=timezone.now() + timedelta(hours=2), kind="call"
    )
    message = channels.write_answer(
        actor=town.counsellor, contact_id=taken.contact_id, text=ANSWER, leave_after_seconds=3600
    )
    consumer = open_case.parties.get(position=1).person_id
    emergency = break_glass(
        actor=town.counsellor2, object_kind="person", object_id=consumer, centre_id=town.centre_a.id, reason=EMERGENCY
    )
    approval_case, approval = ask(town, title="点検の契約をやめたい")
    registered, last = ask(town, title="登録ずみの相談")
    approve(town, last)
    from caasis.channels.models import Attachment
    from caasis.knowledge.models import Article

    with system_transaction():
        letter = DeadLetter.objects.create(
            consumer="analytics.facts", position=1, topic="cases.registered", subject=uuid7(), error="KeyError", tries=3
        )
        business, other = (
            Business.objects.create(name=name, normalised_name=name) for name in ("カクウルーフ", "カクウルーフ工業")
        )
        attachment = Attachment.objects.get(contact_id=waiting.contact_id).id
        article = Article.objects.filter(kind=Article.Kind.FAQ, audience="public").exclude(sales_form="").first()
        assert article is not None
        for case in (open_case, approval_case, registered):
            case.refresh_from_db()
        approval.refresh_from_db()
    part = cases.add_part(
        actor=town.counsellor, case_id=open_case.id, kind=PartKind.CONTRACT, values={"product_text": "浄水器"}
    )
    with system_transaction():
        # The version that a page would show now.
        open_case.refresh_from_db()
    return Scene(
        town=town,
        waiting_contact=waiting.contact_id,
        receipt_number=waiting.receipt_number,
        secret=waiting.secret,
        attachment=attachment,
        taken_contact=taken.contact_id,
        open_case=open_case,
        message=message.id,
        note=note.id,
        task=task.id,
        approval_case=approval_case,
        approval=approval,
        registered=registered,
        article=article.number,
        more={"emergency": emergency.id, "letter": letter.id, "business": business.pk, "other business": other.pk, "part": part.pk, "person": consumer},
    )


def ask(town: Any, **card: Any) -> tuple[Any, Any]:
    """A complete case of centre A and its waiting request for 決裁."""
    case = cases.open_case(actor=town.counsellor, card={**COMPLETE, **PERSONAL, **card})
    cases.change_state(actor=town.counsellor, case_id=case.id, verb="finish_handling")
    return case, cases.request_approval(actor=town.counsellor, case_id=case.id)


def flags(approval: Any) -> list[str]:
    return [check["code"] for check in approval.checks if check["verdict"] == "flagged"]


def approve(town: Any, approval: Any) -> None:
    cases.decide(actor=town.official, approval_id=approval.id, approve=True, confirmed_checks=flags(approval))


# --- every URL --------------------------------------------------------------------------------------------------------


#: What a page's own link or a program sends along: without it these answer alike to everybody.
QUERIES = {
    "desk:attachment": "?purpose=advice",
    "api:count_cases": "?by=day&from=2026-01-01&to=2026-03-31",
}


@dataclass(frozen=True, slots=True)
class Target:
    """One URL with one object: `object` says in words which, "" when the URL names none."""

    name: str
    object: str
    url: str
    methods: tuple[str, ...]
    body: Any = None
    json: bool = False

    @property
    def key(self) -> tuple[str, str]:
        return self.name, self.object


def patterns() -> Iterator[tuple[str, URLPattern, str]]:
    """Name with namespace, pattern and route of every URL of the product."""

    def walk(resolver: URLResolver, names: tuple[str, ...], route: str) -> Iterator[tuple[str, URLPattern, str]]:
        for entry in resolver.url_patterns:
            path = route + str(entry.pattern)
            if isinstance(entry, URLResolver):
                yield from walk(entry, names + ((entry.namespace,) if entry.namespace else ()), path)
            else:
                yield ":".join((*names, entry.name or path)), entry, path

    yield from walk(get_resolver(), (), "")


def api_methods(route: str) -> dict[str, str]:
    """Operation name by method of an API route, from the API's own description."""
    from caasis.provision.api import api

    found: dict[str, str] = {}
    for prefix, router in api._routers:
        for path, view in router.path_operations.items():
            full = f"api/v1{prefix}{path}".replace("{uuid:", "<uuidstr:").replace("{", "<").replace("}", ">")
            if full.rstrip("/") == route.rstrip("/"):
                for operation in view.operations:
                    for method in operation.methods:
                        found[method] = f"api:{operation.operation_id}"
    return found


@pytest.fixture(scope="module")
def scene(django_db_setup: None, django_db_blocker: Any) -> Iterator[Scene]:
    """One scene for a whole module: it stands in a transaction that is rolled back at the end.

    Tests take back what a request changed with `taken_back`, and carry no `django_db` mark of their own.
    """
    with django_db_blocker.unblock(), transaction.atomic():
        town = make_town()
        hashed = make_password(PASSWORD)
        for user in town.users.values():
            user.password = hashed
            user.save(update_fields=["password"])
        yield make_scene(town)
        transaction.set_rollback(True)


@contextmanager
def taken_back(*clients: Client) -> Iterator[None]:
    """What happens inside leaves no trace: neither in the database nor in the clients' cookies nor in the limits."""
    cookies = [client.cookies.copy() for client in clients]
    cache.clear()
    try:
        with transaction.atomic():
            yield
            transaction.set_rollback(True)
    finally:
        for client, kept in zip(clients, cookies, strict=True):
            client.cookies = kept


def client_of(town: Any, role: str, **options: Any) -> Client:
    """A logged-in client; of the public for `public`."""
    client = Client(raise_request_exception=False, **options)
    if role != "public":
        client.force_login(town.users[role], backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def _objects(scene: Scene, name: str, wanted: set[str]) -> list[tuple[str, dict[str, Any]]]:
    """Which objects a URL is tried with: (words, URL arguments)."""
    case = ("case_id" in wanted) and {
        "open case": {"case_id": scene.open_case.id},
        "case waiting for approval": {"case_id": scene.approval_case.id},
        "registered case": {"case_id": scene.registered.id},
    }
    extra = {
        "message_id": scene.message, "note_id": scene.note, "task_id": scene.task, "verb": "finish_handling",
        "kind": "seller_postcard", "form": "txt", "part_kind": "contract", "part_id": scene.more["part"],
    }  # fmt: skip
    given = {key: value for key, value in extra.items() if key in wanted}
    if case:
        chosen = case if not (given.keys() - {"verb", "kind", "form", "part_kind"}) else {"open case": case["open case"]}
        return [(words, {**arguments, **given}) for words, arguments in chosen.items()]
    single: dict[str, tuple[str, Any]] = {
        "contact_id": ("waiting contact", scene.waiting_contact),
        "attachment_id": ("file", scene.attachment),
        "approval_id": ("approval", scene.approval.id),
        "access_id": ("emergency access", scene.more["emergency"]),
        "user_id": ("colleague", scene.town.users["counsellor2"].pk),
        "centre_id": ("centre", scene.town.centre_a.id),
        "person_id": ("person", scene.more["person"]),
        "letter_id": ("dead letter", scene.more["letter"]),
        "business_id": ("business", scene.more["business"]),
        "receipt_number": ("receipt", scene.receipt_number),
        "chart": ("chart", "products"),
        "pk": ("nobody's key", 1),
        "uidb36": ("nobody's key", "abc"),
        "key": ("nobody's key", "abc-def"),
    }
    if name.startswith("portal:") and wanted == {"number"}:
        if name == "portal:consult_step":
            return [(f"step {step}", {"number": step}) for step in range(1, 6)]
        return [("article", {"number": scene.article})]
    words, arguments = "", {}
    for key in sorted(wanted):
        if key not in single:
            return []
        words, arguments[key] = single[key]
    return [(words, arguments)]


def _body(scene: Scene, name: str, words: str) -> Any:
    """A body with which the right person would succeed."""
    town = scene.town
    case = {"open case": scene.open_case, "registered case": scene.registered}.get(words, scene.approval_case)
    due = (timezone.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    bodies: dict[str, Any] = {
        "desk:new": {"channel": "phone", "key": "matrix-key-0001"},
        "desk:assign": {"case": [str(scene.open_case.id)], "to": str(town.counsellor2.id), "confirmed": "1"},
        "desk:case-save": {"version": case.version, "fields": "title", "title": "書きかえた件名"},
        "desk:case-draft": {"version": case.version, "fields": "title", "title": "書きかけの件名", "draft_version": "9"},
        "desk:case-handover": {"version": case.version, "to": str(town.counsellor2.id)},
        "desk:case-state": {"version": case.version},
        "desk:case-reopen": {"reason": "相談者からまた電話があった"},
        "desk:case-answer": {"version": case.version, "answer_contact": str(scene.taken_contact), "answer_text": "お返事です。"},
        "desk:case-emergency": {"reason": EMERGENCY},
        "desk:admin-letter-discard": {"reason": "試験のデータだったため"},
        "desk:admin-user-new": {
            "username": "matrix-user", "display_name": "見本 花子", "role": "counsellor", "centre": str(town.centre_a.id),
        },
        "desk:admin-role-grant": {"role": "supervisor", "centre": str(town.centre_a.id)},
        "desk:admin-role-end": {"held": f"counsellor:{town.centre_a.id}"},
        "desk:admin-centre-new": {"code": "M01", "name": "新町消費生活センター", "prefecture_code": "04"},
        "desk:admin-centre": {"name": town.centre_a.name, "prefecture_code": "04", "version": town.centre_a.version},
        "desk:admin-centre-hours": {"opens_0_1": "09:00", "closes_0_1": "12:00"},
        "desk:admin-day-set": {"day_y": "2099", "day_m": "4", "day_d": "1"},
        "desk:admin-centre-settings": {"step_1": "official", "retention_years": "10", "version": "0"},
        "desk:case-note": {"version": case.version, "note_text": "覚え書きです。"},
        "desk:case-task": {"what": "電話する", "due_at": due},
        "desk:approval-decide": {
            "decision": "approve", "version": scene.approval.case_version, "confirmed": flags(scene.approval),
        },
        "desk:approval-batch": {"approval": [str(scene.approval.id)], "confirmed": "1"},
        "desk:case-parts-open": {"version": case.version, "fields": "title", "title": "書きかけ", "part": "contract"},
        "desk:case-part-new": {"version": case.version, "fields": "product_text", "product_text": "浄水器"},
        "desk:case-part": {"version": case.version, "fields": "product_text", "product_text": "浄水器2"},
        "desk:case-part-business": {"business": "new"},
        "desk:case-past-open": {"version": case.version, "fields": "title", "title": "書きかけ"},
        "desk:case-past-act": {"do": "withdraw", "person": str(scene.more["person"])},
        # Not the scene's own number: what somebody typed stands in the answer to himself.
        "desk:people": {"phone": "022-999-9999"},
        "desk:person-consent": {"consent-kind": "survey", "consent-means": "phone", "consent-given_by": "self"},
        "desk:person-watch": {
            "watch-reason": "被害が続いているため", "watch-review_on_y": str(timezone.now().year + 1), "watch-review_on_m": "1",
            "watch-review_on_d": "5",
        },
        "desk:person-point": {"point-kind": "mail", "point-value": "atarashii@example.jp"},
        "desk:person-merge": {"look": "1", "phone": PHONE_SHOWN},
        "portal:vote": {"useful": "yes"},
        "portal:consult_step": {"topic": "cancel", "who": "self", "injury": "no", "money_moving": "soon"},
        "api:send_consultation": {
            "topic": "cancel", "story": "給湯器の点検と言われた。", "injury": "no", "money_moving": "no", "who": "self",
            "how": "none", "reply_by": "site", "prefecture": "04",
        },
        "api:open_case": {"card": {"title": "電話の相談"}},
        "api:save_card": {"version": case.version, "changes": {"title": "書きかえた件名"}},
        "api:lead_case": {"verb": "finish_handling"},
        "api:add_part": {"values": {"product_text": "浄水器"}},
        "api:remove_part": {"version": case.version},
        "api:save_part": {"version": case.version, "changes": {"product_text": "浄水器3"}},
    }  # fmt: skip
    return bodies.get(name, {})


def targets(scene: Scene) -> list[Target]:
    """Every URL with every object, and the methods to try."""
    found: dict[tuple[str, str, str], Target] = {}
    for name, pattern, route in patterns():
        query = QUERIES.get(name, "")
        converters = set(pattern.pattern.converters) if isinstance(pattern.pattern, RoutePattern) else set()
        wanted = converters or set(pattern.pattern.regex.groupindex)
        operations = api_methods(route)
        for words, arguments in _objects(scene, name, wanted):
            url = reverse(name, kwargs=arguments) + query
            if operations:
                for method, operation in operations.items():
                    url += QUERIES.get(operation, "")
                    target = Target(operation, words, url, (method,), _body(scene, operation, words), json=True)
                    found[(operation, words, method)] = target
            else:
                found[(name, words, "")] = Target(name, words, url, ("GET", "POST"), _body(scene, name, words))
    return sorted(found.values(), key=lambda target: (target.name, target.object, target.methods))


def without_object(scene: Scene) -> list[str]:
    """URLs whose arguments this module can't fill: add an object for them to `_objects`."""
    names = {name for name, _, route in patterns() if not api_methods(route)}
    return sorted(names - {target.name for target in targets(scene)})


def send(client: Any, target: Target, method: str, **headers: Any) -> Any:
    """One request as a browser (or a program, for the API) makes it."""
    if method == "GET":
        return client.get(target.url, headers=headers)
    if target.json:
        return client.generic(
            method, target.url, json.dumps(target.body or {}), content_type="application/json", headers=headers
        )
    form = urlencode(target.body or {}, doseq=True)
    return client.generic(method, target.url, form, content_type="application/x-www-form-urlencoded", headers=headers)


def body_text(response: Any) -> str:
    """The whole answer as text, also of a streamed one."""
    content = b"".join(response.streaming_content) if getattr(response, "streaming", False) else response.content
    return content.decode("utf-8", "replace")


