"""Finding anything: the search page, and what the palette of every screen finds while one types.

Words stand in the address, so that a search can be kept and sent; a telephone number or a mail address never does: the
form posts, and only words are led on to an address.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_http_methods, require_POST

from caasis.businesses.selectors import beginning_with, suggest
from caasis.cases.contact_search import ContactMatch, cases_of_contact, contact_kind
from caasis.cases.evidence import find_in_files
from caasis.cases.rules.searching import FILTERS, PERIOD_WORDS, SORTS, CaseSearch, read_search
from caasis.cases.rules.synonyms import Widening
from caasis.cases.search import FoundPage, find_cases
from caasis.cases.selectors import visible_cases
from caasis.cases.services.saved_searches import own_searches
from caasis.cases.services.synonyms import widening_for
from caasis.cases.vocabulary import State
from caasis.desk.access import actor_of_request, for_staff_and_nation
from caasis.desk.searching import chips_of, count_words, facets_of, filter_choices, looser, months_figure, url_of
from caasis.desk.views.parts import offered_undo, page
from caasis.desk.workspace import today_in_japan
from caasis.engines.japanese import format_date_near
from caasis.kernel.actor import Actor
from caasis.kernel.errors import Invalid
from caasis.kernel.ids import parse_receipt_number
from caasis.knowledge.selectors import search_articles
from caasis.platform.health import index_behind

#: Of each kind, what the palette shows.
QUICK_CASES, QUICK_OTHERS = 5, 3
#: A single character finds too much to be of use while one types.
QUICK_FROM = 2
#: Events that the index has yet to see, from which on the page says so: more than some seconds of a busy nation.
MANY_NEW = 300


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff_and_nation
def search(request: HttpRequest) -> HttpResponse:
    """One box: a receipt number leads to its case, a telephone number to how often it called, words to what is found."""
    actor = actor_of_request(request)
    given = request.POST if request.method == "POST" else request.GET
    asked = read_search(dict(given.lists()), today=today_in_japan())
    case_url = _case_of_number(asked.text, actor)
    if case_url:
        return redirect(case_url)
    contact = cases_of_contact(actor=actor, text=asked.text)
    if request.method == "POST" and not asked.wrong and not contact_kind(asked.text):
        return redirect(f"{reverse('desk:search')}{url_of(asked)}")
    if contact is not None or contact_kind(asked.text):
        return _page(request, asked, contact=contact, status=200)
    if asked.wrong:
        return _page(request, asked, typed={name: given.get(name, "")[:30] for name in ("from", "to")}, status=422)
    if asked.is_blank:
        return _page(request, asked)
    widening = widening_for(actor=actor, text=asked.text) if asked.widen else Widening()
    try:
        found = find_cases(actor=actor, search=asked, synonyms=widening.mapping, cursor=request.GET.get("cursor") or None)
    except Invalid as error:
        return _page(request, asked, sentence=error.message, status=422)
    return _page(request, asked, found=found, widening=widening)


def _case_of_number(text: str, actor: Actor) -> str:
    """The address of the case whose receipt number was typed, if the actor may see it."""
    number = parse_receipt_number(text)
    case = visible_cases(actor=actor).filter(receipt_number=number).first() if number else None
    return reverse("desk:case", kwargs={"case_id": case.id}) if case is not None else ""


def _page(
    request: HttpRequest,
    asked: CaseSearch,
    *,
    found: FoundPage | None = None,
    widening: Widening | None = None,
    contact: ContactMatch | None = None,
    typed: dict[str, str] | None = None,
    sentence: str = "",
    status: int = 200,
) -> HttpResponse:
    actor = actor_of_request(request)
    inside = actor.works_for(actor.centre_id)
    days = {"from": asked.first.isoformat() if asked.first else "", "to": asked.last.isoformat() if asked.last else ""}
    context: dict[str, Any] = {
        "asked": asked,
        # A number isn't shown again above the hits, where it would be read over a shoulder.
        "text": "" if contact is not None else asked.text,
        "search_text": "" if contact is not None else asked.text,
        "sorts": SORTS.items(),
        "periods": PERIOD_WORDS.items(),
        "days": days | (typed or {}),
        "wrong": asked.wrong,
        "has_errors": bool(asked.wrong or sentence),
        "sentence": sentence,
        "inside": inside,
        "found": found,
        "contact": contact,
        "no_contact": contact is None and bool(contact_kind(asked.text)),
        "kept_filters": [(name, value) for name, values in asked.filters for value in values],
        "chips": chips_of(asked),
        "pairs": asked.pairs(),
        "query": url_of(asked),
        "undo": offered_undo(request),
    }
    if found is not None:
        months = found.facets.get("month", {})
        context |= {
            "count_words": count_words(found.count) if found.count else "",
            "facets": facets_of(asked, found.facets),
            "figure": months_figure(months) if not request.GET.get("cursor") else None,
            "next_url": url_of(asked, cursor=found.cursor) if found.cursor else "",
            "widening": widening,
            "exact_url": url_of(replace(asked, widen=False)),
            "wide_url": url_of(replace(asked, widen=True)),
            "looser": looser(asked, widening or Widening()) if not found.rows else [],
            # Words in papers belong to the whole of a search, not to its next pages.
            "many_new": index_behind() > MANY_NEW,
            "in_files": [] if request.GET.get("cursor") else find_in_files(actor=actor, text=asked.text),
        }
    else:
        context |= {"choices": filter_choices(), "saved": list(own_searches(actor=actor)[:10]), "filters": FILTERS}
    return page(request, "desk/search/page.html", context, status=status)


# --- the palette ------------------------------------------------------------------------------------------------------


@require_POST
@for_staff_and_nation
def quick(request: HttpRequest) -> HttpResponse:
    """What the palette finds for what was typed so far: groups of entries with their addresses.

    Posted, so that nothing that was typed stands in an address or a log.
    """
    actor = actor_of_request(request)
    text = " ".join(request.POST.get("q", "").replace("\x00", "").split())[:200]
    groups = []
    if len(text) >= QUICK_FROM:
        for title, items in _groups(text, actor):
            if items:
                groups.append({"title": title, "items": items})
    return JsonResponse({"groups": groups})


def _groups(text: str, actor: Actor) -> list[tuple[str, list[dict[str, str]]]]:
    number = parse_receipt_number(text)
    if number is not None:
        return [("受付番号", _by_number(number, actor))]
    if contact_kind(text):
        return [(_TITLE_OF_CONTACT, _of_contact(cases_of_contact(actor=actor, text=text)))]
    return [("相談", _cases(text, actor)), ("事業者", _businesses(text, actor)), ("FAQ・マニュアル", _articles(text, actor))]


_TITLE_OF_CONTACT = "この番号・アドレスの相談（自分のセンター）"


def _by_number(number: str, actor: Actor) -> list[dict[str, str]]:
    case = visible_cases(actor=actor).filter(receipt_number=number).first()
    if case is None:
        return [{"label": "この番号の相談は見つかりません。", "more": "番号を確かめてください。", "url": ""}]
    return [{"label": case.title or "件名なし", "more": f"{number}・{State(case.state).label}", "url": _url("case", case_id=case.id)}]


def _of_contact(match: ContactMatch | None) -> list[dict[str, str]]:
    """How often and when, never who or what: a number is no identity."""
    if match is None or not match.count or match.last is None:
        return [{"label": "自分のセンターに、過去の相談はありません。", "more": "", "url": ""}]
    today = today_in_japan()
    head = f"過去{match.count}件・直近 {format_date_near(match.last, today)}"
    items = [{"label": head, "more": "番号が同じでも、ご本人とはかぎりません。", "url": ""}]
    return items + [
        {"label": number, "more": f"{format_date_near(day, today)} 受付", "url": _url("case", case_id=id)}
        for id, number, day in match.cases
    ]


def _cases(text: str, actor: Actor) -> list[dict[str, str]]:
    asked = CaseSearch(text=text)
    widening = widening_for(actor=actor, text=text)
    found = find_cases(actor=actor, search=asked, synonyms=widening.mapping, limit=QUICK_CASES, facets=False)
    items = [
        {
            "label": "".join(piece.text for piece in row.title) or "件名なし",
            "more": f"{row.case.receipt_number}・{State(row.case.state).label}",
            "url": _url("case", case_id=row.case.id),
        }
        for row in found.rows
    ]
    if found.cursor and found.count:
        items.append({"label": f"すべての結果を見る（{count_words(found.count)}）", "more": "", "url": reverse("desk:search") + url_of(asked)})
    return items


def _businesses(text: str, actor: Actor) -> list[dict[str, str]]:
    found = [one.business for one in suggest(actor=actor, name=text, limit=QUICK_OTHERS)]
    known = {one.id for one in found}
    found += [one for one in beginning_with(actor=actor, words=text, limit=QUICK_OTHERS) if one.id not in known]
    return [
        {"label": one.name, "more": one.address[:30], "url": _url("business", business_id=one.id)}
        for one in found[:QUICK_OTHERS]
    ]


def _articles(text: str, actor: Actor) -> list[dict[str, str]]:
    return [
        {"label": hit.article.title, "more": hit.article.number, "url": url}
        for hit in search_articles(text, limit=QUICK_OTHERS, actor=actor)
        if (url := _article_url(hit.article.number))
    ]


def _url(name: str, **arguments: Any) -> str:
    return reverse(f"desk:{name}", kwargs=arguments)


def _article_url(number: str) -> str:
    try:
        return reverse("portal:article", kwargs={"number": number})
    except NoReverseMatch:
        return ""
