"""記事と利用のようす: what the portal's readers looked for, read and found useful."""

from __future__ import annotations

from datetime import date, timedelta

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from caasis.analytics.reading import Usage, usage
from caasis.desk.access import actor_of_request, for_staff_and_nation
from caasis.desk.charts import svg
from caasis.desk.charts.words import percent
from caasis.desk.views.parts import page
from caasis.engines.japanese import format_date_ja
from caasis.kernel.clock import day_in_japan
from caasis.knowledge.selectors import titles_of

#: Days back from today, today included.
SPANS = {"7": "7日", "28": "28日", "90": "90日", "365": "1年"}
_HEIGHT, _LEFT, _BASE, _TOP = 220.0, 48.0, 190.0, 16.0
#: One drawing for a wide window, one for a telephone.
_WIDE, _NARROW = 1300.0, 300.0


@require_safe
@for_staff_and_nation
def readings(request: HttpRequest) -> HttpResponse:
    """The page, for one of the spans; whoever names another gets four weeks."""
    actor = actor_of_request(request)
    chosen = request.GET.get("days", "28")
    if chosen not in SPANS:
        chosen = "28"
    end = day_in_japan(timezone.now())
    start = end - timedelta(days=int(chosen) - 1)
    found = usage(start, end, actor=actor)
    titles = titles_of([one.number for one in found.articles])
    return page(
        request,
        "desk/analysis/readings.html",
        {
            "usage": found,
            "start": start,
            "end": end,
            "spans": [{"days": days, "label": label, "current": days == chosen} for days, label in SPANS.items()],
            "metrics": [
                {
                    "definition": value.definition,
                    "value": "—" if value.value is None else percent(value.value) if value.definition.ratio_of else f"{value.value:,}",
                    "unit": "" if value.definition.ratio_of else value.definition.unit.value,
                }
                for value in found.metrics.values()
            ],
            "empty_share": percent(found.empty_searches / found.searches) if found.searches else "",
            "pictures": (_picture(found.days, _WIDE, "u-wide"), _picture(found.days, _NARROW, "u-narrow")),
            "rows": [
                {
                    "used": one,
                    "title": titles.get(one.number, "（いまは公開していない記事）"),
                    "share": percent(one.useful / (one.useful + one.not_useful)) if one.useful + one.not_useful else "",
                }
                for one in found.articles
            ],
            "nothing": _nothing(found),
        },
    )


def _nothing(found: Usage) -> bool:
    return not (found.articles or found.searches or any(count for _, count in found.days))


def _picture(days: list[tuple[date, int]], width: float, css_of_all: str) -> SafeString:
    """Visitors day by day, as upright bars with a scale of their own."""
    marks = svg.ticks(max((count for _, count in days), default=0), 3)
    top = marks[-1]
    height = _BASE - _TOP
    step = (width - _LEFT) / len(days)
    content = []
    for mark in marks:
        y = _BASE - height * mark / top
        content.append(svg.line(_LEFT, y, width, y, "ax"))
        content.append(svg.text(_LEFT - 6, y + 5, f"{mark:,}", "e t2"))
    bars = ((_LEFT + step * at + step * 0.15, _BASE - height * count / top) for at, (_, count) in enumerate(days))
    content.append(svg.columns(bars, step * 0.7, _BASE, "f-soft"))
    for at in (0, len(days) // 2, len(days) - 1) if width > _NARROW else (0, len(days) - 1):
        place = _LEFT + step * (at + 0.5)
        css = "m t2" if 0 < at < len(days) - 1 else "e t2" if at else "t2"
        content.append(svg.text(place, _HEIGHT - 8, format_date_ja(days[at][0]), css))
    best = max(days, key=lambda pair: pair[1])
    label = f"1日ごとの利用者の数。いちばん多い日は{format_date_ja(best[0])}の{best[1]:,}人"
    return svg.drawing(width, _HEIGHT, content, css=css_of_all, label=label)
