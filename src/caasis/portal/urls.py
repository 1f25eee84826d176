"""URLs of the portal face."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path, register_converter

from caasis.portal.views import (
    articles,
    ask,
    booked,
    booking,
    consult,
    events,
    feeds,
    guides,
    languages,
    lectures,
    machines,
    materials,
    news,
    phone,
    public,
    reach,
    reader_notes,
    receipt,
    statistics,
    suggesting,
    survey,
    video,
    watch,
)


class StepConverter:
    """One of the five steps."""

    regex = "[1-5]"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)


register_converter(StepConverter, "step")

app_name = "portal"
_BOOKED = "book/<str:secret>/"
_VIDEO = "video/<str:secret>/"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", public.top, name="top"),
    path("guide/", public.guide, name="guide"),
    path("guides/", guides.index, name="guides"),
    path("guides/<slug:guide_id>/", guides.guide, name="guide_step"),
    path("guides/<slug:guide_id>/consult/", guides.consult, name="guide_consult"),
    path("ask/", ask.ask, name="ask"),
    path("ask/rate/", ask.rate, name="ask_rate"),
    path("ask/consult/", ask.consult, name="ask_consult"),
    path("search/", articles.search, name="search"),
    path("search/suggest/", suggesting.suggest, name="suggest"),
    path("articles/<str:number>/", articles.article, name="article"),
    path("articles/<str:number>/vote/", articles.vote, name="vote"),
    path("articles/<str:number>/note/", reader_notes.note, name="note"),
    path("alerts/", reach.alerts, name="alerts"),
    *(
        path(f"feeds/{what}.{form}", feeds.feed, {"what": what, "form": form}, name=f"feed_{what}_{form}")
        for what in feeds.FEEDS
        for form in feeds.FORMS
    ),
    path("news/", news.news, name="news"),
    path("news/sent/", news.sent, name="news_sent"),
    path("news/confirmed/", news.confirmed, name="news_confirmed"),
    path("news/confirm/<str:news_token>/", news.confirm, name="news_confirm"),
    path("news/stop/<str:news_token>/", news.stop, name="news_stop"),
    path("events/", events.events, name="events"),
    path("events/lecture/", lectures.lecture, name="lecture"),
    path("events/lecture/done/", lectures.lecture_done, name="lecture_done"),
    path("events/<uuid:event_id>/", events.event, name="event"),
    path("events/<uuid:event_id>/event.ics", events.event_calendar, name="event_calendar"),
    path("events/my/<str:link>/", events.sign_up, name="sign_up"),
    path("events/my/<str:link>/cancel/", events.sign_up_cancel, name="sign_up_cancel"),
    path("materials/", materials.materials, name="materials"),
    path("materials/<str:number>/text.md", materials.material_file, name="material_file"),
    path("sitemap.xml", machines.sitemap, name="sitemap"),
    path("robots.txt", machines.robots, name="robots"),
    path("offices/", public.offices, name="offices"),
    path("book/", booking.book, name="book"),
    path(_BOOKED, booked.booked, name="booked"),
    path(f"{_BOOKED}change/", booked.change, name="booked_change"),
    path(f"{_BOOKED}cancel/", booked.cancel, name="booked_cancel"),
    path(f"{_BOOKED}booking.ics", booked.calendar, name="booked_calendar"),
    path("consult/", consult.consult, name="consult"),
    path("consult/<step:number>/", consult.step, name="consult_step"),
    path("consult/resume/", consult.resume, name="consult_resume"),
    path("consult/discard/", consult.discard, name="consult_discard"),
    path("consult/done/", consult.done, name="consult_done"),
    path("receipt/", receipt.receipt, name="receipt"),
    path("receipt/status/", receipt.status, name="receipt_status"),
    path("receipt/withdraw/", receipt.withdraw, name="receipt_withdraw"),
    path("receipt/close/", receipt.close, name="receipt_close"),
    path("survey/<str:survey_link>/", survey.survey, name="survey"),
    path("phone/<slug:line>/", phone.phone, name="phone"),
    path(_VIDEO, video.video, name="video"),
    path(f"{_VIDEO}state", video.state, name="video_state"),
    path(f"{_VIDEO}say", video.say, name="video_say"),
    path(f"{_VIDEO}sound", video.sound, name="video_sound"),
    path(f"{_VIDEO}sound/<uuid:request_id>", video.sound_answer, name="video_sound_answer"),
    path(f"{_VIDEO}leave", video.leave, name="video_leave"),
    path(f"{_VIDEO}file", video.send_file, name="video_file"),
    path("easy/", languages.index, {"language": "easy"}, name="easy"),
    path("easy/search/", languages.search, {"language": "easy"}, name="easy_search"),
    path("easy/articles/<str:number>/", languages.article, {"language": "easy"}, name="easy_article"),
    path("en/", languages.index, {"language": "en"}, name="en"),
    path("en/search/", languages.search, {"language": "en"}, name="en_search"),
    path("en/articles/<str:number>/", languages.article, {"language": "en"}, name="en_article"),
    path("privacy/", public.privacy, name="privacy"),
    path("accessibility/", public.accessibility, name="accessibility"),
    path("cross-border/", reach.cross_border, name="cross_border"),
    path("help-without-internet/", reach.offline, name="offline"),
    path("statistics/", statistics.statistics, name="statistics"),
    path("statistics/data.csv", statistics.statistics_file, name="statistics_file"),
    path("watch-report/", watch.watch, name="watch"),
    path("watch-report/done/", watch.watch_done, name="watch_done"),
    path("watch-report/member/<str:member_link>/", watch.watch_member, name="watch_member"),
    path("about/", public.about, name="about"),
]
