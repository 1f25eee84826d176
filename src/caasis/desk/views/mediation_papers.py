"""Papers of a mediation: letters to the business, and the whole course on paper. Nothing of their text is kept (F132)."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET, require_POST

from caasis.cases import mediations, services
from caasis.cases import selectors as cases
from caasis.cases.models import Case, Mediation
from caasis.cases.rules.letters import blanks_of
from caasis.cases.rules.mediation import OfferState, Side
from caasis.cases.rules.mediation_letters import BusinessLetter, Sender, business_letter
from caasis.cases.selectors import consumer_of
from caasis.desk.access import actor_of_request, for_staff
from caasis.desk.mediation import DeadlineForm
from caasis.desk.views.beside import beside_page, case_beside, paper, posted_text
from caasis.desk.workspace import today_in_japan
from caasis.engines.japanese import format_date_ja, format_yen
from caasis.engines.masking import PersonalKind, find_personal
from caasis.kernel.actor import Purpose
from caasis.kernel.clock import JST
from caasis.kernel.errors import DomainError, Invalid, NotAllowed, NotFound
from caasis.organisations.models import Centre
from caasis.privacy.services import open_fields

FORMS = ("pdf", "txt")
LONGEST = 6_000
#: How long a business usually gets; a person changes it.
USUAL_DAYS = 14


def _found(request: HttpRequest, case_id: UUID, mediation_id: UUID) -> tuple[Case, Purpose | None, Mediation]:
    case, purpose = case_beside(request, case_id)
    return case, purpose, mediations.get_mediation(actor=actor_of_request(request), mediation_id=mediation_id, case_id=case.id)


def _names(request: HttpRequest, case: Case, purpose: Purpose | None) -> tuple[str, ...]:
    """Name and kana of the consumer, opened for the purpose and logged; empty where nobody gave one."""
    consumer = consumer_of(case)
    if purpose is None or consumer is None or consumer.person is None:
        return ()
    opened = open_fields(consumer.person, "name", "kana", actor=actor_of_request(request), purpose=purpose)
    return tuple(value for value in opened.values() if len(value) >= 2)


@require_GET
@for_staff
def letter(request: HttpRequest, case_id: UUID, mediation_id: UUID, kind: str) -> HttpResponse:
    """A letter to the business with its first text, to be read and changed."""
    case, purpose, mediation = _found(request, case_id, mediation_id)
    return _show(request, case, mediation, purpose, _kind(kind))


def _kind(kind: str) -> BusinessLetter:
    if kind not in BusinessLetter._value2member_map_:
        raise Http404
    return BusinessLetter(kind)


def _show(
    request: HttpRequest,
    case: Case,
    mediation: Mediation,
    purpose: Purpose | None,
    kind: BusinessLetter,
    *,
    body: str | None = None,
    deadline: DeadlineForm | None = None,
    sentence: str = "",
    status: int = 200,
) -> HttpResponse:
    due = mediation.answer_due_on or today_in_japan() + timedelta(days=USUAL_DAYS)
    context = {"mediation": mediation, "letter": kind, "letters": list(BusinessLetter), "sentence": sentence, "longest": LONGEST}
    if purpose is None:
        return beside_page(request, "desk/mediation/letter.html", case, purpose, context, status=status)
    if body is None:
        body = _draft(request, case, mediation, purpose, kind, due)
    context |= {
        "body": body,
        "blanks": blanks_of(body),
        "deadline": deadline or DeadlineForm(initial={"due_on": due}),
        "consent": mediation.consent_given_at,
    }
    return beside_page(request, "desk/mediation/letter.html", case, purpose, context, status=status)


def _draft(
    request: HttpRequest, case: Case, mediation: Mediation, purpose: Purpose, kind: BusinessLetter, due: date
) -> str:
    actor = actor_of_request(request)
    names = _names(request, case, purpose) if mediation.consent_given_at is not None else ()
    proposal = mediation.offers.filter(side=Side.CENTRE.value, state=OfferState.WAITING.value).last()
    terms = ""
    if proposal is not None and kind is BusinessLetter.PROPOSAL:
        terms = open_fields(proposal, "terms", actor=actor, purpose=purpose)["terms"]
        if proposal.amount is not None:
            terms = f"{format_yen(proposal.amount)}\n{terms}"
    centre = Centre.objects.filter(id=mediation.centre_id).first()
    return business_letter(
        kind,
        card=cases.read_card(case),
        sender=Sender(centre.name if centre else "", centre.address if centre else "", centre.phone if centre else "", actor.name),
        business=mediation.business_name,
        receipt_number=case.receipt_number,
        consumer=names[0] if names else "",
        due_on=due if kind.asks else None,
        offer=terms,
        today=today_in_japan(),
    )


@require_POST
@for_staff
def letter_output(request: HttpRequest, case_id: UUID, mediation_id: UUID, kind: str, form: str) -> HttpResponse:
    """The text as it was left, as PDF or text. It may name the consumer only where consent is recorded."""
    case, purpose, mediation = _found(request, case_id, mediation_id)
    chosen = _kind(kind)
    if form not in FORMS:
        raise Http404
    actor = actor_of_request(request)
    body = posted_text(request, "body", LONGEST)
    deadline = DeadlineForm(request.POST)

    def refuse(sentence: str, status: int = 422) -> HttpResponse:
        request.undo_transaction = True  # type: ignore[attr-defined]
        return _show(request, case, mediation, purpose, chosen, body=body, deadline=deadline, sentence=sentence, status=status)

    if purpose is None:
        return refuse("目的を選んで開いてから作ってください。")
    if not body.strip():
        return refuse("本文を入力してください。")
    if len(body) > LONGEST:
        return refuse(f"文章は{LONGEST:,}字までです。短くしてください。")
    if chosen.asks and not deadline.is_valid():
        return refuse("回答の期限を確かめてください。")
    known = _names(request, case, purpose)
    named = any(span.kind is PersonalKind.NAME for span in find_personal(body, known=known)) if known else False
    try:
        services.record_business_letter(
            actor=actor, mediation_id=mediation.id, letter=chosen, form=form, named=named,
            due_on=deadline.cleaned_data["due_on"] if chosen.asks else None,
        )  # fmt: skip
    except (NotFound, NotAllowed):
        raise
    except Invalid as error:
        return refuse(error.message)
    except DomainError as error:
        return refuse(error.message, error.status)
    return paper(request, body, form=form, title=chosen.label, name=f"mediation-{case.receipt_number}-{chosen.value}")


@require_GET
@for_staff
def record(request: HttpRequest, case_id: UUID, mediation_id: UUID) -> HttpResponse:
    """The course of the mediation on paper, for the official file: for a purpose, and logged."""
    case, purpose, mediation = _found(request, case_id, mediation_id)
    if purpose is None:
        raise NotAllowed("目的を選んで開いてから印刷してください。")
    file = mediations.read_file(mediation, actor=actor_of_request(request), purpose=purpose, today=today_in_japan())
    rows = [f"あっせんの記録　{case.receipt_number}", f"相手方　{mediation.business_name}　担当　{file.handled_by}"]
    for shown in reversed(file.steps):
        at = shown.step.at.astimezone(JST)
        mark = "【取り消し】" if shown.step.undone_at else ""
        head = "　".join(part for part in (shown.kind, shown.direction, shown.means, shown.who) if part)
        rows.append(f"{mark}{format_date_ja(at.date(), with_year=True)} {at:%H:%M}　{head}\n{shown.words or ''}".rstrip())
    for row, terms in file.offers:
        amount = format_yen(row.amount) if row.amount is not None else "金額なし"
        rows.append(f"案　{Side.words(row.side)}　{amount}　{OfferState.words(row.state)}\n{terms or ''}")
    return paper(request, "\n\n".join(rows), form="pdf", title="あっせんの記録", name=f"mediation-{case.receipt_number}")
