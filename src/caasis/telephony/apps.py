from django.apps import AppConfig


class TelephonyConfig(AppConfig):
    name = "caasis.telephony"
    label = "telephony"
    verbose_name = "電話"

    def ready(self) -> None:
        from caasis.telephony import handlers, privacy_data, retention

        privacy_data.register()
        retention.register()
        # Imported so that its functions are subscribed.
        assert handlers
