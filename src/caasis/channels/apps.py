from django.apps import AppConfig


class ChannelsConfig(AppConfig):
    name = "caasis.channels"
    label = "channels"
    verbose_name = "接点"

    def ready(self) -> None:
        from caasis.channels import privacy_data, retention

        privacy_data.register()
        retention.register()
