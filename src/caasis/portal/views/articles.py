"""Search, articles with their deadline, votes."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from caasis.channels.services.attempts import count_attempt
from caasis.engines.deadlines import Assessment, Facts, Kind, assess, days_strip, strip_label, with_sales_form
from caasis.engines.japanese import normalise_text
from caasis.kernel.clock import day_in_japan
from caasis.knowledge import selectors as knowledge
from caasis.knowledge.announcing import ANNOUNCED
from caasis.knowledge.models import Article
from caasis.knowledge.revision_services import count_miss
from caasis.knowledge.rules.body import answer_word, blocks, canonical_number
from caasis.knowledge.services import vote_on_article
from caasis.knowledge.translation_selectors import languages_of
from caasis.platform.lawfiles import current_law
from caasis.platform.transactions import system_transaction
from caasis.portal.forms.public import DocumentDayForm, NoteForm
from caasis.portal.language_links import alternates, article_languages
from caasis.portal.measuring import FOUND
from caasis.portal.page import client_of, render_page
from caasis.portal.sharing import sharing
from caasis.portal.situations import BY_CODE, QUICK, SITUATIONS
from caasis.portal.views.feeds import links as feed_links
from caasis.portal.views.public import hotline

QUERY_LIMIT = 200
_VOTE_WINDOW = timedelta(hours=1)
_VOTES_A_WINDOW = 30
#: Sales forms whose period begins with the document alone, so that one day is enough to draw it.
BY_DOCUMENT = ("door_to_door", "telephone", "purchase", "multilevel")


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Articles for a question in everyday words, or for a situation. Nothing found is a page that helps, too."""
    query = normalise_text(request.GET.get("q", "")[:QUERY_LIMIT]).replace("\n", " ")
    situation = BY_CODE.get(request.GET.get("situation", ""))
    hits: list[Article] = []
    if query:
        hits = [hit.article for hit in knowledge.search_articles(query, limit=12)]
        if len(hits) == 1 and hits[0].number == canonical_number(query):
            return HttpResponseRedirect(reverse("portal:article", args=[hits[0].number]))
    elif situation:
        hits = knowledge.articles_for_situation(situation.code)
    response = render_page(
        request,
        "portal/search.html",
        {
            "query": query,
            "situation": situation,
            "hits": hits,
            "situations": SITUATIONS,
            "quick": QUICK,
            "feeds": feed_links("articles"),
            "heading": f"「{query}」をさがした結果" if query else situation.title if situation else "困りごとを調べる",
        },
        current="search",
        cache=True,
    )
    if query and not hits:
        count_miss(query=query, day=day_in_japan(timezone.now()))
    if query:
        # Read by whoever counts the searches, also of a page that is kept (`portal/measuring.py`).
        response[FOUND] = str(len(hits))
    return response


@require_safe
def article(request: HttpRequest, number: str) -> HttpResponse:
    """One article: the answer first, then the deadline where one runs, then the steps."""
    return article_page(request, number)


def article_page(
    request: HttpRequest, number: str, *, note: NoteForm | None = None, refused: int = 0
) -> HttpResponse:
    """The page of an article; with a reader's note that was refused, it comes back as it was typed."""
    # Whoever is logged in at a centre may read the counsellors' articles here as well; no cache may hold those.
    found = knowledge.article_by_number(number, actor=request.actor)  # type: ignore[attr-defined]
    for_staff = found.kind == Article.Kind.MANUAL
    word, lead = answer_word(found.lead)
    today = day_in_japan(timezone.now())
    form = DocumentDayForm.from_request(request.GET) if found.sales_form in BY_DOCUMENT else None
    status = refused or 200
    calculation: dict[str, Any] | None = None
    if form is not None:
        if form.is_valid():
            calculation = _calculate(found.sales_form, form.cleaned_data["day"], today)
        else:
            status = 422
    situation = BY_CODE.get(found.situation)
    codes = languages_of(found)
    trail = [(ANNOUNCED[found.kind], f"{reverse('portal:alerts')}?kind={found.kind}")] if found.kind in ANNOUNCED else []
    if situation:
        trail = [(situation.title, f"{reverse('portal:search')}?situation={situation.code}")]
    return render_page(
        request,
        "portal/article.html",
        {
            "article": found,
            "word": word,
            "lead": lead,
            "blocks": blocks(found.body),
            "related": knowledge.related_articles(found) if found.situation else [],
            "calculator": found.sales_form in BY_DOCUMENT and found.kind not in ANNOUNCED,
            "form": form or DocumentDayForm(),
            "calculation": calculation,
            "for_staff": for_staff,
            "other_languages": article_languages(found.number, codes, None),
            "alternates": alternates(found.number, codes) if codes else [],
            "share": None if for_staff else sharing(request, found),
            "voted": note is not None or request.GET.get("voted") == "1",
            "noted": request.GET.get("noted") == "1",
            "note": note or NoteForm(),
            "hotline": hotline(timezone.now()),
            "has_errors": status != 200,
        },
        current="alerts" if found.kind in ANNOUNCED else "search",
        breadcrumb=[*trail, (found.title, "")],
        status=status,
        cache=calculation is None and not for_staff and note is None,
    )


def _calculate(sales_form: str, day: date, today: date) -> dict[str, Any] | None:
    """The deadline of an article's sales form for a document received on a day."""
    facts = with_sales_form(Facts(contract_document_received=True, contract_document_on=day), sales_form)
    for item in assess(facts, current_law(), today):
        if item.kind is Kind.COOLING_OFF and item.deadline is not None:
            return _shown(item, day, today)
    return None


def _shown(item: Assessment, day: date, today: date) -> dict[str, Any]:
    left = (item.deadline - today).days if item.deadline else 0
    return {
        "day": day,
        "item": item,
        "over": left < 0,
        "left": "きょうまで" if left == 0 else f"あと{left}日",
        "tiles": days_strip(item, today),
        "strip": strip_label(days_strip(item, today)),
        "unknown": [unknown.question for unknown in item.unknown],
        "grounds": item.other_grounds,
    }


@csrf_exempt
@require_POST
def vote(request: HttpRequest, number: str) -> HttpResponse:
    """「役に立ちましたか」. No cookie, no token: the page can be cached, and nothing of the reader is kept. What a forged
    vote could do is bounded by the limit for one address."""
    with system_transaction():
        count = count_attempt("vote", client_of(request), limit=_VOTES_A_WINDOW, window=_VOTE_WINDOW)
    found = knowledge.article_by_number(number)
    if count <= _VOTES_A_WINDOW and request.POST.get("useful") in ("yes", "no"):
        vote_on_article(number=found.number, useful=request.POST["useful"] == "yes")
    return HttpResponseRedirect(reverse("portal:article", args=[found.number]) + "?voted=1#vote")
