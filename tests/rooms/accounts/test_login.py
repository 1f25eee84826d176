"""Logging in through HTTP: right, wrong, locked, second factor, sessions."""

from __future__ import annotations

import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from caasis.organisations.models import FeatureFlag
from caasis.platform.outbox.models import OutboxEvent
from caasis.platform.transactions import system_transaction
from tests.support.cast import PASSWORD

pytestmark = pytest.mark.django_db
LOGIN = "/accounts/login/"


@pytest.fixture(autouse=True)
def no_memory() -> None:
    """The limits of tries count in the cache."""
    cache.clear()


@pytest.fixture
def user(town: Any) -> Any:
    user = town.users["counsellor"]
    user.set_password(PASSWORD)
    user.save()
    return user


def log_in(client: Client, password: str = PASSWORD, username: str = "counsellor", **extra: Any) -> Any:
    return client.post(LOGIN, {"login": username, "password": password}, **extra)


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def code_now(user: Any) -> str:
    secret = Authenticator.objects.get(user=user, type=Authenticator.Type.TOTP).wrap()
    return totp.format_hotp_value(totp.hotp_value(secret_of(secret), int(time.time()) // 30))


def secret_of(wrapped: Any) -> str:
    from caasis.accounts.adapters.allauth import StaffMfaAdapter

    return StaffMfaAdapter().decrypt(wrapped.instance.data["secret"])


def with_totp(user: Any) -> None:
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    TOTP.activate(user, generate_totp_secret())


def test_the_right_password_opens_the_desk(user: Any) -> None:
    client = Client()
    page = client.get(LOGIN)
    assert page.status_code == 200 and "利用者名" in page.content.decode()
    answer = log_in(client)
    assert (answer.status_code, answer["Location"]) == (302, "/desk/")
    assert is_in(client)


def test_a_wrong_password_and_an_unknown_name_are_answered_alike(user: Any) -> None:
    wrong, unknown = log_in(Client(), "ちがう"), log_in(Client(), "ちがう", "nobody")
    for answer in (wrong, unknown):
        assert answer.status_code == 422
        assert "利用者名かパスワードが違います。" in answer.content.decode()
        assert "ちがう" not in answer.content.decode(), "a password is never shown again"


@pytest.mark.parametrize(
    "values",
    [{}, {"login": "counsellor"}, {"login": "a" * 5000, "password": "x"}, {"login": "a\x00b", "password": "x"}],
)
def test_input_that_can_not_be_taken_gets_a_sentence(values: dict[str, str], user: Any) -> None:
    answer = Client().post(LOGIN, values)
    assert answer.status_code == 422 and "エラー：" in answer.content.decode()


def test_many_wrong_passwords_lock_and_the_page_says_how_to_get_out(user: Any, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = False
    client = Client()
    answers = [log_in(client, "ちがう") for _ in range(settings.AXES_FAILURE_LIMIT)]
    assert [answer.status_code for answer in answers[:-1]] == [422] * (settings.AXES_FAILURE_LIMIT - 1)
    locked = log_in(client)
    assert locked.status_code == 429 and not is_in(client), "now the right one doesn't help either"
    text = locked.content.decode()
    assert "15分" in text and "システム管理者" in text and "axes_reset_username" in text
    assert log_in(Client(REMOTE_ADDR="127.0.0.9")).status_code == 302, "nobody locks a colleague out from elsewhere"
    from django.core.management import call_command

    call_command("axes_reset_username", "counsellor", verbosity=0)
    assert log_in(client).status_code == 302


def test_the_code_of_the_app_is_asked_for_and_taken(user: Any) -> None:
    with_totp(user)
    client = Client()
    answer = log_in(client)
    assert answer["Location"] == reverse("mfa_authenticate") and not is_in(client)
    refused = client.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert refused.status_code == 422 and "番号が違います。" in refused.content.decode() and not is_in(client)
    taken = client.post(reverse("mfa_authenticate"), {"code": code_now(user)})
    assert taken.status_code == 302 and is_in(client)


def test_secrets_of_the_second_factor_lie_sealed(user: Any) -> None:
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    codes = RecoveryCodes.activate(user)
    stored = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in stored
    assert codes.instance.wrap().get_unused_codes() and codes.instance.wrap().get_unused_codes()[0] not in stored


def test_a_role_that_demands_it_leads_to_the_setting_first(user: Any, settings: Any, town: Any) -> None:
    client = Client()
    log_in(client)
    assert client.get("/accounts/sessions/").status_code == 200
    settings.SECOND_FACTOR_ROLES = ["counsellor"]
    answer = client.get("/desk/")
    assert (answer.status_code, answer["Location"]) == (302, reverse("mfa_index"))
    assert client.get(reverse("mfa_index")).status_code == 200
    refused = client.get("/api/v1/cases")
    assert refused.status_code == 403 and "二段階認証" in refused.json()["detail"]
    assert client.get("/desk/", HTTP_HX_REQUEST="true").status_code == 403
    with_totp(user)
    assert client.get("/desk/").status_code != 302 or client.get("/desk/")["Location"] != reverse("mfa_index")


def test_a_centre_demands_it_of_its_own_staff(user: Any, town: Any, settings: Any) -> None:
    with system_transaction():
        FeatureFlag.objects.create(name="second_factor", centre=town.centre_a, enabled=True)
    client, outside = Client(), Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    outside.force_login(town.users["outsider"], backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.get("/desk/")["Location"] == reverse("mfa_index")
    answer = outside.get("/desk/")
    assert answer.status_code == 200 or answer["Location"] != reverse("mfa_index")


def test_the_oldest_session_ends_and_the_person_is_told(user: Any, settings: Any) -> None:
    clients = [Client(HTTP_USER_AGENT=f"Browser {n}") for n in range(settings.SESSIONS_PER_USER + 1)]
    for client in clients[:-1]:
        log_in(client)
    assert all(client.get("/accounts/sessions/").status_code == 200 for client in clients[:-1])
    log_in(clients[-1])
    assert clients[0].get("/accounts/sessions/").status_code == 302, "the oldest has to log in again"
    assert [client.get("/accounts/sessions/").status_code for client in clients[1:-1]] == [200] * (len(clients) - 2)
    page = clients[-1].get("/accounts/sessions/").content.decode()
    assert "いちばん古いログインを終わらせました" in page
    assert UserSession.objects.filter(user=user).count() == settings.SESSIONS_PER_USER
    assert OutboxEvent.objects.get(topic="accounts.sessions_ended").subject == user.pk


def test_all_other_sessions_can_be_ended(user: Any) -> None:
    one, two = Client(), Client()
    log_in(one)
    log_in(two)
    assert two.get("/accounts/sessions/").content.decode().count("<tr>") == 3
    two.post("/accounts/sessions/")
    assert one.get("/accounts/sessions/").status_code == 302 and two.get("/accounts/sessions/").status_code == 200


def test_a_new_password_ends_the_other_sessions(user: Any) -> None:
    one, two = Client(), Client()
    log_in(one)
    log_in(two)
    new = "あたらしい あいことば 2026"
    answer = two.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert answer.status_code == 302
    assert one.get("/accounts/sessions/").status_code == 302
    assert two.get("/accounts/sessions/").status_code == 200


def test_an_inactive_account_gets_nowhere(user: Any) -> None:
    user.is_active = False
    user.save()
    client = Client()
    log_in(client)
    assert not is_in(client)


def test_a_setting_that_matters_asks_for_the_password_again(user: Any) -> None:
    client = Client()
    log_in(client)
    answer = client.get(reverse("mfa_activate_totp"))
    assert answer["Location"].startswith(reverse("account_reauthenticate"))
    wrong = client.post(answer["Location"], {"password": "ちがう"})
    assert wrong.status_code == 422 and "パスワードが違います。" in wrong.content.decode()
    right = client.post(answer["Location"], {"password": PASSWORD, "next": reverse("mfa_activate_totp")})
    assert right["Location"] == reverse("mfa_activate_totp")
    assert client.get(reverse("mfa_activate_totp")).status_code == 200


def test_log_out_needs_a_post(user: Any) -> None:
    client = Client()
    log_in(client)
    assert client.get("/accounts/logout/").status_code == 200 and is_in(client)
    assert client.post("/accounts/logout/").status_code == 302 and not is_in(client)


def test_nobody_is_sent_to_another_site(user: Any) -> None:
    client = Client()
    answer = client.post(
        f"{LOGIN}?next=https://example.jp/",
        {"login": "counsellor", "password": PASSWORD, "next": "https://example.jp/"},
    )
    assert answer["Location"] == "/desk/"


@pytest.mark.parametrize("path", ["signup/", "email/", "confirm-email/", "3rdparty/", "login/code/"])
def test_what_staff_don_t_need_is_not_there(path: str, user: Any) -> None:
    assert Client().get(f"/accounts/{path}").status_code == 404


PAGES = [
    "account_change_password", "mfa_index", "mfa_activate_totp", "mfa_deactivate_totp", "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes", "mfa_list_webauthn", "mfa_add_webauthn", "usersessions_list", "account_logout",
    "mfa_reauthenticate", "account_reauthenticate",
]  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
def test_every_page_speaks_japanese_and_keeps_to_the_policy(name: str, user: Any) -> None:
    client = Client()
    with_totp(user)
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes

    RecoveryCodes.activate(user)
    if name == "mfa_activate_totp":
        Authenticator.objects.filter(user=user).delete()
        log_in(client)
    else:
        log_in(client)
        client.post(reverse("mfa_authenticate"), {"code": code_now(user)})
    # Settings that matter ask for the password again, however fresh the login is.
    asked = client.post(reverse("account_reauthenticate"), {"password": PASSWORD, "next": "/accounts/2fa/"})
    assert asked.status_code == 302, asked.content.decode()
    answer = client.get(reverse(name))
    assert answer.status_code == 200, answer.get("Location")
    text = answer.content.decode()
    assert text.count("<h1>") == 1 and "<script>" not in text and "style=" not in text
    import re

    words = re.sub(r"<[^>]*>", " ", text.split("<main", 1)[1].split(">", 1)[1].split("</main>")[0])
    english = [word for word in re.findall(r"[A-Za-z]{4,}", words) if word not in ("Mozilla",)]
    if name not in ("mfa_view_recovery_codes", "mfa_activate_totp"):
        assert english == []
    assert "unsafe-" not in answer["Content-Security-Policy"]


@pytest.mark.parametrize("name", [*PAGES, "mfa_download_recovery_codes"])
def test_the_public_is_sent_to_the_login(name: str, user: Any) -> None:
    answer = Client().get(reverse(name))
    assert answer.status_code == 302 and answer["Location"].startswith((LOGIN, "/accounts/login", "/desk/"))
