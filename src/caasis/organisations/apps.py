from django.apps import AppConfig


class OrganisationsConfig(AppConfig):
    name = "caasis.organisations"
    label = "organisations"
    verbose_name = "自治体とセンター"
