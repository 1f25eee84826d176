"""URLs of the approval screens."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from caasis.desk.views import approval

urlpatterns: list[URLPattern | URLResolver] = [
    path("approvals/", approval.queue, name="approvals"),
    path("approvals/batch", approval.batch, name="approval-batch"),
    path("approvals/<uuid:approval_id>/", approval.approval_page, name="approval"),
    path("approvals/<uuid:approval_id>/decide", approval.decide, name="approval-decide"),
]
