from django.apps import AppConfig


class ProvisionConfig(AppConfig):
    name = "caasis.provision"
    label = "provision"
    verbose_name = "提供"
