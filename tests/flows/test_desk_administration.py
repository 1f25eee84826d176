"""運用 through the desk: state, dead letters, users and centres, for administrators and nobody else."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from caasis.accounts.models import Membership, User
from caasis.accounts.selectors import actor_of
from caasis.audit.models import AccessRecord
from caasis.kernel.actor import Role
from caasis.kernel.ids import uuid7
from caasis.organisations.models import Centre, CentreSettings, OpeningHours, SpecialDay
from caasis.platform.outbox.handlers import consumers, subscribe
from caasis.platform.outbox.models import DeadLetter
from caasis.platform.outbox.relay import MAX_TRIES, number_committed_events, run_once

pytestmark = pytest.mark.django_db(databases=["default", "owner"])
STATE, LETTERS, USERS, CENTRES = ("desk:administration", "desk:admin-letters", "desk:admin-users", "desk:admin-centres")
EVERYBODY_ELSE = ("counsellor", "supervisor", "official", "outsider", "outside_official", "ncac", "analyst")


@pytest.fixture(autouse=True)
def no_memory() -> None:
    """The limits of tries count in the cache."""
    cache.clear()


@pytest.fixture
def admin(town: Any, client_for: Any) -> Client:
    return client_for("admin")


@pytest.fixture
def letter(town: Any) -> DeadLetter:
    return DeadLetter.objects.create(
        consumer="analytics.facts", position=1, topic="cases.registered", subject=uuid7(), centre_id=town.centre_a.id,
        error="KeyError (facts.py:12 store)", tries=MAX_TRIES,
    )  # fmt: skip


def text(response: Any) -> str:
    return response.content.decode()


def addresses(town: Any, letter: DeadLetter) -> list[str]:
    user, centre = [town.counsellor.id], [town.centre_a.id]
    return [
        *(reverse(name) for name in (STATE, LETTERS, USERS, CENTRES, "desk:admin-user-new", "desk:admin-centre-new")),
        *(reverse(f"desk:admin-letter-{verb}", args=[letter.id]) for verb in ("retry", "discard")),
        *(
            reverse(f"desk:admin-{name}", args=user)
            for name in ("user", "role-grant", "role-end", "user-password", "sessions-end", "user-unlock")
        ),
        *(
            reverse(f"desk:admin-{name}", args=centre)
            for name in ("centre", "centre-hours", "centre-settings", "day-set", "day-remove")
        ),
    ]


class TestWhoMay:
    @pytest.mark.parametrize("role", EVERYBODY_ELSE)
    def test_nobody_else_opens_or_changes_anything(self, role: str, town: Any, letter: DeadLetter, client_for: Any) -> None:
        client = client_for(role)
        before = (User.objects.count(), Centre.objects.count(), Membership.objects.count())
        for address in addresses(town, letter):
            allowed = {405} if address.endswith(("retry", "grant", "end", "password", "unlock", "set", "remove")) else set()
            assert client.get(address).status_code in {403, *allowed}, address
            answer = client.post(address, {"reason": "いらなくなったため", "held": "counsellor:"})
            assert answer.status_code in (403, 405), address
        assert before == (User.objects.count(), Centre.objects.count(), Membership.objects.count())
        letter.refresh_from_db()
        assert letter.resolved_at is None and letter.tries == MAX_TRIES
        assert "運用" not in re.findall(r"<nav.*?</nav>", text(client.get(reverse("desk:cases"))), re.S)[0]

    def test_the_public_is_led_to_the_login(self, town: Any, letter: DeadLetter, client: Client) -> None:
        for address in addresses(town, letter):
            assert client.get(address).status_code in (302, 405)
            assert client.post(address).status_code in (401, 405)

    def test_a_login_leads_the_administrator_here(self, admin: Client) -> None:
        answer = admin.get("/desk/", follow=True)
        assert answer.redirect_chain == [(reverse(STATE), 302)]
        for name in (STATE, LETTERS, USERS, CENTRES):
            assert f'href="{reverse(name)}"' in text(answer)
        assert 'name="app-stream"' not in text(answer) and 'id="app-find"' not in text(answer)

    def test_who_also_works_in_a_centre_keeps_the_centres_home(self, town: Any, client_for: Any) -> None:
        Membership.objects.create(user=town.users["counsellor"], role=Role.ADMIN.value)
        client = client_for("counsellor")
        home = client.get("/desk/")
        assert home.status_code == 200 and f'href="{reverse(STATE)}"' in text(home)


class TestState:
    def test_the_checks_of_doctor_are_on_the_screen(self, admin: Client) -> None:
        from caasis.config.doctor.registry import CHECKS

        page = text(admin.get(reverse(STATE)))
        for name in CHECKS:
            assert name in page
        assert "PostgreSQL 18" in page

    def test_a_letter_is_seen_in_the_state(self, admin: Client, settings: Any) -> None:
        settings.SYSTEM_CHECKS = f"{__name__}.two_findings"
        page = text(admin.get(reverse(STATE)))
        assert "直すことがあります" in page and "ディスクを増やしてください" in page
        settings.SYSTEM_CHECKS = f"{__name__}.one_finding"
        assert "問題はありません" in text(admin.get(reverse(STATE)))


def one_finding() -> list[tuple[str, str, str, str]]:
    return [("鍵", "ok", "あります。", "")]


def two_findings() -> list[tuple[str, str, str, str]]:
    return [*one_finding(), ("空き容量", "problem", "空きがありません。", "ディスクを増やしてください。")]


class TestLetters:
    def test_the_list_says_what_stands_still_and_why(self, admin: Client, letter: DeadLetter) -> None:
        page = text(admin.get(reverse(LETTERS)))
        for words in ("統計の集計", "cases.registered", f"{MAX_TRIES}回", "KeyError (facts.py:12 store)"):
            assert words in page
        letter.delete()
        assert "止まった処理はありません" in text(admin.get(reverse(LETTERS)))

    def test_a_letter_is_delivered_when_its_reader_is_mended(self, town: Any, admin: Client) -> None:
        from caasis.accounts.services import grant_role

        broken, seen = [True], []

        @subscribe("test.administration", "accounts.roles_changed")
        def handler(event: Any) -> None:
            if broken[0]:
                raise KeyError("見本 花子")
            seen.append(event.subject)

        try:
            grant_role(actor=town.admin, user_id=town.ncac.id, role=Role.ANALYST)
            while number_committed_events():
                pass
            run_once()
            letter = DeadLetter.objects.get(consumer="test.administration")
            assert "花子" not in text(admin.get(reverse(LETTERS)))
            address = reverse("desk:admin-letter-retry", args=[letter.id])
            page = admin.post(address, follow=True)
            assert "失敗しました" in text(page) and "止まった処理 <span" in text(page)
            broken[0] = False
            page = admin.post(address, follow=True)
            assert "処理できました" in text(page) and "止まった処理はありません" in text(page)
            assert seen == [town.ncac.id]
            assert admin.post(address).status_code == 404
        finally:
            broken[0] = False
            from caasis.platform.outbox import handlers

            handlers._consumers.pop("test.administration", None)
        assert "test.administration" not in {consumer.name for consumer in consumers()}
        rows = AccessRecord.objects.filter(action="retry_dead_letter", object_id=letter.id, actor_id=town.admin.id)
        assert rows.count() == 2

    def test_a_letter_is_given_up_only_with_a_reason(self, town: Any, admin: Client, letter: DeadLetter) -> None:
        address = reverse("desk:admin-letter-discard", args=[letter.id])
        assert "元に戻せません" in text(admin.get(address))
        for reason in ("", "不要", "あ" * 201, "\x00" * 9):
            answer = admin.post(address, {"reason": reason})
            assert answer.status_code == 422 and "エラー：" in text(answer)
        letter.refresh_from_db()
        assert letter.resolved_at is None
        page = admin.post(address, {"reason": "試験のデータ 090-1234-5678 だったため"}, follow=True)
        assert "捨てました" in text(page)
        letter.refresh_from_db()
        assert letter.resolved_at is not None, "the row itself stays"
        record = AccessRecord.objects.get(action="discard_dead_letter", object_id=letter.id)
        assert record.actor_id == town.admin.id and record.centre_id == town.centre_a.id
        assert "試験のデータ" in record.reason and "1234-5678" not in record.reason
        assert admin.get(address).status_code == 404


class TestUsers:
    def test_a_user_is_made_and_logs_in_with_what_the_page_showed(self, town: Any, admin: Client) -> None:
        form = {"username": "hanako", "display_name": "見本 花子", "role": "counsellor", "centre": str(town.centre_a.id)}
        answer = admin.post(reverse("desk:admin-user-new"), form)
        page = text(answer)
        assert answer.status_code == 200 and answer["Cache-Control"] == "no-store"
        password = re.search(r"<code>((?:[2-9a-z]{4}-){3}[2-9a-z]{4})</code>", page)
        assert password is not None
        user = User.objects.get(username="hanako")
        assert actor_of(user).works_for(town.centre_a.id)
        assert password[1] not in text(admin.get(reverse("desk:admin-user", args=[user.pk]))), "shown once"
        visitor = Client()
        answer = visitor.post("/accounts/login/", {"login": "hanako", "password": password[1]})
        assert answer["Location"] == "/accounts/password/set/"

    @pytest.mark.parametrize(
        ("changes", "sentence"),
        [
            ({"username": "counsellor"}, "この利用者名は使われています"),
            ({"username": ""}, "利用者名を入力してください"),
            ({"display_name": ""}, "氏名を入力してください"),
            ({"role": ""}, "役割を選んでください"),
            ({"role": "system"}, "役割を、一覧から選びなおしてください"),
            ({"centre": ""}, "この役割には、センターを選んでください"),
            ({"role": "ncac"}, "センターを選ばないでください"),
            ({"centre": "00000000-0000-0000-0000-000000000000"}, "センターを、一覧から選びなおしてください"),
        ],
    )
    def test_what_is_wrong_is_said_and_what_was_typed_stays(
        self, changes: dict[str, str], sentence: str, town: Any, admin: Client
    ) -> None:
        form = {"username": "hanako", "display_name": "見本 花子", "role": "counsellor", "centre": str(town.centre_a.id)}
        answer = admin.post(reverse("desk:admin-user-new"), form | changes)
        assert answer.status_code == 422 and sentence in text(answer)
        assert (form | changes)["display_name"] in text(answer)
        assert not User.objects.filter(username="hanako").exists()

    def test_roles_are_given_and_ended(self, town: Any, admin: Client) -> None:
        user = town.users["counsellor"]
        page = reverse("desk:admin-user", args=[user.pk])
        grant = reverse("desk:admin-role-grant", args=[user.pk])
        answer = admin.post(grant, {"role": "official", "centre": str(town.centre_b.id)})
        assert answer.status_code == 422, "nobody works for two centres"
        admin.post(grant, {"role": "official", "centre": str(town.centre_a.id)})
        assert actor_of(user).roles == {Role.COUNSELLOR, Role.OFFICIAL}
        assert "センター職員" in text(admin.get(page))
        end = reverse("desk:admin-role-end", args=[user.pk])
        held = f"counsellor:{town.centre_a.id}"
        admin.post(end, {"held": held})
        assert actor_of(user).roles == {Role.OFFICIAL}
        assert admin.post(end, {"held": held}).status_code == 404
        own = admin.post(reverse("desk:admin-role-end", args=[town.admin.id]), {"held": "admin:"}, follow=True)
        assert "ほかの管理者に頼んで" in text(own) and actor_of(town.users["admin"]).has(Role.ADMIN)

    def test_password_sessions_and_lock(self, town: Any, admin: Client, client_for: Any) -> None:
        user = town.users["counsellor"]
        made = admin.post(reverse("desk:admin-user-password", args=[user.pk]))
        assert re.search(r"<code>(?:[2-9a-z]{4}-){3}[2-9a-z]{4}</code>", text(made))
        assert "本人のログイン待ち" in text(admin.get(reverse("desk:admin-user", args=[user.pk])))
        assert admin.post(reverse("desk:admin-user-password", args=[town.admin.id])).status_code == 403
        answer = admin.post(reverse("desk:admin-sessions-end", args=[user.pk]), follow=True)
        assert "ログイン中の端末はありませんでした" in text(answer)
        answer = admin.post(reverse("desk:admin-user-unlock", args=[user.pk]), follow=True)
        assert "ロックされていませんでした" in text(answer)
        assert admin.get(reverse("desk:admin-user", args=[uuid7()])).status_code == 404

    def test_the_list_is_by_centre(self, town: Any, admin: Client) -> None:
        page = text(admin.get(reverse(USERS), {"where": str(town.centre_b.id)}))
        assert "見本 outsider" in page and "見本 counsellor" not in page and "2人" in page
        assert "見本 ncac" in text(admin.get(reverse(USERS), {"where": "national"}))
        for query in ({"where": "x"}, {"where": "\x00"}, {"start": "９"}, {"start": "99999999999"}, {"q": "\x00"}, {"start": "-1"}):
            assert admin.get(reverse(USERS), query).status_code in (200, 400)


class TestCentres:
    def test_a_centre_is_entered_and_its_hours_follow(self, town: Any, admin: Client) -> None:
        form = {"code": "c01", "name": "新町消費生活センター", "prefecture_code": "04", "place": "宮城野区", "phone": "022-000-0009"}
        answer = admin.post(reverse("desk:admin-centre-new"), form)
        centre = Centre.objects.get(code="C01")
        assert answer["Location"] == reverse("desk:admin-centre-hours", args=[centre.id])
        assert centre.municipality_code == "04102" and centre.phone == "022-000-0009"
        assert "開いている時間が未入力" in text(admin.get(reverse(CENTRES)))
        week = {"opens_0_1": "09:00", "closes_0_1": "12:00", "opens_0_2": "13:00", "closes_0_2": "16:30"}
        admin.post(reverse("desk:admin-centre-hours", args=[centre.id]), week)
        assert OpeningHours.objects.filter(centre=centre).count() == 2
        page = text(admin.get(reverse("desk:admin-centre-hours", args=[centre.id])))
        assert 'value="16:30"' in page
        assert "新町消費生活センター" in text(Client().get("/offices/?postcode=983-0852")).replace("<wbr>", "")

    @pytest.mark.parametrize(
        ("changes", "sentence"),
        [
            ({"code": "A01"}, "この記号は使われています"),
            ({"code": "あ"}, "半角の英大文字と数字"),
            ({"place": "どこにもない町"}, "市区町村の名前を"),
            ({"phone": "1"}, "電話番号を、市外局番から"),
            ({"name": ""}, "センターの名前を入力"),
            ({"prefecture_code": "77"}, "一覧から選びなおして"),
        ],
    )
    def test_what_is_wrong_is_said(self, changes: dict[str, str], sentence: str, admin: Client) -> None:
        form = {"code": "C01", "name": "新町", "prefecture_code": "04", "place": "宮城野区"}
        answer = admin.post(reverse("desk:admin-centre-new"), form | changes)
        assert answer.status_code == 422 and sentence in text(answer)
        assert Centre.objects.count() == 2

    def test_the_form_sends_back_what_it_showed(self, town: Any, admin: Client) -> None:
        address = reverse("desk:admin-centre", args=[town.centre_a.id])
        shown = admin.get(address).context["form"].initial
        closed = {"closed_on_y": "", "closed_on_m": "", "closed_on_d": ""}
        form = {key: "on" if value is True else value for key, value in shown.items() if value not in (None, False)}
        assert admin.post(address, form | closed | {"name": "青葉消費生活センター"}).status_code == 302
        town.centre_a.refresh_from_db()
        assert (town.centre_a.name, town.centre_a.municipality_code) == ("青葉消費生活センター", "04101")
        answer = admin.post(address, form | closed | {"name": "ほかの名前"})
        assert answer.status_code == 422 and "ほかの管理者が先に保存しました" in text(answer) and "ほかの名前" in text(answer)

    @pytest.mark.parametrize(
        ("week", "sentence"),
        [
            ({"opens_0_1": "09:00"}, "始まりと終わりの両方"),
            ({"opens_0_1": "12:00", "closes_0_1": "09:00"}, "始まりより後"),
            ({"opens_0_1": "09:00", "closes_0_1": "12:00", "opens_0_2": "11:00", "closes_0_2": "13:00"}, "重なっています"),
            ({"opens_0_1": "x", "closes_0_1": "12:00"}, "9:00のように"),
        ],
    )
    def test_a_wrong_week_is_said_and_changes_nothing(
        self, week: dict[str, str], sentence: str, town: Any, admin: Client
    ) -> None:
        answer = admin.post(reverse("desk:admin-centre-hours", args=[town.centre_a.id]), week)
        assert answer.status_code == 422 and sentence in text(answer)
        assert OpeningHours.objects.filter(centre=town.centre_a).count() == 10

    def test_special_days(self, town: Any, admin: Client) -> None:
        centre = [town.centre_a.id]
        day = {"day_y": "2099", "day_m": "4", "day_d": "1", "note": "設備の点検のため"}
        assert admin.post(reverse("desk:admin-day-set", args=centre), {"day_y": "2099"}).status_code == 422
        half = admin.post(reverse("desk:admin-day-set", args=centre), day | {"opens": "09:00"})
        assert half.status_code == 422 and "両方入力" in text(half)
        page = text(admin.post(reverse("desk:admin-day-set", args=centre), day, follow=True))
        assert "設備の点検のため" in page and "休み" in page
        for wrong in ("", "x", "2099-04-02"):
            assert admin.post(reverse("desk:admin-day-remove", args=centre), {"day": wrong}).status_code == 404
        admin.post(reverse("desk:admin-day-remove", args=centre), {"day": "2099-04-01"})
        assert not SpecialDay.objects.exists()

    def test_settings(self, town: Any, admin: Client) -> None:
        address = reverse("desk:admin-centre-settings", args=[town.centre_a.id])
        form = {"step_1": "supervisor", "step_2": "official", "deputy": "", "retention_years": "7", "version": "0", "second_factor": "on"}
        assert admin.post(address, form).status_code == 302
        row = CentreSettings.objects.get(centre=town.centre_a)
        assert row.approval_steps == ["supervisor", "official"] and row.approval_deputies == {} and row.retention_years == 7
        page = text(admin.get(address))
        assert 'value="7"' in page and re.search(r'name="second_factor"[^>]*checked', page)
        assert "ほかの管理者が先に" in text(admin.post(address, form))
        assert "同じ役割が2回" in text(admin.post(address, form | {"version": "1", "step_1": "official"}))
        assert "年数は1から30まで" in text(admin.post(address, form | {"version": "1", "retention_years": "99"}))
