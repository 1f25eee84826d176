from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "caasis.audit"
    label = "audit"
    verbose_name = "アクセス記録"
