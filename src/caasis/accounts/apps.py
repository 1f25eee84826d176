from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "caasis.accounts"
    label = "accounts"
    verbose_name = "利用者"

    def ready(self) -> None:
        from caasis.accounts import handlers
        from caasis.accounts.selectors import holds_emergency_access
        from caasis.privacy.registry import register_emergency_question

        register_emergency_question(holds_emergency_access)
        handlers.connect()
