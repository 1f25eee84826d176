"""Writing translations, in the thinnest form: those that come with the package."""

from __future__ import annotations

from importlib import resources
from typing import Any

from caasis.audit.services import record_access
from caasis.kernel.actor import Actor, Role
from caasis.kernel.errors import NotAllowed
from caasis.knowledge.models import Article
from caasis.knowledge.rules.article_file import ArticleFileError
from caasis.knowledge.rules.translation_file import LANGUAGES, digest_of, parse_translation
from caasis.knowledge.translation_models import ArticleTranslation
from caasis.platform.transactions import actor_transaction

_FIELDS = ("title", "lead", "body", "search_words")


def load_seed_translations(*, actor: Actor, root: Any = None) -> int:
    """Load the translations that come with the package, after the articles; a translation without its article waits.

    Safe to run again: only what says something else is written, and what somebody has edited since stays. A translation
    remembers the Japanese text that stood there when it was written, and not later ones. Returns how many were written.

    :param root: as for `read_translations`.
    :raises NotAllowed: only an administrator or the system may. :raises ArticleFileError: naming the file and the line.
    """
    if not (actor.is_system or actor.has(Role.ADMIN)):
        raise NotAllowed
    entries = [(language, entry) for language in LANGUAGES for entry in read_translations(language, root)]
    written = 0
    with actor_transaction(actor):
        articles = Article.objects.in_bulk(field_name="number")
        known = {(row.language, row.article_id): row for row in ArticleTranslation.objects.all()}
        for language, entry in entries:
            article = articles.get(entry["number"])
            if article is None:
                continue
            row = known.get((language, article.pk))
            values = {name: entry[name] for name in _FIELDS}
            if row is not None and (
                row.version > 1 or all(getattr(row, name) == value for name, value in values.items())
            ):
                continue
            row = row or ArticleTranslation(article=article, language=language)
            for name, value in values.items():
                setattr(row, name, value)
            row.checked = False
            row.original_digest = digest_of(article.title, article.lead, article.body)
            row.save()
            written += 1
        if written:
            record_access(
                actor=actor, action="load_seed_translations", object_kind="article", object_id=None, reason=f"{written}"
            )
    return written


def read_translations(language: str, root: Any = None) -> list[dict[str, Any]]:
    """The translations of a language's folder, by number.

    :param root: the folder that holds a folder for each language; the package's own if none is given.
    :raises ArticleFileError: naming the file and the line.
    """
    folder = (root or resources.files("caasis.knowledge").joinpath("data", "translations")).joinpath(language)
    if not folder.is_dir():
        return []
    entries = []
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if not file.name.endswith(".md"):
            continue
        name = f"{language}/{file.name}"
        try:
            text = file.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            raise ArticleFileError(name, file.read_bytes()[: error.start].count(b"\n") + 1, "not UTF-8") from None
        entries.append(parse_translation(text, name, language))
    return entries
