"""助言・共同処理・移送 between centres: what leaves, who sees what and until when, on both sides and from a third one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import ProgrammingError, connection
from django.utils import timezone

from caasis.accounts.models import Membership, User
from caasis.accounts.selectors import actor_of
from caasis.audit.models import AccessRecord
from caasis.cases import services, sharing
from caasis.cases.models import Case, Referral, ReferralMessage, Share
from caasis.cases.rules.referring import ReferralForm, ReferralKind
from caasis.cases.selectors import read_card, with_parts
from caasis.kernel.actor import SYSTEM, Purpose, Role
from caasis.kernel.clock import day_in_japan
from caasis.kernel.errors import Invalid, NotAllowed, NotFound, WrongState
from caasis.organisations.models import Centre, Partnership
from caasis.people.models import Consent, Person
from caasis.platform.outbox.models import OutboxEvent
from caasis.platform.transactions import actor_transaction, system_transaction
from caasis.privacy.keys import Forgotten
from caasis.privacy.services import read_sealed

pytestmark = pytest.mark.django_db

NAME, PHONE, ADDRESS = "見本 花子", "090-1234-5678", "青葉区一番町九丁目8番7号"
CARD = {
    "title": "屋根の工事を解約したい",
    "summary": "突然来訪した事業者と屋根工事を契約した。",
    "consumer_name": NAME,
    "consumer_phone": PHONE,
    "consumer_address": ADDRESS,
    "product": "P1301",
    "sales_form": "door_to_door",
    "business_name": "カクウルーフ",
    "amount": "1,480,000",
}
ADVICE = ReferralForm(
    ReferralKind.ADVICE, "no_personal_data", "同じ事業者の相談が多いと聞いたため。", "これまでの交渉のしかたを教えてください。"
)


@pytest.fixture
def third(town: Any) -> Any:
    """A counsellor of a third centre, who has nothing to do with any of it."""
    with system_transaction():
        centre = Centre.objects.create(code="C01", name="紅葉市消費生活センター", prefecture_code="13", is_demo=True)
        user = User.objects.create(username="third", display_name="見本 third")
        Membership.objects.create(user=user, centre=centre, role=Role.COUNSELLOR.value)
        return actor_of(user)


@pytest.fixture
def case(town: Any) -> Any:
    return services.open_case(actor=town.counsellor, card=CARD)


def consented(kind: ReferralKind, *passed: str) -> ReferralForm:
    return ReferralForm(
        kind,
        "consent",
        "相談者が若葉市に引っ越したため。",
        "これからの対応をお願いします。",
        passed,
        "consumer",
        day_in_japan(timezone.now()),
        "phone",
    )


@pytest.fixture
def send(town: Any, case: Any) -> Callable[..., Referral]:
    def sent(form: ReferralForm = ADVICE, **more: Any) -> Referral:
        return services.send_referral(
            actor=town.counsellor, case_id=case.id, to_centre_id=town.centre_b.id, form=form, **more
        )

    return sent


def sees(actor: Any, referral: Referral) -> sharing.SharedCase | None:
    with actor_transaction(actor):
        return sharing.shared_case(sharing.get_referral(actor=actor, referral_id=referral.id), actor=actor)


def rows_behind_the_wall(actor: Any, case: Any) -> int:
    """How many rows of the case the database itself gives this person, without any filter of a selector."""
    with actor_transaction(actor):
        return Case.objects.filter(id=case.id).count()


# --- 助言 -------------------------------------------------------------------------------------------------------------


def test_advice_shows_the_case_without_personal_data_and_brings_an_answer(town: Any, case: Any, send: Any) -> None:
    referral = send()
    shared = sees(town.outsider, referral)
    assert shared is not None and shared.card["title"] == CARD["title"]
    assert not set(shared.card) & {"consumer_name", "consumer_phone", "consumer_address"}
    services.open_referral(actor=town.outsider, referral_id=referral.id)
    said = services.say(actor=town.outsider, referral_id=referral.id, text="契約書面の不備を先に確かめるとよいです。")
    assert said.kind == "answer"
    with actor_transaction(town.counsellor):
        mine = sharing.referrals_of_case(case, actor=town.counsellor)
        assert [(one.state, [m.text for m in sharing.said(one)]) for one in mine] == [("answered", [said.text])]
    kinds = set(case.entries.values_list("kind", flat=True))
    assert {"referred", "referral_opened", "referral_said"} <= kinds


def test_a_name_that_slips_into_a_text_later_is_masked_for_the_other_centre(town: Any, case: Any, send: Any) -> None:
    referral = send()
    with system_transaction():
        Case.objects.filter(id=case.id).update(summary=f"{NAME}さんから電話。{PHONE}へ折り返す。")
    shared = sees(town.outsider, referral)
    assert shared is not None
    assert "花子" not in str(shared.card["summary"]) and "1234" not in str(shared.card["summary"])


def test_the_outsider_and_a_third_centre_get_the_same_answer_as_for_nothing(
    town: Any, third: Any, case: Any, send: Any
) -> None:
    before = rows_behind_the_wall(town.outsider, case)
    referral = send()
    assert (before, rows_behind_the_wall(town.outsider, case)) == (0, 1)
    assert rows_behind_the_wall(third, case) == 0
    for actor in (third, town.analyst, town.ncac):
        for call in (
            lambda actor: sharing.get_referral(actor=actor, referral_id=referral.id),
            lambda actor: services.open_referral(actor=actor, referral_id=referral.id),
            lambda actor: services.accept_referral(actor=actor, referral_id=referral.id),
            lambda actor: services.return_referral(actor=actor, referral_id=referral.id, reason="ちがいます"),
            lambda actor: services.say(actor=actor, referral_id=referral.id, text="よそから"),
            lambda actor: services.withdraw_referral(actor=actor, referral_id=referral.id),
            lambda actor: services.end_sharing(actor=actor, referral_id=referral.id, reason="終わります"),
        ):
            with pytest.raises(NotFound), actor_transaction(actor):
                call(actor)
        with actor_transaction(actor):
            assert not Referral.objects.exists() and not Share.objects.exists() and not ReferralMessage.objects.exists()


def test_the_receiving_centre_reads_and_never_writes_the_shared_case(town: Any, case: Any, send: Any) -> None:
    send()
    wall = pytest.raises(ProgrammingError, match="row-level security")
    with wall, actor_transaction(town.outsider), connection.cursor() as cursor:
        cursor.execute("UPDATE cases_case SET title = 'ちがう' WHERE id = %s", [str(case.id)])
    with pytest.raises(NotFound):
        services.save_card(actor=town.outsider, case_id=case.id, version=case.version, changes={"title": "ちがう"})


@pytest.mark.parametrize("by", ["counsellor", "outsider"])
def test_after_the_end_of_sharing_the_case_is_gone_for_the_other_centre(town: Any, case: Any, send: Any, by: str) -> None:
    referral = send()
    services.say(actor=town.outsider, referral_id=referral.id, text="書面を確かめてください。")
    services.end_sharing(actor=town.actors[by], referral_id=referral.id, reason="回答をいただいたため")
    assert sees(town.outsider, referral) is None
    assert rows_behind_the_wall(town.outsider, case) == 0
    with pytest.raises(WrongState):
        services.say(actor=town.outsider, referral_id=referral.id, text="もう一つ")


# --- 共同処理 ----------------------------------------------------------------------------------------------------------


def test_joint_work_passes_on_what_was_ticked_under_the_other_centres_key(town: Any, case: Any, send: Any) -> None:
    referral = send(consented(ReferralKind.JOINT, "name", "phone"))
    services.accept_referral(actor=town.outsider, referral_id=referral.id)
    with actor_transaction(town.outsider):
        got = sharing.get_referral(actor=town.outsider, referral_id=referral.id)
        opened = sharing.open_passed(got, actor=town.outsider, purpose=Purpose.HANDOVER)
        assert got.person is not None and got.person.centre_id == town.centre_b.id
    assert set(opened) == {"name", "phone"}, "the address was not ticked"
    assert opened["name"] == NAME and opened["phone"].replace("-", "").endswith("9012345678")
    with actor_transaction(town.counsellor):
        assert Person.objects.filter(id=referral.person_id).count() == 0, "the row is the other centre's own"
    with system_transaction():
        sealed = Person.objects.get(id=referral.person_id)
        assert read_sealed(sealed, "address") == {"address": ""}
        consent = Consent.objects.get(person=case.parties.get(position=1).person)
        assert (consent.kind, consent.given_by_means) == ("pass_on", "phone")
        logged = AccessRecord.objects.filter(action="refer_case", object_id=referral.id)
        assert {row.centre_id for row in logged} == {town.centre_a.id, town.centre_b.id}
        assert AccessRecord.objects.filter(
            action="open_personal_data", centre_id=town.centre_b.id, actor_id=town.outsider.id
        ).exists()


def test_both_say_what_they_did(town: Any, send: Any) -> None:
    referral = send(consented(ReferralKind.JOINT, "name"))
    services.accept_referral(actor=town.outsider, referral_id=referral.id)
    services.say(actor=town.outsider, referral_id=referral.id, text="事業者に電話した。担当者は不在だった。")
    services.say(actor=town.counsellor, referral_id=referral.id, text="こちらは信販会社に書面を送った。")
    with actor_transaction(town.counsellor):
        said = sharing.said(sharing.get_referral(actor=town.counsellor, referral_id=referral.id))
        assert [message.kind for message in said] == ["progress", "progress"]


def test_the_end_destroys_what_was_passed_on(town: Any, send: Any) -> None:
    referral = send(consented(ReferralKind.JOINT, "name"))
    services.accept_referral(actor=town.outsider, referral_id=referral.id)
    services.end_sharing(actor=town.counsellor, referral_id=referral.id, reason="解決したため")
    with actor_transaction(town.outsider):
        got = sharing.get_referral(actor=town.outsider, referral_id=referral.id)
        with pytest.raises(NotFound):
            sharing.open_passed(got, actor=town.outsider, purpose=Purpose.HANDOVER)
    with system_transaction():
        person = Person.objects.get(id=referral.person_id)
        assert person.erased_at is not None and not person.name
        with pytest.raises(Forgotten):
            from caasis.privacy.keys import record_key_bytes

            record_key_bytes(person.record_key_id)


def test_a_return_says_why_and_ends_the_look(town: Any, case: Any, send: Any) -> None:
    referral = send(consented(ReferralKind.JOINT, "name"))
    with pytest.raises(Invalid):
        services.return_referral(actor=town.outsider, referral_id=referral.id, reason=" ")
    services.return_referral(actor=town.outsider, referral_id=referral.id, reason="管轄がちがうため")
    assert rows_behind_the_wall(town.outsider, case) == 0
    with actor_transaction(town.counsellor):
        got = sharing.get_referral(actor=town.counsellor, referral_id=referral.id)
        assert (got.state, got.closing_reason) == ("returned", "管轄がちがうため")
    with pytest.raises(WrongState, match="返却"):
        services.accept_referral(actor=town.outsider, referral_id=referral.id)
    # The case can be sent again, to the same centre too.
    assert send(consented(ReferralKind.JOINT, "name")).id != referral.id


# --- 移送 -------------------------------------------------------------------------------------------------------------


def test_a_transfer_goes_on_in_the_other_centre_and_counts_once(town: Any, case: Any, send: Any) -> None:
    referral = send(consented(ReferralKind.TRANSFER, "name", "phone"))
    done = services.accept_referral(actor=town.outsider, referral_id=referral.id)
    assert done.continued_as is not None
    with actor_transaction(town.outsider):
        taken = with_parts(Case.objects.filter(id=done.continued_as_id)).get()
        assert (taken.owning_centre_id, taken.handling_centre_id) == (town.centre_b.id, town.centre_b.id)
        assert (taken.route, taken.counsellor_id) == ("via_transfer", town.outsider.id)
        assert taken.received_on == case.received_on
        card = read_card(taken)
        assert (card["title"], card["amount"], card["business_name"]) == (CARD["title"], 1_480_000, "カクウルーフ")
        from caasis.cases.selectors import open_personal

        personal = open_personal(taken, actor=town.outsider)
        assert (personal["consumer_name"], personal["consumer_address"]) == (NAME, "")
    assert rows_behind_the_wall(town.outsider, case) == 0
    # The sender keeps what it did, to read; it is off its lists and will never be registered.
    with actor_transaction(town.counsellor):
        mine = Case.objects.get(id=case.id)
        assert mine.state == "transferred" and mine.entries.filter(kind="referral_accepted").exists()
        assert Case.objects.filter(id=done.continued_as_id).count() == 0
    with pytest.raises(WrongState):
        services.save_card(actor=town.counsellor, case_id=case.id, version=mine.version, changes={"title": "まだ"})
    with pytest.raises(WrongState):
        services.change_state(actor=town.counsellor, case_id=case.id, verb="begin_advice")


def test_a_transfer_waits_while_the_sender_is_being_decided_on(town: Any, send: Any, case: Any) -> None:
    referral = send(consented(ReferralKind.TRANSFER, "name"))
    with system_transaction():
        Case.objects.filter(id=case.id).update(state="waiting_approval")
    with pytest.raises(WrongState, match="決裁中"):
        services.accept_referral(actor=town.outsider, referral_id=referral.id)


def test_what_was_registered_once_is_never_handed_over(town: Any, send: Any, case: Any) -> None:
    with system_transaction():
        Case.objects.filter(id=case.id).update(registered_at=timezone.now())
    with pytest.raises(WrongState, match="共同処理"):
        send(consented(ReferralKind.TRANSFER, "name"))


def test_two_who_take_a_transfer_open_one_case(town: Any, send: Any) -> None:
    referral = send(consented(ReferralKind.TRANSFER, "name"))
    services.accept_referral(actor=town.outsider, referral_id=referral.id)
    with pytest.raises(WrongState, match="移送ずみ"):
        services.accept_referral(actor=town.outsider, referral_id=referral.id)
    with system_transaction():
        assert Case.objects.filter(handling_centre_id=town.centre_b.id).count() == 1


# --- sending and taking back ------------------------------------------------------------------------------------------


def test_an_undo_takes_everything_back_until_the_other_side_has_looked(town: Any, case: Any, send: Any) -> None:
    referral = send(consented(ReferralKind.JOINT, "name"))
    services.withdraw_referral(actor=town.counsellor, referral_id=referral.id, undo=True)
    assert rows_behind_the_wall(town.outsider, case) == 0
    with system_transaction():
        assert Person.objects.get(id=referral.person_id).erased_at is not None
    second = send(consented(ReferralKind.JOINT, "name"))
    services.open_referral(actor=town.outsider, referral_id=second.id)
    with pytest.raises(WrongState):
        services.withdraw_referral(actor=town.counsellor, referral_id=second.id, undo=True)
    with pytest.raises(NotAllowed):
        services.withdraw_referral(actor=town.outsider, referral_id=second.id)
    services.withdraw_referral(actor=town.counsellor, referral_id=second.id)


def test_an_undo_ends_with_its_seconds(town: Any, send: Any) -> None:
    referral = send()
    with system_transaction():
        Referral.objects.filter(id=referral.id).update(sent_at=timezone.now() - timedelta(minutes=1))
    with pytest.raises(WrongState):
        services.withdraw_referral(actor=town.counsellor, referral_id=referral.id, undo=True)


def test_the_same_page_sent_twice_sends_one_referral(send: Any) -> None:
    from caasis.kernel.ids import uuid7

    page = uuid7()
    assert send(page_id=page).id == send(page_id=page).id
    with system_transaction():
        assert Referral.objects.count() == 1


@pytest.mark.parametrize(
    ("form", "field"),
    [
        (consented(ReferralKind.ADVICE, "name"), "passed"),
        (ReferralForm(ReferralKind.JOINT, "no_personal_data", "理由です。はい", "お願いします。", ("name",)), "basis"),
        (ReferralForm(ReferralKind.JOINT, "danger", f"{NAME}さんが危ない。", "お願いします。", ("name",)), "reason"),
        (ReferralForm(ReferralKind.JOINT, "consent", "理由です。はい", "お願いします。", ("name",)), "consent_by"),
        (consented(ReferralKind.JOINT, "mail"), "passed"),
    ],
)
def test_a_form_that_must_be_mended_lets_nothing_leave(town: Any, case: Any, send: Any, form: Any, field: str) -> None:
    with pytest.raises(Invalid) as error:
        send(form)
    assert field in error.value.fields
    with system_transaction():
        assert not Referral.objects.exists() and not Share.objects.exists()
        assert not Person.objects.filter(centre_id=town.centre_b.id).exists()


def test_a_case_whose_texts_name_the_consumer_does_not_leave(town: Any, case: Any, send: Any) -> None:
    services.save_card(actor=town.counsellor, case_id=case.id, version=case.version, changes={"summary": f"{NAME}さんの件。"})
    with pytest.raises(Invalid) as error:
        send()
    assert "texts" in error.value.fields


def test_officials_and_outsiders_send_nothing(town: Any, case: Any) -> None:
    with pytest.raises(NotAllowed):
        services.send_referral(actor=town.official, case_id=case.id, to_centre_id=town.centre_b.id, form=ADVICE)
    with pytest.raises(NotFound):
        services.send_referral(actor=town.outsider, case_id=case.id, to_centre_id=town.centre_a.id, form=ADVICE)


def test_both_centres_hear_of_it_at_once(town: Any, case: Any, send: Any) -> None:
    send()
    with system_transaction():
        told = OutboxEvent.objects.filter(topic="cases.referral_changed", subject=case.id)
        assert {row.centre_id for row in told} == {town.centre_a.id, town.centre_b.id}


def test_partners_and_the_place_of_the_consumer_come_first(town: Any, third: Any) -> None:
    case = services.open_case(actor=town.counsellor, card={**CARD, "prefecture_code": "12", "municipality_code": "12101"})
    with actor_transaction(SYSTEM):
        Partnership.objects.create(
            centre=town.centre_a, partner_id=third.centre_id, kind="backup", valid_from=date(2020, 1, 1)
        )
    with actor_transaction(town.counsellor):
        groups = [(one.label, [centre.name for centre in one.centres]) for one in sharing.choices_for(case, actor=town.counsellor)]
    assert groups == [
        ("連携しているセンター", ["紅葉市消費生活センター"]),
        ("相談者の住まいを受け持つセンター", ["若葉市消費生活センター"]),
    ]


def test_only_the_national_back_up_hands_calls_back(town: Any, case: Any) -> None:
    form = ReferralForm(
        ReferralKind.TRANSFER, "no_personal_data", "つながらず国で受けた電話です。", "対応をお願いします。", handed_back=True
    )
    mine = services.open_case(actor=town.outsider, card={"title": "つながらない"})
    with pytest.raises(NotAllowed):
        services.send_referral(actor=town.outsider, case_id=mine.id, to_centre_id=town.centre_a.id, form=form)
    sent = services.send_referral(actor=town.counsellor, case_id=case.id, to_centre_id=town.centre_b.id, form=form)
    with actor_transaction(town.outsider):
        assert [one.id for one in sharing.inbox(actor=town.outsider)] == [sent.id]
