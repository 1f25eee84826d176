"""django-allauth: no sign-up, sentences of our own, sealed secrets, Japanese names for devices."""

from __future__ import annotations

import base64
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from caasis.platform.crypto.ciphers import open_bytes, seal_bytes

_PLACE = "mfa_authenticator:secret"


class StaffAccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts of staff are made by an administrator; nobody signs up."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "account_inactive": "このアカウントは止められています。管理者に確かめてください。",
        "username_password_mismatch": "利用者名かパスワードが違います。もう一度入力してください。",
        "invalid_login": "ログインできませんでした。もう一度お試しください。",
        "incorrect_password": "パスワードが違います。もう一度入力してください。",
        "enter_current_password": "いまのパスワードが違います。もう一度入力してください。",
        "too_many_login_attempts": "何度も間違えたので、しばらく使えません。15分たってからお試しください。",
        "rate_limited": "短い時間に何度も送られました。少し待ってください。",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def ajax_response(self, request: HttpRequest, response: HttpResponse, **kwargs: Any) -> HttpResponse:
        """The page, whatever the body claims to be: a second form of every answer would be one that nobody looks at."""
        return response

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        """After a one-time password the way leads to a password of one's own, wherever else it was meant to lead."""
        response = super().post_login(request, user, **kwargs)
        if getattr(request, "must_choose_password", False):
            return HttpResponseRedirect(reverse("account_set_password"))
        return response  # type: ignore[no-any-return]


class StaffMfaAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Passkeys carry the member's display name; secrets of authenticator apps and recovery codes lie sealed."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "番号が違います。アプリの新しい番号を入力してください。",
        "cannot_delete_authenticator": "二段階認証を止められません。管理者に確かめてください。",
        "cannot_generate_recovery_codes": "先に、認証アプリかパスキーを設定してください。",
    }

    def get_public_key_credential_user_entity(self, user: Any) -> dict[str, Any]:
        entity = super().get_public_key_credential_user_entity(user)
        return {**entity, "name": user.username, "display_name": str(user)}

    def generate_authenticator_name(self, user: Any, type: str) -> str:
        count = Authenticator.objects.filter(user=user, type=type).count()
        return "パスキー" if count == 0 else f"パスキー{count + 1}"

    def encrypt(self, text: str) -> str:
        """Seal a secret for the table; its key comes from SECRET_KEY, which lies outside the database."""
        return base64.b64encode(seal_bytes(_key(), text.encode(), _PLACE)).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return open_bytes(_key(), base64.b64decode(encrypted_text), _PLACE).decode()


def _key() -> bytes:
    derived = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"caasis second factor")
    return derived.derive(settings.SECRET_KEY.encode())
