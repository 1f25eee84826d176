"""URLs for logging in: those of allauth's that staff need, under allauth's names."""

from __future__ import annotations

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.webauthn import views as webauthn
from allauth.usersessions import views as sessions
from django.urls import include, path

from caasis.accounts import views

_passkeys = [
    path("", webauthn.list_webauthn, name="mfa_list_webauthn"),
    path("add/", views.AddPasskeyView.as_view(), name="mfa_add_webauthn"),
    path("reauthenticate/", views.ReauthenticatePasskeyView.as_view(), name="mfa_reauthenticate_webauthn"),
    path("keys/<int:pk>/remove/", webauthn.remove_webauthn, name="mfa_remove_webauthn"),
    path("keys/<int:pk>/edit/", views.EditPasskeyView.as_view(), name="mfa_edit_webauthn"),
    path("login/", webauthn.login_webauthn, name="mfa_login_webauthn"),
]
_second_factor = [
    path("", mfa.index, name="mfa_index"),
    path("authenticate/", views.AuthenticateView.as_view(), name="mfa_authenticate"),
    path("reauthenticate/", views.ReauthenticateMfaView.as_view(), name="mfa_reauthenticate"),
    path("totp/activate/", views.ActivateTotpView.as_view(), name="mfa_activate_totp"),
    path("totp/deactivate/", views.DeactivateTotpView.as_view(), name="mfa_deactivate_totp"),
    path("recovery-codes/", recovery.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("recovery-codes/generate/", views.GenerateRecoveryCodesView.as_view(), name="mfa_generate_recovery_codes"),
    path("recovery-codes/download/", recovery.download_recovery_codes, name="mfa_download_recovery_codes"),
    path("webauthn/", include(_passkeys)),
]
urlpatterns = [
    path("login/", views.LoginView.as_view(), name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("reauthenticate/", views.ReauthenticateView.as_view(), name="account_reauthenticate"),
    path("password/change/", views.PasswordChangeView.as_view(), name="account_change_password"),
    path("password/set/", views.PasswordSetView.as_view(), name="account_set_password"),
    path("password/forgotten/", views.forgotten_password, name="account_reset_password"),
    path("signup/", views.no_sign_up, name="account_signup"),
    path("2fa/", include(_second_factor)),
    path("sessions/", sessions.list_usersessions, name="usersessions_list"),
]
