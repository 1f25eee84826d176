"""Writing articles, in the thinnest form: the seed, and votes."""

from __future__ import annotations

import tomllib
from importlib import resources
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from caasis.audit.services import record_access
from caasis.kernel.actor import SYSTEM, Actor, Role
from caasis.kernel.errors import Invalid, NotAllowed, NotFound, VersionConflict
from caasis.knowledge.events import ArticleVoted
from caasis.knowledge.models import Article, Phrase, PhraseVersion
from caasis.knowledge.rules.article_file import FIELDS, ArticleFileError, parse_article
from caasis.knowledge.rules.phrases import phrase_errors
from caasis.knowledge.selectors import article_by_number, get_phrase, may_write_phrases
from caasis.platform.outbox.publish import publish
from caasis.platform.transactions import actor_transaction, system_transaction

#: Fields of an article that its file may set.
_FIELDS = (*(name for name in FIELDS if name != "number"), "body")


def load_seed_articles(*, actor: Actor, alerts: bool = False) -> int:
    """Load the articles that come with the package; with `alerts` also the invented alerts of the demonstration.

    Safe to run again: an article is written only where its file says something else, and one that somebody has edited
    since (its version is above 1) stays. Returns how many were written.

    :raises NotAllowed: only an administrator or the system may. :raises ArticleFileError: naming the file and the line.
    """
    if not (actor.is_system or actor.has(Role.ADMIN)):
        raise NotAllowed
    entries = _read("articles") + _read("materials")
    if alerts:
        entries += [entry | {"is_demo": True} for entry in _read("demo_alerts")]
    written = 0
    with actor_transaction(actor):
        known = Article.objects.in_bulk(field_name="number")
        for entry in entries:
            article = known.get(entry["number"])
            if article is not None and article.version > 1:
                continue
            values = {name: entry[name] for name in _FIELDS if name in entry} | {
                "state": Article.State.PUBLISHED.value,
                "is_demo": entry.get("is_demo", False),
            }
            if article is None:
                Article.objects.create(number=entry["number"], **values)
            elif any(getattr(article, name) != value for name, value in values.items()):
                for name, value in values.items():
                    setattr(article, name, value)
                article.save()
            else:
                continue
            written += 1
        if written:
            record_access(
                actor=actor, action="load_seed_articles", object_kind="article", object_id=None, reason=f"{written}"
            )
    return written


def _read(folder: str) -> list[dict[str, Any]]:
    """The articles of a folder, by number.

    :raises ArticleFileError: naming the file and the line.
    """
    entries = []
    for file in sorted(resources.files("caasis.knowledge").joinpath("data", folder).iterdir(), key=lambda file: file.name):
        if not file.name.endswith(".md"):
            continue
        try:
            text = file.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            raise ArticleFileError(file.name, file.read_bytes()[: error.start].count(b"\n") + 1, "not UTF-8") from None
        entries.append(parse_article(text, file.name))
    return entries


def vote_on_article(*, number: str, useful: bool) -> Article:
    """Count a reader's vote (K2). Nothing of the reader is kept; the caller limits how often one address votes.

    :raises NotFound: no such article.
    """
    article = article_by_number(number)
    field = "useful_votes" if useful else "not_useful_votes"
    with system_transaction():
        # Not through save(): a vote is no edit, and must not disturb the index or the version.
        Article.objects.filter(pk=article.pk).update(**{field: F(field) + 1})
        publish(ArticleVoted(subject=article.pk, number=article.number, useful=useful), actor=SYSTEM)
    return article


# --- 定型文 and 話し方の手順 --------------------------------------------------------------------------------------


def save_phrase(
    *,
    actor: Actor,
    phrase_id: UUID | None,
    version: int,
    kind: str,
    use: str,
    title: str,
    body: str,
    law: str = "",
) -> Phrase:
    """Write a phrase of the actor's centre: a new one, a newer version, or the centre's version of one of the nation's.

    :param version: the version that was read; 0 for a new one.
    :raises Invalid: with sentences by field. :raises NotAllowed: unless a supervisor or an official.
    :raises NotFound: hidden and absent alike. :raises VersionConflict: somebody saved since.
    """
    if not may_write_phrases(actor):
        raise NotAllowed("文を変えられるのは、主任とセンター職員です。")
    title, body, law = title.strip(), body.replace("\r\n", "\n").strip(), law.strip()
    known = get_phrase(actor=actor, phrase_id=phrase_id) if phrase_id is not None else None
    kind = known.kind if known is not None else kind
    errors = phrase_errors(kind=kind, use=use, title=title, body=body, law=law)
    if kind not in Phrase.Kind.values:
        errors["kind"] = ["種類を選んでください。"]
    if errors:
        raise Invalid(fields=errors)
    with actor_transaction(actor):
        if known is None:
            phrase = Phrase(centre_id=actor.centre_id, kind=kind, version=0)
        elif known.centre_id is None:
            if known.version != version:
                raise VersionConflict(current=known)
            # A version of the centre that was taken out of use goes on, with its history.
            own = Phrase.objects.select_for_update().filter(centre_id=actor.centre_id, number=known.number).first()
            if own is not None and own.retired_at is None:
                raise VersionConflict(current=own)
            phrase = own or Phrase(centre_id=actor.centre_id, number=known.number, kind=kind, version=0)
        else:
            phrase = Phrase.objects.select_for_update().get(id=known.id)
            if phrase.version != version:
                raise VersionConflict(current=phrase)
        changed_law = phrase.law != law or phrase.body != body
        phrase.use, phrase.title, phrase.body, phrase.law = use, title, body, law
        phrase.law_verified = phrase.law_verified and not changed_law
        phrase.retired_at = None
        phrase.version += 1
        try:
            with transaction.atomic():
                phrase.save()
        except IntegrityError:
            # A colleague rewrote the same one of the nation's at the same time.
            raise VersionConflict(current=known) from None
        _keep_version(phrase, actor)
        record_access(
            actor=actor, action="save_phrase", object_kind="phrase", object_id=phrase.id, centre_id=actor.centre_id
        )
        return phrase


def retire_phrase(*, actor: Actor, phrase_id: UUID) -> Phrase:
    """Take one of the centre's own phrases out of use; the nation's, if it was rewritten, comes back.

    :raises NotAllowed: unless a supervisor or an official. :raises NotFound: hidden, absent, or the nation's.
    """
    return _set_retired(actor, phrase_id, retire=True)


def restore_phrase(*, actor: Actor, phrase_id: UUID) -> Phrase:
    """Undo of `retire_phrase`."""
    return _set_retired(actor, phrase_id, retire=False)


def _set_retired(actor: Actor, phrase_id: UUID, *, retire: bool) -> Phrase:
    if not may_write_phrases(actor):
        raise NotAllowed("文を変えられるのは、主任とセンター職員です。")
    with actor_transaction(actor):
        phrase = get_phrase(actor=actor, phrase_id=phrase_id)
        if phrase.centre_id is None:
            raise NotFound("全国の文は消せません。センターの文に書きかえてください。")
        phrase.retired_at = timezone.now() if retire else None
        phrase.save(update_fields=["retired_at", "updated_at"])
        record_access(
            actor=actor,
            action="retire_phrase" if retire else "restore_phrase",
            object_kind="phrase",
            object_id=phrase.id,
            centre_id=actor.centre_id,
        )
        return phrase


def load_seed_phrases(*, actor: Actor) -> int:
    """Load the nation's phrases that come with the package. Safe to run again; returns how many were written.

    :raises NotAllowed: only an administrator or the system may.
    """
    if not (actor.is_system or actor.has(Role.ADMIN)):
        raise NotAllowed
    text = resources.files("caasis.knowledge").joinpath("data", "phrases.toml").read_text(encoding="utf-8")
    entries = tomllib.loads(text)["phrase"]
    written = 0
    with actor_transaction(actor):
        known = {row.number: row for row in Phrase.objects.filter(centre_id=None)}
        for entry in entries:
            values = {name: entry.get(name, "") for name in ("kind", "use", "title", "law")}
            values["body"] = entry["body"].strip()
            phrase = known.get(entry["number"])
            if phrase is not None and all(getattr(phrase, name) == value for name, value in values.items()):
                continue
            phrase = phrase or Phrase(number=entry["number"], version=0)
            for name, value in values.items():
                setattr(phrase, name, value)
            phrase.version += 1
            phrase.save()
            _keep_version(phrase, actor)
            written += 1
        if written:
            record_access(actor=actor, action="load_seed_phrases", object_kind="phrase", object_id=None, reason=f"{written}")
    return written


def _keep_version(phrase: Phrase, actor: Actor) -> None:
    PhraseVersion.objects.create(
        phrase=phrase,
        centre_id=phrase.centre_id,
        number=phrase.version,
        title=phrase.title,
        body=phrase.body,
        law=phrase.law,
        saved_by=actor.id,
    )
