from django.apps import AppConfig


class AnalyticsConfig(AppConfig):
    name = "caasis.analytics"
    label = "analytics"
    verbose_name = "分析"

    def ready(self) -> None:
        from caasis.analytics import handlers, reading_definitions, telephone_definitions

        # Imported so that the functions are subscribed and every metric stands in the registry.
        assert handlers and reading_definitions and telephone_definitions
