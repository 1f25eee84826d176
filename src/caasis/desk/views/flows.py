"""自動応答: the flows of the centre, each as a drawing and as a list; drafts, publishing, and the way back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from caasis.accounts.selectors import names_of
from caasis.desk.access import actor_of_request, for_staff
from caasis.desk.flow_forms import FlowNameForm, FlowSettingsForm, kinds_to_add
from caasis.desk.flows import Shown, picture_of, rows_of, show, token_of
from caasis.desk.views.parts import page
from caasis.engines.ivr.comparing import differences
from caasis.engines.ivr.flow import Flow, NotAFlow, read_flow, write_flow
from caasis.kernel.actor import Actor
from caasis.kernel.errors import Invalid, NotAllowed, NotFound, VersionConflict
from caasis.telephony import services as telephony
from caasis.telephony.models import Flow as FlowRow
from caasis.telephony.models import FlowVersion
from caasis.telephony.selectors import flows_of_centre, get_flow, get_flow_version, may_manage, newest_versions

NOT_YOURS = "自動応答を変えられるのは、主任とセンターの職員です。"
NOBODY = UUID(int=0)
CHANGED = "ほかの人が先に保存しました。図を開き直してください。"
#: What a flow made from nothing begins with: whoever calls is led to a person.
FIRST_BOXES: list[dict[str, Any]] = [
    {"kind": "start", "id": "start", "next": {"next": "greeting"}},
    {"kind": "announce", "id": "greeting", "name": "あいさつ", "say": {"ja": "お電話ありがとうございます。消費生活センターです。"},
     "next": {"next": "counsellor"}},
    {"kind": "queue", "id": "counsellor", "name": "相談員", "queue": "main", "next": {"unavailable": "nobody"}},
    {"kind": "hang_up", "id": "nobody", "name": "相談員がいないとき", "counts_as": "after_hours",
     "say": {"ja": "いま、電話に出られる相談員がおりません。受付時間におかけ直しください。"}},
]  # fmt: skip


def newest(flow: FlowRow) -> FlowVersion:
    """The version that is worked on.

    :raises NotFound: the flow has none yet.
    """
    version = newest_versions([flow]).get(flow.id)
    if version is None:
        raise NotFound("この自動応答には、まだ図がありません。")
    return version


def require_editor(actor: Actor) -> None:
    """:raises NotAllowed: neither supervisor nor official."""
    if not may_manage(actor):
        raise NotAllowed(NOT_YOURS)


def editable(actor: Actor, flow_id: UUID) -> tuple[FlowRow, FlowVersion, Flow]:
    """What somebody who may works on: the row, its newest version, and the flow that it states.

    :raises NotFound: hidden and absent alike. :raises NotAllowed: neither supervisor nor official.
    :raises Invalid: it can't be read.
    """
    row = get_flow(actor=actor, flow_id=flow_id)
    require_editor(actor)
    version = newest(row)
    try:
        return row, version, read_flow(version.document)
    except NotAFlow as error:
        raise Invalid("この図は読み取れません。前の版に戻してください。", problems=error.problems) from None


@require_safe
@for_staff
def flow_list(request: HttpRequest) -> HttpResponse:
    """All flows of the centre: what callers hear, what is being worked on, who and when."""
    actor = actor_of_request(request)
    flows = list(flows_of_centre(actor=actor).prefetch_related("numbers"))
    latest = newest_versions(flows)
    people = {one.published_by for row in flows if (one := row.published)} | {one.written_by for one in latest.values()}
    names = names_of({person for person in people if person})
    rows = []
    for row in flows:
        draft = latest.get(row.id)
        draft = draft if draft is not None and draft.published_at is None else None
        rows.append(
            {
                "flow": row, "draft": draft, "numbers": list(row.numbers.all()),
                "published_by": names.get(row.published.published_by or NOBODY, "") if row.published else "",
                "written_by": names.get(draft.written_by, "") if draft and draft.written_by else "",
            }
        )  # fmt: skip
    return page(request, "desk/flows/list.html", {"rows": rows, "may": may_manage(actor), "here": "flows"})


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff
def new_flow(request: HttpRequest) -> HttpResponse:
    """A flow made from nothing: a greeting, a person, and the words when nobody is there."""
    actor, status = actor_of_request(request), 200
    require_editor(actor)
    form = FlowNameForm(request.POST or None)
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                row = telephony.add_flow(actor=actor, centre_id=actor.centre_id or NOBODY, name=form.cleaned_data["name"])
            except Invalid as error:
                form.add_domain_fields(error.fields)
            else:
                telephony.save_draft(actor=actor, flow_id=row.id, document={"name": row.name, "boxes": FIRST_BOXES})
                return redirect("desk:flow", flow_id=row.id)
    return page(request, "desk/flows/new.html", {"form": form, "here": "flows"}, status=status)


@require_safe
@for_staff
def flow_page(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """The newest version of a flow, drawn: its draft, or what callers hear."""
    actor = actor_of_request(request)
    row = get_flow(actor=actor, flow_id=flow_id)
    return _flow_page(request, actor, row, newest(row))


@require_safe
@for_staff
def version_page(request: HttpRequest, flow_id: UUID, version_id: UUID) -> HttpResponse:
    """An older version, to look at and to go back to."""
    actor = actor_of_request(request)
    return _flow_page(request, actor, *_version(actor, flow_id, version_id))


def _version(actor: Actor, flow_id: UUID, version_id: UUID) -> tuple[FlowRow, FlowVersion]:
    row = get_flow(actor=actor, flow_id=flow_id)
    version = get_flow_version(actor=actor, version_id=version_id)
    if version.flow_id != row.id:
        raise NotFound("この版は見つかりません。図を開き直してください。")
    return row, version


def _flow_page(request: HttpRequest, actor: Actor, row: FlowRow, version: FlowVersion) -> HttpResponse:
    shown = show(version, actor=actor)
    versions = list(row.versions.order_by("-number").defer("document", "before"))
    is_newest = versions[0].id == version.id
    names = names_of({person for one in versions for person in (one.written_by, one.published_by) if person})
    context: dict[str, Any] = {
        "flow": row, "shown": shown, "version": version, "picture": picture_of(shown), "rows": rows_of(shown),
        "here": "flows", "may": may_manage(actor), "edits": may_manage(actor) and is_newest and shown.flow is not None,
        "is_newest": is_newest, "can_undo": is_newest and shown.is_draft and version.before is not None,
        "is_heard": row.published_id == version.id, "numbers": list(row.numbers.all()),
        "small": request.GET.get("size") == "small", "add": kinds_to_add(shown.flow) if shown.flow else [],
        "versions": [(one, names.get(one.published_by or one.written_by or NOBODY, "")) for one in versions],
    }  # fmt: skip
    return page(request, "desk/flows/page.html", context)


@require_POST
@for_staff
def undo(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """直前の保存を取り消す; once more brings it back."""
    actor = actor_of_request(request)
    get_flow(actor=actor, flow_id=flow_id)
    telephony.undo_draft(actor=actor, flow_id=flow_id)
    messages.success(request, "直前の保存を取り消しました。もう一度押すと、元に戻ります。")
    return redirect("desk:flow", flow_id=flow_id)


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff
def settings_page(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """What holds for the whole flow."""
    actor, status = actor_of_request(request), 200
    row, version, flow = editable(actor, flow_id)
    given = {name: getattr(flow, name) for name in ("relay_wait_s", "relay_repeats", "relay_pause_s")}
    form = FlowSettingsForm(request.POST or None, initial={"languages": list(flow.languages), **given})
    if request.method == "POST":
        status = 422
        if form.is_valid():
            data = form.cleaned_data
            # The first language is the one that is spoken: it keeps its place.
            kept = [one for one in flow.languages if one in data["languages"]]
            languages = [*kept, *(one for one in data["languages"] if one not in kept)]
            document = write_flow(flow) | {**{name: data[name] for name in given}, "languages": languages}
            try:
                if token_of(version.document) != request.POST.get("token"):
                    raise VersionConflict(CHANGED)
                telephony.save_draft(actor=actor, flow_id=row.id, document=document, base=version.document)
            except VersionConflict:
                status = VersionConflict.status
                form.add_error(None, CHANGED)
            else:
                messages.success(request, "下書きに保存しました。")
                return redirect("desk:flow", flow_id=row.id)
    context = {"flow": row, "form": form, "here": "flows", "token": request.POST.get("token") or token_of(version.document)}
    return page(request, "desk/flows/settings.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff
def publish(request: HttpRequest, flow_id: UUID, version_id: UUID) -> HttpResponse:
    """公開する: says what will change for callers, asks once more, and lets them hear it from their next call on."""
    actor = actor_of_request(request)
    row, version = _version(actor, flow_id, version_id)
    require_editor(actor)
    shown = show(version, actor=actor)
    problem, status = "", 200
    if request.method == "POST":
        if request.POST.get("token") != shown.token:
            problem, status = CHANGED, 409
        elif shown.problems:
            problem, status = "直すところが残っています。直してから公開してください。", 422
        else:
            telephony.publish_version(actor=actor, version_id=version.id)
            messages.success(request, "公開しました。次の着信から、この自動応答が流れます。")
            return redirect("desk:flow", flow_id=row.id)
    context = {
        "flow": row, "version": version, "shown": shown, "changes": changes_of(row, shown), "problem": problem,
        "numbers": list(row.numbers.all()), "here": "flows", "is_back": version.published_at is not None,
        "is_heard": row.published_id == version.id,
    }  # fmt: skip
    return page(request, "desk/flows/publish.html", context, status=status)


def changes_of(row: FlowRow, shown: Shown) -> tuple[Any, ...]:
    """What callers will hear otherwise than now."""
    try:
        heard = read_flow(row.published.document) if row.published is not None else None
    except NotAFlow:
        heard = None
    return differences(heard, shown.flow) if shown.flow is not None else ()
