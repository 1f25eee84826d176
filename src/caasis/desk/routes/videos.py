"""URLs of talks by video at the desk."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from caasis.desk.views import videos, videos_live

_TALK = "videos/<uuid:talk_id>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path("videos/", videos.videos, name="videos"),
    path("cases/<uuid:case_id>/video", videos.case_video, name="case-video"),
    path(f"{_TALK}move", videos.move, name="video-move"),
    path(f"{_TALK}cancel", videos.cancel, name="video-cancel"),
    path(f"{_TALK}begin", videos_live.begin, name="video-begin"),
    path(f"{_TALK}state", videos_live.state, name="video-state"),
    path(f"{_TALK}say", videos_live.say, name="video-say"),
]
