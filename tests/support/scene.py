"""Real objects of centre A at every stage, with words that nobody outside may read, and every URL with what it needs.

`Scene` is made by the rooms' own services. `targets()` walks the resolver, so that a URL which somebody adds turns up in
every test that goes over all of them: permissions, headers, query counts, hostile input, the browser.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, time, timedelta
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
from caasis.appointments import services as appointments
from caasis.appointments.booking_selectors import slots_of
from caasis.appointments.rules.booking_hours import Span
from caasis.appointments.services import Candidate, book_talk
from caasis.businesses.models import Business
from caasis.cases import services as cases
from caasis.cases.models import SearchExport, SearchHit
from caasis.cases.rules.parts import PartKind
from caasis.cases.rules.referring import ReferralForm, ReferralKind
from caasis.cases.rules.searching import CaseSearch
from caasis.cases.services import saved_searches
from caasis.cases.services.collecting import NewFile
from caasis.channels import services as channels
from caasis.channels.models import NewsSubscription
from caasis.channels.services import Upload
from caasis.desk.flows import token_of
from caasis.kernel.actor import PUBLIC, SYSTEM
from caasis.kernel.clock import day_in_japan
from caasis.kernel.ids import uuid7
from caasis.knowledge import revision_services as writing
from caasis.knowledge.services import load_seed_articles, load_seed_phrases, save_phrase
from caasis.knowledge.translation_models import ArticleTranslation
from caasis.operations import services as operations
from caasis.operations.vocabulary import Sort
from caasis.platform.files.making import MadeFile
from caasis.platform.outbox.models import DeadLetter
from caasis.platform.transactions import system_transaction
from caasis.portal.booking import code_of
from caasis.portal.tokens import news_token
from caasis.privacy.keys import create_record_key, record_key_bytes
from caasis.privacy.services import read_sealed, set_sealed
from caasis.telephony import services as telephony
from tests.rooms.channels.conftest import png
from tests.rooms.telephony.flow_document import flow_of
from tests.support import education, follow_ups
from tests.support.cards import COMPLETE, refresh
from tests.support.cast import PASSWORD, make_town
from tests.support.desk import ANSWERS
from tests.support.telephone import make_call, make_request

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
#: A 見守り情報 as anybody sends it, pressed on the page that asks to look once more.
WATCH_REPORT: dict[str, Any] = {
    "signs": ["goods"], "seen": "玄関に、開けていない箱があります。", "consent": "unknown", "urgency": "calm", "prefecture": "04",
    "key": "matrix-key-0003", "send": "1",
}  # fmt: skip
HELP = "迷っていますセンダイムシクイ"
#: A centre's own text: nothing personal, and yet nobody else's.
PHRASE = "おわりにコマドリ。受付番号は{受付番号}です。"
EVIDENCE_NAME = "玄関の写真ジョウビタキ.png"
EVIDENCE_NOTE = "家の中のアオゲラ"
WISH = "ぜんぶ返してほしいイカルと言った。"
ABUSE = "ひどい言葉ヒタキを言われた。"
OWN_STORY = "応対のしかたメジロ"
PRIVATE = (
    NAME,
    "秘匿川",
    PHONE,
    PHONE_SHOWN,
    MAIL,
    ADDRESS,
    "スグリ色",
    "ルリビタキ",
    "カワセミ",
    "ヤマガラ",
    "エナガ",
    "ジョウビタキ",
    "アオゲラ",
    "イカル",
    "ヒタキを言",
    "メジロ",
    "ムシクイ",
    "コマドリ",
)


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
    load_seed_phrases(actor=SYSTEM)
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
    asked = cases.ask_help(actor=town.counsellor, case_id=open_case.id, reason_code="law", text=HELP)
    cases.add_note(actor=town.supervisor, case_id=open_case.id, text=f"@{town.counsellor.name} {NOTE}")
    today = day_in_japan(timezone.now())
    away = cases.enter_absence(
        actor=town.counsellor2, user_id=town.counsellor2.id, first_day=today, last_day=today + timedelta(days=1)
    )
    phrase = save_phrase(
        actor=town.supervisor, phrase_id=None, version=0, kind="template", use="close", title="センターの結び", body=PHRASE
    )
    message = channels.write_answer(
        actor=town.counsellor, contact_id=taken.contact_id, text=ANSWER, leave_after_seconds=3600
    )
    (evidence,) = cases.add_evidence(
        actor=town.counsellor, case_id=open_case.id, files=[NewFile(EVIDENCE_NAME, png(400, 300))], note=EVIDENCE_NOTE
    )
    consumer = open_case.parties.get(position=1).person_id
    emergency = break_glass(
        actor=town.counsellor2, object_kind="person", object_id=consumer, centre_id=town.centre_a.id, reason=EMERGENCY
    )
    approval_case, approval = ask(town, title="点検の契約をやめたい")
    registered, last = ask(town, title="登録ずみの相談")
    approve(town, last)
    twin = cases.open_case(actor=town.counsellor, card={**PERSONAL, "title": "屋根の工事の件"})
    introduced = cases.introduce_office(actor=town.counsellor, case_id=open_case.id, code="houterasu")
    sent = refer(town, open_case)
    accepted = refer(town, registered)
    cases.accept_referral(actor=town.outsider, referral_id=accepted.id)
    beside = make_beside(town, open_case, registered)
    office = make_office(town, registered)
    telephone = make_telephone(town)
    from caasis.cases.models import Mention, Referral
    from caasis.channels.models import Attachment
    from caasis.knowledge.models import Article, Phrase

    with system_transaction():
        # The seconds in which a sending can be undone are over, however quick the machine is.
        Referral.objects.filter(id=sent.id).update(sent_at=timezone.now() - timedelta(minutes=1))
        letter = DeadLetter.objects.create(
            consumer="analytics.facts", position=1, topic="cases.registered", subject=uuid7(), error="KeyError", tries=3
        )
        business, other = (
            Business.objects.create(name=name, normalised_name=name) for name in ("カクウルーフ", "カクウルーフ工業")
        )
        attachment = Attachment.objects.get(contact_id=waiting.contact_id).id
        mention = Mention.objects.get(user_id=town.counsellor.id).id
        script = Phrase.objects.filter(kind="script", centre_id=None).first().id
        article = Article.objects.filter(kind=Article.Kind.FAQ, audience="public").exclude(sales_form="").first()
        assert article is not None
        for language in ArticleTranslation.Language.values:
            ArticleTranslation.objects.get_or_create(
                article=article,
                language=language,
                defaults={"title": "A", "lead": "B", "body": "C", "original_digest": ""},
            )
        saved = saved_search(town, open_case)
        export = finished_export(town)
        for case in (open_case, approval_case, registered):
            case.refresh_from_db()
        approval.refresh_from_db()
    part = cases.add_part(
        actor=town.counsellor, case_id=open_case.id, kind=PartKind.CONTRACT, values={"product_text": "浄水器"}
    )
    call = make_call(town)
    make_call(town, missed=True, phone="+819098765555")
    with system_transaction():
        # The version that a page would show now.
        open_case.refresh_from_db()
        recording = call.recordings.get().id
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
        more={
            "emergency": emergency.id,
            "letter": letter.id,
            "business": business.pk,
            "other business": other.pk,
            "evidence": evidence.id,
            "part": part.pk,
            "person": consumer,
            "twin": twin.id,
            "introduction": introduced.id,
            "referral": sent.id,
            "accepted referral": accepted.id,
            **beside,
            **office,
            **telephone,
            **_written(town),
            "help": asked.id,
            "mention": mention,
            "absence": away.id,
            "phrase": phrase.id,
            **make_talk(town, open_case),
            **make_watch_member(town),
            **make_survey(town),
            **make_booking(town),
            "script": script,
            "saved search": saved.id,
            "export": export.id,
            "call": call.id,
            "recording": recording,
            "request": make_request(town),
            "news": make_news(),
            **make_follow_up(town, open_case.id, call.id),
            **education.make_education(town, name=NAME, phone=PHONE_SHOWN, note=NOTE),
        },
    )


def make_talk(town: Any, open_case: Any) -> dict[str, Any]:
    """A talk by video that begins now, with its link."""
    talk = book_talk(actor=town.counsellor, agent_id=town.counsellor.id, case_id=open_case.id, name=NAME)
    with system_transaction():
        return {"talk": talk.id, "secret": read_sealed(talk, "secret")["secret"]}


def make_news() -> UUID:
    """Somebody who wants the news by e-mail."""
    with system_transaction():
        row = NewsSubscription(
            record_key_id=create_record_key(None).id,
            address_hash=b"0" * 16,
            kinds=["alert"],
            state=NewsSubscription.State.CONFIRMED,
            told_until=day_in_japan(timezone.now()),
        )
        set_sealed(row, address="hanako@example.jp")
        row.save(force_insert=True)
        return row.id


def make_watch_member(town: Any) -> dict[str, Any]:
    """A member of the council with their link."""
    made = channels.register_watch_member(
        actor=town.supervisor, kind="welfare", organisation="みほん町民生委員協議会", name=NAME, valid_until=_in_a_year()
    )
    return {"council member": made.member.id, "council link": made.secret}


def _in_a_year() -> date:
    return day_in_japan(timezone.now()) + timedelta(days=365)


def _valid_until() -> dict[str, str]:
    day = _in_a_year()
    return {"valid_until_y": str(day.year), "valid_until_m": str(day.month), "valid_until_d": str(day.day)}




def make_survey(town: Any) -> dict[str, Any]:
    """A survey that runs, and the link by which the consumer of a case of her own is asked."""
    sent = consult(town.centre_a, name="見本 三郎", phone="080-1111-0003", mail="", quiet="")
    case_id = cases.take_contact(actor=town.counsellor, contact_id=sent.contact_id).id
    survey = operations.begin_survey(actor=town.supervisor)
    operations.publish_survey(actor=town.supervisor, survey_id=survey.id)
    cases.change_state(actor=town.counsellor, case_id=case_id, verb="finish_handling")
    asked = operations.ask_for_answer(case_id=case_id)
    assert asked is not None and asked.contact_id is not None, "the consumer of the scene could not be asked"
    with system_transaction():
        return {"survey": survey.id, "survey link": read_sealed(asked, "secret")["secret"]}


def make_booking(town: Any) -> dict[str, Any]:
    """The hours of a centre that takes bookings, and a booked time with its link."""
    spans = [Span("visit", day, time(9), time(16, 30)) for day in range(5)]
    appointments.set_booking_hours(actor=town.supervisor, centre_id=town.centre_a.id, spans=spans)
    slot, free = slots_of(centre_id=town.centre_a.id, way="visit", now=timezone.now())[:2]
    made = appointments.book_slot(
        actor=PUBLIC, centre_id=town.centre_a.id, way="visit", starts_at=slot.starts_at, name=NAME, phone=PHONE_SHOWN
    )
    return {"booking": made.booking.id, "booking link": made.secret, "free time": code_of(free.starts_at)}


def make_follow_up(town: Any, case_id: UUID, call_id: UUID) -> dict[str, Any]:
    """A list that runs, with one person whom the counsellor has reached and whose result is not written yet."""
    row, who = follow_ups.made_list(town), follow_ups.person(town.centre_a, "022-000-8765", "見本 次郎")
    follow_ups.consent(who, case_id=case_id)
    (added,) = follow_ups.add(town, row, Candidate(case_id, who.id, PHONE_SHOWN, NAME))
    assert added.entry is not None
    entry_id = added.entry.id
    appointments.start_list(actor=town.supervisor, list_id=row.id)
    given = {"actor": SYSTEM, "entry_id": entry_id, "call_id": call_id, "now": follow_ups.TEN}
    appointments.begin_call(**given, agent_id=town.counsellor.id)
    appointments.end_call(**given, result=None)
    return {"follow-up list": row.id, "follow-up": entry_id, "follow-up queue": row.queue_id}


def make_beside(town: Any, open_case: Any, registered: Any) -> dict[str, Any]:
    """Everything that can stand beside a case: on the open case of centre A, and a request of the nation."""
    who = {"actor": town.counsellor, "case_id": open_case.id}
    mediation = cases.begin_mediation(**who, business_name="カクウルーフ", business_phone="022-000-1234")
    on = {"actor": town.counsellor, "mediation_id": mediation.id}
    step = cases.log_contact(**on, means="phone", direction="from_consumer", words=WISH)
    cases.set_answer_deadline(**on, due_on=day_in_japan(timezone.now()) + timedelta(days=7))
    offer = cases.make_offer(**on, side="business", terms="代金の半分を返す。", amount=740_000)
    # A second one that failed and went on.
    failed = cases.begin_mediation(**who, business_name="みほんクレジット")
    cases.end_mediation(actor=town.counsellor, mediation_id=failed.id, outcome="failed", failed_because="refused")
    onward = cases.go_onward(
        actor=town.counsellor, mediation_id=failed.id, body="ncac_adr", state="preparing", on=day_in_japan(timezone.now())
    )
    entry = cases.write_redress(
        **who, kind="refunded", amount=100_000, on=day_in_japan(timezone.now()), source="advice", proof="bank", words=WISH
    )
    notice = cases.start_notice(**who)
    test = cases.open_ask(**who, kind="test", addressee="国民生活センター", text="発煙した給湯器")
    cases.ask_cooperation(actor=town.ncac, case_id=registered.id, authority="国民生活センター", question="録音があるか。")
    cooperation = cases.ask_cooperation(**who, authority="消費者庁", question="手紙で求められた。")
    cases.note_incident(**who, criteria=["abuse"], words=ABUSE, witness=town.supervisor.id)
    return {
        "mediation": mediation.id, "failed": failed.id, "step": step.id, "offer": offer.id, "onward": onward.id,
        "redress": entry.id, "notice": notice.id, "ask": test.id, "cooperation": cooperation.id,
    }  # fmt: skip


def make_office(town: Any, registered: Any) -> dict[str, Any]:
    """What the approvers and the nation leave: an absence, a correction to look at, a complaint with a measure."""
    refresh(registered)
    absence = cases.enter_approver_absence(
        actor=town.official,
        user_id=town.official.id,
        first=day_in_japan(timezone.now()) + timedelta(days=30),
        last=day_in_japan(timezone.now()) + timedelta(days=31),
        deputy_id=town.supervisor.id,
    )
    batch, _ = cases.correct_many(
        actor=town.ncac,
        cases=[(registered.id, registered.version)],
        changes={"sales_form": "telephone"},
        reason="電話の勧誘と読めるため",
    )
    with system_transaction():
        correction = registered.corrections.get()
    day = day_in_japan(timezone.now())
    matter = operations.record_matter(
        actor=town.counsellor, sort=Sort.COMPLAINT, kind="manner", severity="low", channel="phone", noticed_on=day,
        what="言い方がきついと言われた。" + OWN_STORY, complainant=NAME, concerned_id=town.counsellor2.id,
    )  # fmt: skip
    measure = operations.add_measure(
        actor=town.counsellor, matter_id=matter.id, what="応対の研修をする", owner_id=town.supervisor.id, due_on=day, check_on=day
    )
    return {
        "approver absence": absence.id, "batch": batch, "correction": correction.id, "matter": matter.id, "measure": measure.id,
    }  # fmt: skip


def make_telephone(town: Any) -> dict[str, Any]:
    """A number, the flow that answers it, and a draft of it that was saved twice."""
    flow = telephony.add_flow(actor=town.supervisor, centre_id=town.centre_a.id, name="代表の自動応答")
    heard = telephony.save_draft(actor=town.supervisor, flow_id=flow.id, document=flow_of("main"))
    telephony.publish_version(actor=town.supervisor, version_id=heard.id)
    for name in ("下書き", "下書き2"):
        draft = telephony.save_draft(actor=town.supervisor, flow_id=flow.id, document=flow_of("main", name=name))
    line = telephony.save_number(
        actor=town.supervisor, centre_id=town.centre_a.id, number="0220001234", label="代表", flow_id=flow.id
    )
    return {"flow": flow.id, "flow version": draft.id, "flow token": token_of(draft.document), "line": line.id}


def saved_search(town: Any, case: Any, name: str = "屋根の点検") -> Any:
    """A counsellor's saved search with one new hit."""
    search = CaseSearch(text="屋根")
    kept = saved_searches.save_search(actor=town.counsellor, name=name, search=search, notice="daily")
    SearchHit.objects.create(search=kept, case=case, found_at=timezone.now())
    return kept


def finished_export(town: Any) -> Any:
    """A counsellor's export that waits to be fetched."""
    key, centre = create_record_key(town.centre_a.id), town.centre_a.id
    export = SearchExport(
        user_id=town.counsellor.id, centre_id=centre, query=[["q", "屋根"]], format="csv", purpose="training",
        reason="研修で使うため", expected=1, written=1, state="ready", file_id=uuid7(), record_key_id=key.id,
        expires_at=timezone.now() + timedelta(days=1),
    )  # fmt: skip
    export.save(force_insert=True)
    with MadeFile(export.file_id, key=record_key_bytes(key.id)) as file:
        file.write("受付番号\r\n".encode())
        file.keep(name="soudan.csv", media_type="text/csv", record_key_id=key.id, centre_id=centre)
    return export


def ask(town: Any, **card: Any) -> tuple[Any, Any]:
    """A complete case of centre A and its waiting request for 決裁."""
    case = cases.open_case(actor=town.counsellor, card={**COMPLETE, **PERSONAL, **card})
    cases.change_state(actor=town.counsellor, case_id=case.id, verb="finish_handling")
    return case, cases.request_approval(actor=town.counsellor, case_id=case.id)


def refer(town: Any, case: Any) -> Any:
    """共同処理 with centre B: the consumer's name was passed on, with consent."""
    form = ReferralForm(
        ReferralKind.JOINT, "consent", "事業者が若葉市にあるため。", "現地の確認をお願いします。", ("name",),
        "consumer", day_in_japan(timezone.now()), "phone",
    )  # fmt: skip
    return cases.send_referral(actor=town.counsellor, case_id=case.id, to_centre_id=town.centre_b.id, form=form)


def flags(approval: Any) -> list[str]:
    return [check["code"] for check in approval.checks if check["verdict"] == "flagged"]


def approve(town: Any, approval: Any) -> None:
    cases.decide(actor=town.official, approval_id=approval.id, approve=True, confirmed_checks=flags(approval))


def _policy() -> dict[str, str]:
    """The form of 協働の決まり as it is first shown."""
    from caasis.cases.rules.team_policy import TeamPolicyValues
    from caasis.desk.team_forms import policy_initial

    shown = policy_initial(TeamPolicyValues(), 0)
    return {name: "on" if value is True else str(value) for name, value in shown.items() if value is not False}


# --- every URL --------------------------------------------------------------------------------------------------------


#: Words of an address that mean something else than a letter to the seller.
KINDS: dict[str, dict[str, Any]] = {
    "desk:mediation-letter": {"kind": "request"},
    "desk:mediation-letter-output": {"kind": "request"},
    "desk:ask-begin": {"kind": "test"},
    "desk:conduct-act": {"step": "warn"},
}
#: What a page's own link or a program sends along: without it these answer alike to everybody.
QUERIES = {
    "desk:attachment": "?purpose=advice",
    "desk:follow-up-build": "?words=",
    "desk:mediation": "?purpose=advice",
    "desk:mediation-letter": "?purpose=advice",
    "desk:mediation-letter-output": "?purpose=advice",
    "desk:mediation-record": "?purpose=advice",
    "desk:accident-output": "?purpose=advice",
    "desk:ask-output": "?purpose=advice",
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
        "kind": "seller_postcard",
        "form": "txt",
        "file_id": scene.more["evidence"],
        "part_kind": "contract",
        "part_id": scene.more["part"],
        "other_id": scene.more["twin"],
        "office_code": "labour-standards",
        "introduction_id": scene.more["introduction"],
        "phrase_id": scene.more["script" if name == "desk:case-script" else "phrase"],
    }  # fmt: skip
    if name == "desk:approval-absence-end":
        return [("absence of an approver", {"absence_id": scene.more["approver absence"]})]
    if name.startswith("desk:referral") and wanted == {"referral_id"}:
        return [(words, {"referral_id": scene.more[words]}) for words in ("referral", "accepted referral")]
    beside = {
        "mediation_id": "failed" if "onward_id" in wanted else "mediation", "step_id": "step", "offer_id": "offer",
        "onward_id": "onward", "redress_id": "redress", "notice_id": "notice", "ask_id": "ask",
    }  # fmt: skip
    extra |= {key: scene.more[kind] for key, kind in beside.items()}
    extra |= KINDS.get(name, {})
    if name in ("desk:ask-consumer", "desk:ask-centre"):
        extra["ask_id"] = scene.more["cooperation"]
    if name == "desk:mediation-onward":
        extra["mediation_id"] = scene.more["failed"]
    given = {key: value for key, value in extra.items() if key in wanted}
    if case:
        codes = {"verb", "kind", "form", "step", "part_kind", "other_id", "office_code"}
        chosen = case if not (given.keys() - codes) else {"open case": case["open case"]}
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
        "absence_id": ("absence", scene.more["absence"]),
        "batch_id": ("correction of many", scene.more["batch"]),
        "correction_id": ("correction", scene.more["correction"]),
        "matter_id": ("complaint about us", scene.more["matter"]),
        "measure_id": ("measure", scene.more["measure"]),
        "sort": ("complaint", "complaint"),
        "business_id": ("business", scene.more["business"]),
        "office_code": ("office", "labour-standards"),
        "task_id": ("task", scene.task),
        "help_id": ("help request", scene.more["help"]),
        "mention_id": ("mention", scene.more["mention"]),
        "phrase_id": ("phrase", scene.more["phrase"]),
        "talk_id": ("talk by video", scene.more["talk"]),
        "secret": ("link of a talk", scene.more["secret"]),
        "news_token": ("news by e-mail", news_token(scene.more["news"])),
        "event_id": ("education event", scene.more["education event"]),
        "sign_up_id": ("sign-up", scene.more["sign-up"]),
        "link": ("link of a sign-up", scene.more["link"]),
        "lecture_id": ("lecture request", scene.more["lecture request"]),
        "watch_member_id": ("council member", scene.more["council member"]),
        "member_link": ("link of a council member", scene.more["council link"]),
        "survey_link": ("link of a survey", scene.more["survey link"]),
        "survey_id": ("survey", scene.more["survey"]),
        "booking_id": ("booking", scene.more["booking"]),
        "call_id": ("call", scene.more["call"]),
        "recording_id": ("recording", scene.more["recording"]),
        "list_id": ("follow-up list", scene.more["follow-up list"]),
        "entry_id": ("follow-up", scene.more["follow-up"]),
        "request_id": ("request of the desk", scene.more["request"]),
        "search_id": ("saved search", scene.more["saved search"]),
        "export_id": ("export", scene.more["export"]),
        "receipt_number": ("receipt", scene.receipt_number),
        "chart": ("chart", "products"),
        "line_id": ("telephone number", scene.more["line"]),
        "line": ("telephone number", "0220001234"),
        "guide_id": ("guide", "yametai"),
        "article_id": ("article of staff", scene.more["article"]),
        "revision_id": ("revision", scene.more["revision"]),
        "comment_id": ("opinion", scene.more["opinion"]),
        "flow_id": ("call flow", scene.more["flow"]),
        "version_id": ("call flow", scene.more["flow version"]),
        "box": ("call flow", "bye"),
        "field": ("call flow", "say"),
        "language": ("call flow", "ja"),
        "pk": ("nobody's key", 1),
        "uidb36": ("nobody's key", "abc"),
        "key": ("nobody's key", "abc-def"),
    }
    if name.startswith("portal:booked"):
        return [("link of a booking", {"secret": scene.more["booking link"]})]
    if name.startswith("portal:") and wanted == {"number"}:
        if name == "portal:consult_step":
            return [(f"step {step}", {"number": step}) for step in range(1, 6)]
        if name == "portal:material_file":
            return [("teaching material", {"number": "K-3001"})]
        return [("article", {"number": scene.article})]
    if name == "desk:flow-box-new":
        return [("call flow", {"flow_id": scene.more["flow"], "kind": "announce"})]
    words, arguments = "", {}
    for key in sorted(wanted):
        if key not in single:
            return []
        words, arguments[key] = single[key]
    return [(words, arguments)]


def _day(field: str, year: str = "2026") -> dict[str, str]:
    return {f"{field}_y": year, f"{field}_m": "1", f"{field}_d": "5"}


def _follow_up(scene: Scene) -> dict[str, Any]:
    return {
        "title": "屋根工事のその後", "question": "返金は済みましたか。", "mode": "preview", "queue": str(scene.more["follow-up queue"]),
        "weekdays": ["0", "1"], "first": "10:00", "last": "17:00", "max_tries": "3", "pause_minutes": "1440",
        "notice_channel": "none", "notice_hours": "48",
    }  # fmt: skip


def _written(town: Any) -> dict[str, Any]:
    """An article of the counsellors that is public among them, its next writing, which waits for approval, and an opinion."""
    texts = {"title": "見本の手引", "lead": "見本です。", "body": "見本です。"}
    first = writing.start_article(actor=town.counsellor2, kind="manual", texts=texts)
    writing.submit_revision(actor=town.counsellor2, revision_id=first.id)
    writing.approve_revision(actor=town.supervisor, revision_id=first.id)
    article = writing.publish_revision(actor=town.supervisor, revision_id=first.id)
    second = writing.begin_revision(actor=town.counsellor2, article_id=article.id)
    opinion = writing.comment_on(actor=town.counsellor, revision_id=second.id, passage="", text="見本の意見です。")
    return {"article": article.id, "revision": second.id, "opinion": opinion.id}


def _body(scene: Scene, name: str, words: str) -> Any:
    """A body with which the right person would succeed."""
    town = scene.town
    case = {"open case": scene.open_case, "registered case": scene.registered}.get(words, scene.approval_case)
    due = (timezone.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    bodies: dict[str, Any] = {
        "portal:book": {
            "centre": town.centre_a.code, "way": "visit", "at": scene.more["free time"], "step": "book", "name": "見本 花子",
            "phone": "090-0000-0009", "mail": "", "matter": "",
        },
        "portal:booked_change": {"at": scene.more["free time"]},
        "desk:booking-change": {"at": scene.more["free time"]},
        "desk:booking-state": {"act": "cancel"},
        "desk:booking-hours": {
            "visit_opens_0_1": "09:00", "visit_closes_0_1": "12:00", "minutes_visit": "30", "capacity_visit": "1",
            "minutes_phone": "30", "capacity_phone": "1", "lead_hours": "24", "days_ahead": "14",
        },
        "portal:video": {"consent": "agreed"},
        "portal:survey": {"satisfaction": "5"},
        "portal:video_say": {"kind": "ready"},
        **education.bodies(),
        "portal:watch": WATCH_REPORT,
        "portal:watch_member": WATCH_REPORT,
        "desk:watch-member-new": {"kind": "bank", "organisation": "みほん銀行", "name": NAME, **_valid_until()},
        "desk:watch-member-renew": {"version": "1", **_valid_until()},
        "desk:telephone-ask": {"kind": "wrap_up_done"},
        "desk:telephone-state": {"choice": "available"},
        "desk:telephone-station": {"user": "matrix-phone"},
        "desk:telephone-connect": {"offer": "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\n"},
        "desk:call-number": {"purpose": "own_case"},
        "desk:call-listen": {"purpose": "own_case"},
        "desk:call-continue": {"receipt_number": scene.open_case.receipt_number},
        "desk:case-call": {"number": PHONE_SHOWN},
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
        "desk:case-refer": {
            "kind": "advice", "to": str(town.centre_b.id), "basis": "no_personal_data", "referral_id": str(uuid7()),
            "reason": "同じ事業者の件です。", "request": "考えを教えてください。",
        },
        "desk:case-hand-back": {
            "kind": "transfer", "to": str(town.centre_b.id), "basis": "no_personal_data", "referral_id": str(uuid7()),
            "reason": "つながらず国で受けた電話です。", "request": "対応をお願いします。",
        },
        "desk:case-via": {"route": "via", "office": "見本町役場", "version": "0"},
        "desk:referral-return": {"reason": "管轄がちがうため"},
        "desk:referral-end": {"reason": "解決したため"},
        "desk:referral-say": {"text": "事業者に電話しました。", "message_id": str(uuid7())},
        "desk:office-new": {"name": "見本市の無料法律相談", "kind": "legal", "version": "0"},
        "desk:office": {"name": "見本労働基準監督署", "kind": "labour", "version": "0"},
        "desk:case-note": {"version": case.version, "note_text": "覚え書きです。"},
        "desk:case-help": {"version": case.version, "help_reason": "law"},
        "desk:case-wait": {"version": case.version, "waiting_for": "business"},
        "desk:help-answer": {"advice": "書面の日を確かめてください。"},
        "desk:task-attempt": {"result": "absent"},
        "desk:task-snooze": {"choice": "hour"},
        "desk:task-give": {"to": str(town.users["supervisor"].pk)},
        "desk:absence-enter": {
            "user": str(town.users["counsellor"].pk), "first_day_y": "2099", "first_day_m": "4", "first_day_d": "1",
            "last_day_y": "2099", "last_day_m": "4", "last_day_d": "2",
        },
        "desk:team-policy": _policy(),
        "desk:phrase-new": {"version": "0", "kind": "template", "use": "close", "title": "結び", "body": "おわります。"},
        "desk:phrase": {"version": "1", "use": "close", "title": "結び", "body": "おわります。"},
        "desk:case-task": {"what": "電話する", "due_at": due},
        "desk:approval-decide": {
            "decision": "approve", "version": scene.approval.case_version, "confirmed": flags(scene.approval),
        },
        "desk:approval-absence": {
            "user": str(town.official.id), "deputy": str(town.supervisor.id), "first_y": "2099", "first_m": "4",
            "first_d": "1", "last_y": "2099", "last_m": "4", "last_d": "2",
        },
        "desk:approval-digest": {"wanted": "1"},
        "desk:correct": {
            "version": case.version, "product": "P1301", "sales_form": "mail_order", "correction_reason": "通信販売のため",
            "confirmed": "1",
        },
        "desk:corrections-bulk": {
            "case": f"{scene.registered.id}:{scene.registered.version}", "payment_method": "cash",
            "correction_reason": "現金と読めるため", "confirmed": "1",
        },
        "desk:correction-dispute": {"dispute_reason": "契約書では訪問販売でした"},
        "desk:correction-answer": {"decision": "withdraw", "answer_reason": "センターの記録が正しいため"},
        "desk:matter-new": {
            "kind": "wait", "severity": "low", "channel": "phone", "noticed_on_y": "2026", "noticed_on_m": "4",
            "noticed_on_d": "1", "what": "電話がつながらないと言われた", "key": "matrix-key-0002",
        },
        "desk:matter-causes": {"version": "2", "why_1": "電話が重なった", "root_cause": "昼の人数が足りない"},
        "desk:matter-progress": {"words": "昼の人数を数えた"},
        "desk:matter-measure": {
            "what": "昼の当番を2人にする", "owner": str(town.supervisor.id), "due_on_y": "2099", "due_on_m": "4",
            "due_on_d": "1", "check_on_y": "2099", "check_on_m": "5", "check_on_d": "1",
        },
        "desk:matter-close": {"answer": "お詫びし、当番を増やすと伝えた"},
        "desk:matter-reopen": {"reopen_reason": "また起きたため"},
        "desk:measure-check": {"held": "yes"},
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
        "desk:mediations": {"begin-business_name": "カクウ水道"},
        "desk:mediation-consent": {"consent-means": "phone", "consent-given_at": "2026-01-05T10:00"},
        "desk:mediation-contact": {
            "contact-direction": "to_business", "contact-means": "phone", "contact-at": "2026-01-05T10:00", "contact-words": "電話した。",
        },
        "desk:mediation-offer": {"offer-side": "business", "offer-terms": "全額を返す。"},
        "desk:mediation-answer": {"state": "refused"},
        "desk:mediation-result": {"result-outcome": "failed", "result-failed_because": "refused"},
        "desk:mediation-onward": {"onward-body": "court", "onward-state": "preparing", **_day("onward-on")},
        "desk:mediation-onward-result": {
            "onward-result-state": "applied", **_day("onward-result-on"),
        },
        "desk:mediation-letter-output": {
            "body": "回答をお願いします。", **_day("deadline-due_on", "2099"),
        },
        "desk:redress": {
            "redress-kind": "withdrawn", "redress-amount": "50,000", **_day("redress-on"),
            "redress-source": "advice", "redress-proof": "consumer",
        },
        "desk:redress-counter": {"counter-reason": "けたをまちがえた"},
        "desk:accident-save": {"notice-what": "給湯器が発煙した。"},
        "desk:accident-sent": {"sent-means": "mail", "sent-to": "消費者庁", "sent-at": timezone.localtime().strftime("%Y-%m-%dT%H:%M")},
        "desk:accident-close": {"reason-reason": "治療は3日だった"},
        "desk:ask-begin": {"test-addressee": "国民生活センター", "test-text": "給湯器を調べてほしい。"},
        "desk:ask-log": {f"log-{scene.more['ask']}-step": "note", f"log-{scene.more['ask']}-words": "電話で聞いた。"},
        "desk:ask-consumer": {f"consumer-{scene.more['cooperation']}-agrees": "yes", f"consumer-{scene.more['cooperation']}-means": "phone"},
        "desk:ask-centre": {f"centre-{scene.more['cooperation']}-agrees": "yes"},
        "desk:ask-cooperation": {"cooperation-authority": "消費者庁", "cooperation-question": "契約書の写しがあるか。"},
        "desk:conduct-act": {"warn-words": "落ち着いてお話しください。"},
        "desk:conduct-rule": {"rule-warnings_needed": "2", "rule-longest_days": "60", "rule-warning": "警告", "rule-ending": "終了"},
        "desk:search": {"q": "屋根"},
        "desk:search-quick": {"q": "屋根"},
        "desk:search-save": {"q": "屋根", "name": "別の検索", "notice": "none"},
        "desk:saved-search-change": {"name": "新しい名前", "notice": "at_once"},
        "desk:synonyms": {"text": "ぴよ、ひよこ", "version": "0"},
        "desk:synonyms-restore": {"version": "1"},
        "desk:search-export": {"q": "屋根", "format": "csv", "purpose": "training", "reason": "研修で使うため"},
        "desk:telephone-number-new": {"number": "022-000-5678", "label": "夜間", "toll": "ordinary", "records": "on"},
        "desk:telephone-number": {"version": "1", "number": "022-000-1234", "label": "代表2", "toll": "free"},
        "desk:telephone-message": {"name": "storm", "do": "on", "sure": "yes", "words__ja": "大雨です。"},
        "desk:flow-new": {"name": "年末年始"},
        "desk:flow-settings": {
            "token": scene.more["flow token"], "languages": ["ja"], "relay_wait_s": "90", "relay_repeats": "3", "relay_pause_s": "20",
        },
        "desk:flow-publish": {"token": scene.more["flow token"]},
        "desk:flow-box": {"token": scene.more["flow token"], "say__ja": "では。", "counts_as": "after_hours"},
        "desk:flow-box-new": {"token": scene.more["flow token"], "say__ja": "お待ちください。"},
        "desk:follow-up-new": _follow_up(scene),
        "desk:follow-up-change": _follow_up(scene),
        "desk:follow-up-build": {"case": [str(scene.registered.id)]},
        "desk:follow-up-result": {"result": "settled", "answers": WISH},
        "desk:case-follow-up": {"of_list": str(scene.more["follow-up list"])},
        "portal:vote": {"useful": "yes"},
        "portal:news": {"address": "hanako@example.jp", "kinds": ["alert"], "interval": "weekly", "prefecture": "13"},
        "portal:note": {"text": "期限の数え方がわかりにくい。"},
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


