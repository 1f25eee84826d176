from django.apps import AppConfig


class PlatformConfig(AppConfig):
    name = "caasis.platform"
    label = "platform"
    verbose_name = "基盤"
