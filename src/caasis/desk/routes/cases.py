"""URLs of home, lists, contacts and the workspace."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from caasis.desk.views import answers, cases, contacts, fragments, home, workspace

_CASE = "cases/<uuid:case_id>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("queue", home.queue, name="queue"),
    path("places", fragments.places, name="places"),
    path("cases/", cases.case_list, name="cases"),
    path("cases/new", cases.new_case, name="new"),
    path("cases/assign", cases.assign_many, name="assign"),
    path("cases/assign/undo", cases.undo_assign_many, name="assign-undo"),
    path("contacts/<uuid:contact_id>/", contacts.contact_page, name="contact"),
    path("contacts/<uuid:contact_id>/take", contacts.take, name="contact-take"),
    path("files/<uuid:attachment_id>", contacts.attachment, name="attachment"),
    path(_CASE, workspace.case_page, name="case"),
    path(f"{_CASE}save", workspace.save, name="case-save"),
    path(f"{_CASE}draft", workspace.draft, name="case-draft"),
    path(f"{_CASE}draft/discard", workspace.discard, name="case-discard"),
    path(f"{_CASE}clock", fragments.clock, name="case-clock"),
    path(f"{_CASE}hints", fragments.hints, name="case-hints"),
    path(f"{_CASE}similar", fragments.similar, name="case-similar"),
    path(f"{_CASE}timeline", fragments.timeline, name="case-timeline"),
    path(f"{_CASE}presence", fragments.presence, name="case-presence"),
    path(f"{_CASE}news", fragments.news, name="case-news"),
    path(f"{_CASE}preview", fragments.preview, name="case-preview"),
    path(f"{_CASE}state/<slug:verb>", answers.change_state, name="case-state"),
    path(f"{_CASE}handover", answers.hand_over, name="case-handover"),
    path(f"{_CASE}take", answers.take_over, name="case-take"),
    path(f"{_CASE}reopen", answers.reopen, name="case-reopen"),
    path(f"{_CASE}undo", answers.undo, name="case-undo"),
    path(f"{_CASE}answer", answers.answer, name="case-answer"),
    path(f"{_CASE}answers/<uuid:message_id>/cancel", answers.answer_cancel, name="answer-cancel"),
    path(f"{_CASE}note", answers.note, name="case-note"),
    path(f"{_CASE}notes/<uuid:note_id>/delete", answers.note_delete, name="note-delete"),
    path(f"{_CASE}task", answers.task, name="case-task"),
    path(f"{_CASE}tasks/<uuid:task_id>/done", answers.task_done, name="task-done"),
    path(f"{_CASE}request", answers.request_page, name="case-request"),
    path(f"{_CASE}request/prepare", answers.request_prepare, name="case-request-prepare"),
    path(f"{_CASE}request/send", answers.request_send, name="case-request-send"),
    path(f"{_CASE}request/withdraw", answers.request_withdraw, name="case-request-withdraw"),
]
