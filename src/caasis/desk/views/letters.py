"""Notice letters from the card: texts to read and change, then PDF or text. Nothing of them is kept (F132)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_POST, require_safe

from caasis.cases import selectors as cases
from caasis.cases import services
from caasis.cases.models import Case, Contract
from caasis.cases.parts import card_of_contract, open_part
from caasis.cases.rules.deadlines import RUNNING, assess_card
from caasis.cases.rules.letters import LONGEST, Letter, LetterKind, letters_for
from caasis.desk.access import OFFERED_PURPOSES, access_case, actor_of_request, for_staff, stated_purpose
from caasis.desk.clock import clock_of
from caasis.desk.views.parts import page
from caasis.desk.workspace import sheet_of, today_in_japan
from caasis.kernel.actor import Actor, Purpose
from caasis.platform.lawfiles import current_law
from caasis.platform.pdf import Sheet, TooLong, make_pdf

#: Japan's postcard (通常はがき) and A4, in millimetres.
PAPERS = {"postcard": (100.0, 148.0), "a4": (210.0, 297.0)}
FORMS = ("pdf", "txt")


@require_safe
@for_staff
def letters(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """The letters of a case with their first texts. Name and address are opened for a purpose, and logged."""
    return _show(request, access_case(request, case_id, inside=True))


def _show(
    request: HttpRequest,
    case: Case,
    *,
    typed: dict[str, tuple[str, str]] | None = None,
    sentence: str = "",
    wrong: str = "",
    status: int = 200,
) -> HttpResponse:
    actor = actor_of_request(request)
    purpose = _purpose(request, case)
    context = {
        "case": case,
        "purposes": OFFERED_PURPOSES,
        "sentence": sentence,
        "wrong": wrong,
        "has_errors": bool(sentence),
    }
    if purpose is None and cases.has_personal(case):
        return page(request, "desk/letters/page.html", {**context, "closed": True}, status=status)
    # A page that comes back with what was typed needs nothing opened: the texts hold the name and address already.
    opening = purpose if typed is None else None
    values = sheet_of(case, actor=actor, purpose=opening).values
    values |= _signer(case, values, actor=actor, purpose=opening)
    contract = _contract(request, case)
    if contract is not None:
        values = card_of_contract(case, contract, values)
    today = today_in_japan()
    found = assess_card(values, law=current_law(), today=today)
    made = [
        _with_typing(letter, (typed or {}).get(letter.kind.value)) for letter in letters_for(values, found, today=today)
    ]
    return page(
        request,
        "desk/letters/page.html",
        {
            **context,
            "letters": made,
            "clock": clock_of(found, today=today),
            "running": any(item.right and item.status in RUNNING for item in found),
            "purpose": "" if purpose in (None, Purpose.OWN_CASE) else purpose.value,
            "longest": LONGEST,
            "query": _query(purpose, contract),
        },
        status=status,
    )


def _contract(request: HttpRequest, case: Case) -> Contract | None:
    """The contract that the letters are about, where it is not the first."""
    wanted = request.GET.get("contract", "")
    return next((row for row in list(case.contracts.all())[1:] if str(row.pk) == wanted), None)


def _signer(case: Case, values: dict[str, Any], *, actor: Actor, purpose: Purpose | None) -> dict[str, str]:
    """Name and address of a contract party who is somebody else, opened for the same purpose; and the credit company
    that the case names as a business of its own."""
    found: dict[str, str] = {}
    party = cases.contract_party_of(case)
    if values.get("contract_party_is_consumer") is False and party is not None and purpose is not None:
        opened = open_part(case, party, actor=actor, purpose=purpose)
        postcode = f"〒{opened['person_postcode']}　" if opened["person_postcode"] else ""
        found["party_name"] = opened["person_name"]
        found["party_address"] = f"{postcode}{opened['person_address']}" if opened["person_address"] else ""
    credit = [row.name_as_heard for row in case.businesses.all() if row.role == "credit" and row.name_as_heard]
    if not values.get("credit_company") and len(credit) == 1:
        found["credit_company"] = credit[0]
    return found


def _query(purpose: Purpose | None, contract: Contract | None) -> str:
    """What the page's own links and buttons carry on."""
    told: dict[str, str] = {} if purpose in (None, Purpose.OWN_CASE) else {"purpose": purpose.value}
    if contract is not None:
        told["contract"] = str(contract.pk)
    return f"?{urlencode(told)}" if told else ""


def _purpose(request: HttpRequest, case: Case) -> Purpose | None:
    """The stated purpose, or the one that is implied on one's own case."""
    return stated_purpose(request) or cases.implied_purpose(case, actor_of_request(request))


def _with_typing(letter: Letter, typed: tuple[str, str] | None) -> Letter:
    if typed is None or not any(typed):
        return letter
    return Letter(letter.kind, typed[0], typed[1], letter.notes, letter.verified)


@require_POST
@for_staff
def output(request: HttpRequest, case_id: UUID, kind: str, form: str) -> HttpResponse:
    """The text as it was left, as PDF or as text. The timeline says that a letter was made, not what it said."""
    case = access_case(request, case_id, inside=True)
    if kind not in LetterKind._value2member_map_ or form not in FORMS:
        raise Http404
    letter = LetterKind(kind)
    typed = {one.value: (_posted(request, f"{one}-address"), _posted(request, f"{one}-body")) for one in LetterKind}
    address, body = typed[kind]
    if not body.strip():
        return _show(request, case, typed=typed, sentence="本文を入力してください。", wrong=kind, status=422)
    if max(len(address), len(body)) > LONGEST:
        long = f"文章は{LONGEST:,}字までです。短くしてください。"
        return _show(request, case, typed=typed, sentence=long, wrong=kind, status=422)
    if form == "txt":
        # Windows' own editor shows line ends and characters of such a file right.
        content = ("\ufeff" + _plain_text(letter, address, body)).replace("\n", "\r\n").encode()
        answer = HttpResponse(content, content_type="text/plain; charset=utf-8")
    else:
        paper = request.POST.get(f"{letter}-paper", "a4" if letter.by_mail else "postcard")
        try:
            pdf = make_pdf(_sheets(letter, address, body, paper), title="通知書")
        except TooLong:
            long = "はがきに入りません。文章を短くするか、A4を選んでください。"
            return _show(request, case, typed=typed, sentence=long, wrong=kind, status=422)
        answer = HttpResponse(pdf, content_type="application/pdf")
    services.record_letter(actor=actor_of_request(request), case_id=case.id, kind=letter, form=form)
    # The name of the file says nothing of anybody; shown in the browser it leaves nothing on the terminal.
    how = "inline" if form == "pdf" and request.POST.get("show") else "attachment"
    answer["Content-Disposition"] = f'{how}; filename="notice-{case.receipt_number}-{letter.value}.{form}"'
    answer["Cache-Control"] = "no-store"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def _posted(request: HttpRequest, name: str) -> str:
    return request.POST.get(name, "").replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")


def _plain_text(kind: LetterKind, address: str, body: str) -> str:
    if kind.by_mail:
        return f"件名：{address}\n\n{body}\n"
    return f"【宛名の面】\n{address}\n\n【通信の面】\n{body}\n"


def _sheets(kind: LetterKind, address: str, body: str, paper: str) -> list[Sheet]:
    """A postcard has two sides; on A4 the address stands above the text. A mail has no address side."""
    width, height = PAPERS.get(paper, PAPERS["a4"])
    if paper == "postcard" and not kind.by_mail:
        sides = [Sheet(width, height, body, margin=9)]
        return [Sheet(width, height, address, margin=12, size=12), *sides] if address.strip() else sides
    text = _plain_text(kind, address, body) if kind.by_mail else f"{address}\n\n\n{body}"
    return [Sheet(*PAPERS["a4"], text, margin=25, size=11, flows=True)]
