from django.apps import AppConfig


class KnowledgeConfig(AppConfig):
    name = "caasis.knowledge"
    label = "knowledge"
    verbose_name = "知識"
