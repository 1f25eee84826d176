from django.apps import AppConfig


class QueuesConfig(AppConfig):
    name = "caasis.queues"
    label = "queues"
    verbose_name = "受付の列"
