from django.apps import AppConfig


class AnalyticsConfig(AppConfig):
    name = "caasis.analytics"
    label = "analytics"
    verbose_name = "分析"

    def ready(self) -> None:
        from caasis.analytics import handlers

        assert handlers
