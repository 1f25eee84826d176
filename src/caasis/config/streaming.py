"""Wires the stream hub to sessions and permission: who may hear which event."""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection, transaction
from django.utils.crypto import constant_time_compare

from caasis.accounts.models import User
from caasis.accounts.selectors import actor_of
from caasis.kernel.actor import PUBLIC, Actor
from caasis.platform.streams.hub import Sees, StreamEvent, StreamHub, Viewer
from caasis.platform.transactions import set_scope

#: National roles hear only of what counts: never of a case that isn't registered.
NATIONAL_TOPICS = frozenset({"cases.registered", "analytics.facts_changed"})


def sees_for(actor: Actor) -> Sees:
    """The filter of one actor, applied to every event of the stream."""
    centre = actor.centre_id

    def sees(event: StreamEvent) -> bool:
        if centre is not None and event.centre_id == centre:
            return True
        return actor.is_national and event.topic in NATIONAL_TOPICS

    return sees


def _actor_behind(cookie_header: str) -> Actor | None:
    try:
        morsel = SimpleCookie(cookie_header).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return None
    if morsel is None:
        return None
    with transaction.atomic():
        set_scope(PUBLIC)
        session = SessionStore(morsel.value)
        user_id = session.get(SESSION_KEY)
        user = User.objects.filter(pk=user_id, is_active=True).first() if user_id else None
        # A session from before a change of the password is none.
        if user is None or not constant_time_compare(session.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash()):
            return None
        return actor_of(user)


def _ask(cookie_header: str) -> Actor | None:
    try:
        return _actor_behind(cookie_header)
    finally:
        # This runs in a thread that no request ends: else it would keep its connection, also a broken one, for ever.
        connection.close()


async def authorise(cookie_header: str) -> Viewer | None:
    """Who is behind a cookie, and what that person may hear."""
    actor = await sync_to_async(_ask, thread_sensitive=False)(cookie_header)
    return Viewer(str(actor.id), sees_for(actor)) if actor else None


def conninfo() -> str:
    """libpq's connection string of the application role."""
    from psycopg.conninfo import make_conninfo

    own = settings.DATABASES["default"]
    parts = {
        "dbname": own["NAME"],
        "user": own["USER"],
        "password": own["PASSWORD"],
        "host": own["HOST"],
        "port": own["PORT"],
    }
    return make_conninfo(**{key: str(value) for key, value in parts.items() if value})


def new_hub() -> StreamHub:
    """A hub with the product's filter; each serving process has one, which lives in that process's event loop."""
    return StreamHub(conninfo, authorise, recheck_topics=("accounts.roles_changed", "accounts.sessions_ended"))


stream_application = new_hub()
