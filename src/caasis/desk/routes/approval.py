"""URLs of the approval screens."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from caasis.desk.views import approval, approval_list

urlpatterns: list[URLPattern | URLResolver] = [
    path("approvals/", approval.queue, name="approvals"),
    path("approvals/list", approval_list.approval_list, name="approval-list"),
    path("approvals/absence", approval_list.absence_page, name="approval-absence"),
    path("approvals/absence/<uuid:absence_id>/end", approval_list.absence_end, name="approval-absence-end"),
    path("approvals/digest", approval_list.digest_page, name="approval-digest"),
    path("approvals/batch", approval.batch, name="approval-batch"),
    path("approvals/<uuid:approval_id>/", approval.approval_page, name="approval"),
    path("approvals/<uuid:approval_id>/decide", approval.decide, name="approval-decide"),
    path("approvals/<uuid:approval_id>/paper", approval_list.paper, name="approval-paper"),
    path("approvals/<uuid:approval_id>/paper.pdf", approval_list.paper_pdf, name="approval-paper-pdf"),
]
