"""Logging in: allauth's views with our forms, the status 422 for refused input, and data that the policy allows."""

from __future__ import annotations

import json
from typing import Any

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url

from caasis.accounts import forms
from caasis.kernel.errors import NotFound


class _Refusing:
    """Answers refused input with 422, and hands a passkey's options to the page as an attribute, not as a script."""

    def form_invalid(self, form: Any) -> HttpResponse:
        response = super().form_invalid(form)  # type: ignore[misc]
        if response.status_code == 200:
            response.status_code = 422
        return response  # type: ignore[no-any-return]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)  # type: ignore[misc]
        if "js_data" in context:
            context["passkey_options"] = json.dumps(context["js_data"])
        return context  # type: ignore[no-any-return]


class LoginView(_Refusing, account.LoginView):  # type: ignore[misc]
    form_class = forms.LoginForm


class ReauthenticateView(_Refusing, account.ReauthenticateView):  # type: ignore[misc]
    form_class = forms.ReauthenticateForm


class PasswordChangeView(_Refusing, account.PasswordChangeView):  # type: ignore[misc]
    form_class = forms.ChangePasswordForm


class PasswordSetView(_Refusing, account.PasswordSetView):  # type: ignore[misc]
    form_class = forms.SetPasswordForm

    def get_default_success_url(self) -> str:
        """To the desk, where whoever has just chosen a first password wanted to go."""
        return resolve_url(settings.LOGIN_REDIRECT_URL)


class AuthenticateView(_Refusing, mfa.AuthenticateView):  # type: ignore[misc]
    form_class = forms.AuthenticateForm


class ReauthenticateMfaView(_Refusing, mfa.ReauthenticateView):  # type: ignore[misc]
    form_class = forms.ReauthenticateMfaForm


class ActivateTotpView(_Refusing, totp.ActivateTOTPView):  # type: ignore[misc]
    form_class = forms.ActivateTotpForm


class DeactivateTotpView(_Refusing, totp.DeactivateTOTPView):  # type: ignore[misc]
    pass


class GenerateRecoveryCodesView(_Refusing, recovery.GenerateRecoveryCodesView):  # type: ignore[misc]
    pass


class AddPasskeyView(_Refusing, webauthn.AddWebAuthnView):  # type: ignore[misc]
    form_class = forms.AddPasskeyForm


class EditPasskeyView(_Refusing, webauthn.EditWebAuthnView):  # type: ignore[misc]
    form_class = forms.EditPasskeyForm


class ReauthenticatePasskeyView(_Refusing, webauthn.ReauthenticateWebAuthnView):  # type: ignore[misc]
    pass


def forgotten_password(request: HttpRequest) -> HttpResponse:
    """What to do without the password: nobody gets one by mail, the administrator sets a new one."""
    return render(request, "account/password_forgotten.html")


def no_sign_up(request: HttpRequest) -> HttpResponse:
    """allauth names this address in its pages; accounts of staff are made by an administrator."""
    raise NotFound
