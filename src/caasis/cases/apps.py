from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "caasis.cases"
    label = "cases"
    verbose_name = "相談"

    def ready(self) -> None:
        from caasis.cases import evidence, handlers, jobs, privacy_data, retention, search

        privacy_data.register()
        retention.register()
        search.register()
        evidence.register()
        assert handlers and jobs
