from django.apps import AppConfig


class OperationsConfig(AppConfig):
    name = "caasis.operations"
    label = "operations"
    verbose_name = "運営"

    def ready(self) -> None:
        from caasis.operations import definitions, handlers, jobs, privacy_data, retention

        privacy_data.register()
        retention.register()
        # Imported so that its functions are subscribed, run at their time, and every metric stands in the registry.
        assert definitions and handlers and jobs
