from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "caasis.desk"
    label = "desk"
    verbose_name = "デスク"

    def ready(self) -> None:
        from caasis.cases.directory import offices_of_centre
        from caasis.telephony.offices import register_offices

        # Cases and telephone don't know each other: what flows say of offices is brought from one to the other here.
        register_offices(offices_of_centre)
