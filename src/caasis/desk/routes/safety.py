"""URLs of accident notices, of requests beside a case, and of conduct."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from caasis.desk.views import accidents, asks, conduct

_CASE = "cases/<uuid:case_id>/"
_NOTICE = f"{_CASE}accident/<uuid:notice_id>"
_ASK = f"{_CASE}asks/<uuid:ask_id>"

urlpatterns: list[URLPattern | URLResolver] = [
    path("accidents/", accidents.accident_list, name="accidents"),
    path(f"{_CASE}accident/", accidents.accident, name="accident"),
    path(f"{_NOTICE}/save", accidents.save, name="accident-save"),
    path(f"{_NOTICE}/sent", accidents.sent, name="accident-sent"),
    path(f"{_NOTICE}/unsent", accidents.unsent, name="accident-unsent"),
    path(f"{_NOTICE}/supplement", accidents.supplement, name="accident-supplement"),
    path(f"{_NOTICE}/close", accidents.close, name="accident-close"),
    path(f"{_NOTICE}.<slug:form>", accidents.output, name="accident-output"),
    path("asks/", asks.inbox, name="ask-inbox"),
    path(f"{_CASE}asks/", asks.ask_list, name="asks"),
    path(f"{_CASE}asks/cooperation", asks.cooperation, name="ask-cooperation"),
    path(f"{_CASE}asks/begin/<slug:kind>", asks.begin, name="ask-begin"),
    path(f"{_ASK}/log", asks.log, name="ask-log"),
    path(f"{_ASK}/consumer", asks.consumer, name="ask-consumer"),
    path(f"{_ASK}/centre", asks.centre, name="ask-centre"),
    path(f"{_ASK}.<slug:form>", asks.output, name="ask-output"),
    path("conduct/rule", conduct.rule, name="conduct-rule"),
    path(f"{_CASE}conduct/", conduct.conduct_page, name="conduct"),
    path(f"{_CASE}conduct/letter", conduct.letter, name="conduct-letter"),
    path(f"{_CASE}conduct/<slug:step>", conduct.act, name="conduct-act"),
]
