from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "caasis.accounts"
    label = "accounts"
    verbose_name = "利用者"
