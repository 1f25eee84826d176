from django.apps import AppConfig


class AppointmentsConfig(AppConfig):
    name = "caasis.appointments"
    label = "appointments"
    verbose_name = "約束"

    def ready(self) -> None:
        from caasis.appointments import education_privacy, handlers, privacy_data, retention

        privacy_data.register()
        retention.register()
        education_privacy.register()
        # Imported so that its functions are subscribed.
        assert handlers
