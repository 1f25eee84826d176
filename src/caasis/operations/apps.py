from django.apps import AppConfig


class OperationsConfig(AppConfig):
    name = "caasis.operations"
    label = "operations"
    verbose_name = "運営"

    def ready(self) -> None:
        from caasis.operations import definitions, privacy_data

        privacy_data.register()
        assert definitions
