"""URLs of 補正."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from caasis.desk.views import corrections

urlpatterns: list[URLPattern | URLResolver] = [
    path("corrections/", corrections.overview, name="corrections"),
    path("corrections/registered", corrections.registered, name="corrections-registered"),
    path("corrections/bulk", corrections.bulk, name="corrections-bulk"),
    path("corrections/undo/<uuid:batch_id>", corrections.undo, name="corrections-undo"),
    path("corrections/cases/<uuid:case_id>", corrections.correct, name="correct"),
    path("corrections/<uuid:correction_id>/", corrections.correction_page, name="correction"),
    path("corrections/<uuid:correction_id>/seen", corrections.seen, name="correction-seen"),
    path("corrections/<uuid:correction_id>/dispute", corrections.dispute, name="correction-dispute"),
    path("corrections/<uuid:correction_id>/answer", corrections.answer, name="correction-answer"),
]
