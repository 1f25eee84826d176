"""URLs of mediation and redress."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from caasis.desk.views import mediation, mediation_papers, redress

_CASE = "cases/<uuid:case_id>/"
_ONE = f"{_CASE}mediations/<uuid:mediation_id>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path("mediations/lookup", mediation.lookup, name="mediation-lookup"),
    path(f"{_CASE}mediations/", mediation.mediation_list, name="mediations"),
    path(_ONE, mediation.mediation_page, name="mediation"),
    path(f"{_ONE}consent", mediation.consent, name="mediation-consent"),
    path(f"{_ONE}consent/withdraw", mediation.consent_withdraw, name="mediation-consent-withdraw"),
    path(f"{_ONE}contact", mediation.contact, name="mediation-contact"),
    path(f"{_ONE}deadline", mediation.deadline, name="mediation-deadline"),
    path(f"{_ONE}offer", mediation.offer, name="mediation-offer"),
    path(f"{_ONE}offers/<uuid:offer_id>/answer", mediation.offer_answer, name="mediation-answer"),
    path(f"{_ONE}result", mediation.result, name="mediation-result"),
    path(f"{_ONE}onward", mediation.onward, name="mediation-onward"),
    path(f"{_ONE}onward/<uuid:onward_id>", mediation.onward_result, name="mediation-onward-result"),
    path(f"{_ONE}steps/<uuid:step_id>/undo", mediation.undo, name="mediation-undo"),
    path(f"{_ONE}letters/<slug:kind>", mediation_papers.letter, name="mediation-letter"),
    path(f"{_ONE}letters/<slug:kind>.<slug:form>", mediation_papers.letter_output, name="mediation-letter-output"),
    path(f"{_ONE}record.pdf", mediation_papers.record, name="mediation-record"),
    path("redress/", redress.figures, name="redress-figures"),
    path(f"{_CASE}redress/", redress.ledger, name="redress"),
    path(f"{_CASE}redress/<uuid:redress_id>/counter", redress.counter, name="redress-counter"),
]
