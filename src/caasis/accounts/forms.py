"""allauth's forms with our labels and sentences."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as account
from allauth.mfa.base import forms as mfa
from allauth.mfa.totp import forms as totp
from allauth.mfa.webauthn import forms as webauthn

from caasis.platform.forms import AppForm


class _Labelled(AppForm):
    """Takes labels and help from the class; leaves out placeholders, which vanish when one types."""

    requirement_marks = False
    labels: dict[str, str] = {}
    helps: dict[str, str] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.label = self.labels.get(name, field.label)
            field.help_text = self.helps.get(name, "")
            field.widget.attrs.pop("placeholder", None)
            field.error_messages["required"] = f"{field.label}を入力してください。"


class LoginForm(_Labelled, account.LoginForm):  # type: ignore[misc]
    labels = {"login": "利用者名", "password": "パスワード"}


class ReauthenticateForm(_Labelled, account.ReauthenticateForm):  # type: ignore[misc]
    labels = {"password": "パスワード"}


class ChangePasswordForm(_Labelled, account.ChangePasswordForm):  # type: ignore[misc]
    labels = {
        "oldpassword": "いまのパスワード",
        "password1": "新しいパスワード",
        "password2": "新しいパスワード（もう一度）",
    }
    helps = {"password1": "12字以上。ことばをいくつか並べると、長くても覚えられます。"}


class SetPasswordForm(_Labelled, account.SetPasswordForm):  # type: ignore[misc]
    labels = ChangePasswordForm.labels
    helps = ChangePasswordForm.helps


class AuthenticateForm(_Labelled, mfa.AuthenticateForm):  # type: ignore[misc]
    labels = {"code": "番号"}
    helps = {"code": "認証アプリの6けたの番号か、リカバリーコードを入力してください。"}


class ReauthenticateMfaForm(_Labelled, mfa.ReauthenticateForm):  # type: ignore[misc]
    labels = AuthenticateForm.labels
    helps = AuthenticateForm.helps


class ActivateTotpForm(_Labelled, totp.ActivateTOTPForm):  # type: ignore[misc]
    labels = {"code": "アプリに表示された番号"}
    helps = {"code": "6けたの数字です。30秒ごとに変わります。"}


class AddPasskeyForm(_Labelled, webauthn.AddWebAuthnForm):  # type: ignore[misc]
    labels = {"name": "名前", "passwordless": "パスワードなしのログインにも使う", "credential": "パスキー"}
    helps = {"name": "例：職場のパソコン", "passwordless": "指紋・顔・PINのどれかで本人を確かめる端末で使えます。"}


class EditPasskeyForm(_Labelled, webauthn.EditWebAuthnForm):  # type: ignore[misc]
    labels = {"name": "名前"}
