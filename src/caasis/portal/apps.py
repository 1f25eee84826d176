from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "caasis.portal"
    label = "portal"
    verbose_name = "ポータル"
