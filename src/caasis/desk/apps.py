from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "caasis.desk"
    label = "desk"
    verbose_name = "デスク"
