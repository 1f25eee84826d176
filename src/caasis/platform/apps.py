from django.apps import AppConfig


class PlatformConfig(AppConfig):
    name = "caasis.platform"
    label = "platform"
    verbose_name = "基盤"

    def ready(self) -> None:
        from pathlib import Path

        from django.conf import settings

        from caasis.platform.search.access import use_folder
        from caasis.platform.search.outbox import connect

        use_folder(Path(settings.CAASIS_HOME) / "index")
        connect()
