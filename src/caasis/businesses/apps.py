from django.apps import AppConfig


class BusinessesConfig(AppConfig):
    name = "caasis.businesses"
    label = "businesses"
    verbose_name = "事業者"
