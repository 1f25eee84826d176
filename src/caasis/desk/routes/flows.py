"""URLs of the telephone numbers, their call flows and 臨時メッセージ."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from caasis.desk.views import flow_boxes, flow_prompts, flow_trial, flows, telephone_message, telephone_numbers

_NUMBERS = "telephone/numbers/"
_FLOWS = "telephone/flows/"
_FLOW = f"{_FLOWS}<uuid:flow_id>/"
_BOX = f"{_FLOW}boxes/<slug:box>/"
_LINE = f"{_FLOW}prompts/<slug:box>/<slug:field>/<slug:language>/"
_VERSION = f"{_FLOW}versions/<uuid:version_id>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path(_NUMBERS, telephone_numbers.number_list, name="telephone-numbers"),
    path(f"{_NUMBERS}new", telephone_numbers.new_number, name="telephone-number-new"),
    path(f"{_NUMBERS}<uuid:line_id>/", telephone_numbers.number_page, name="telephone-number"),
    path("telephone/message/", telephone_message.message, name="telephone-message"),
    path(_FLOWS, flows.flow_list, name="flows"),
    path(f"{_FLOWS}new", flows.new_flow, name="flow-new"),
    path(f"{_FLOWS}standard", telephone_numbers.standard, name="telephone-standard"),
    path(_FLOW, flows.flow_page, name="flow"),
    path(f"{_FLOW}settings", flows.settings_page, name="flow-settings"),
    path(f"{_FLOW}undo", flows.undo, name="flow-undo"),
    path(_VERSION, flows.version_page, name="flow-version"),
    path(f"{_VERSION}publish", flows.publish, name="flow-publish"),
    path(f"{_FLOW}boxes/new/<slug:kind>", flow_boxes.new_box, name="flow-box-new"),
    path(_BOX, flow_boxes.box_page, name="flow-box"),
    path(f"{_BOX}remove", flow_boxes.remove, name="flow-box-remove"),
    path(f"{_FLOW}try", flow_trial.trial, name="flow-try"),
    path(f"{_FLOW}paths", flow_trial.paths, name="flow-paths"),
    path(f"{_FLOW}prompts", flow_prompts.prompts, name="flow-prompts"),
    path(_LINE, flow_prompts.line_page, name="flow-line"),
    path(f"{_LINE}sound.wav", flow_prompts.sound, name="flow-sound"),
    path(f"{_LINE}remove", flow_prompts.remove, name="flow-line-remove"),
]
