from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "caasis.people"
    label = "people"
    verbose_name = "人"

    def ready(self) -> None:
        from caasis.people import handlers, privacy_data

        privacy_data.register()
        # Imported so that its functions are subscribed.
        assert handlers
