"""Articles out of the system and into it, as the files of `rules/article_file.py`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from caasis.kernel.actor import Actor
from caasis.kernel.errors import Invalid, NotAllowed
from caasis.knowledge.models import Article
from caasis.knowledge.revision_models import ArticleRevision
from caasis.knowledge.revision_services import (
    AT_WORK,
    TEXTS,
    WRITABLE,
    begin_revision,
    may_write,
    save_revision,
    start_article,
)
from caasis.knowledge.rules.article_file import FIELDS, ArticleFileError, article_text, parse_article
from caasis.platform.transactions import actor_transaction

MOST_FILES = 200


def file_of(article: Article) -> str:
    """An article as a file."""
    fields = {name: getattr(article, name) for name in FIELDS if hasattr(article, name)}
    return article_text(fields | {"body": article.body})


def import_articles(*, actor: Actor, files: Mapping[str, bytes]) -> tuple[list[ArticleRevision], list[str]]:
    """Make a draft of each file: of the article with its number, or of a new one. All or none.

    :param files: name → bytes. Returns the drafts, or the faults, one sentence a file.
    :raises NotAllowed: unless the actor may write.
    """
    if not may_write(actor):
        raise NotAllowed("記事を書けるのは、センターと国民生活センターの職員です。")
    parsed, faults = [], []
    if len(files) > MOST_FILES:
        return [], [f"一度に取り込めるのは、{MOST_FILES}件までです。"]
    for name, data in files.items():
        try:
            parsed.append(parse_article(data.decode("utf-8-sig").replace("\r\n", "\n"), name))
        except UnicodeDecodeError:
            faults.append(f"{name}：文字コードをUTF-8にしてください。")
        except ArticleFileError as error:
            faults.append(f"{error}（この行を直してください）")
    if faults:
        return [], faults
    # Looked at before anything is made: with a fault in one, none is taken in.
    for fields in parsed:
        waiting = ArticleRevision.objects.filter(article__number=fields["number"], state__in=set(AT_WORK) - set(WRITABLE))
        if waiting.exists():
            faults.append(f"{fields['number']}：確認待ちの版があるので、取り込めません。")
        # A file never takes the place of what a colleague is writing.
        others = ArticleRevision.objects.filter(article__number=fields["number"], state__in=WRITABLE)
        if others.exclude(author_id=actor.id).exists():
            faults.append(f"{fields['number']}：ほかの人の下書きがあるので、取り込めません。")
    if faults:
        return [], faults
    made: list[ArticleRevision] = []
    try:
        with actor_transaction(actor):
            for fields in parsed:
                made.append(_draft_of(actor, fields))
    except Invalid as error:
        # Too long for its place, which the file's own rules don't ask: the one after those that were made.
        name, sentences = next(iter(error.fields.items()))
        return [], [f"{parsed[len(made)]['number']}：{name}は{sentences[0]}"]
    return made, []


def _draft_of(actor: Actor, fields: Mapping[str, Any]) -> ArticleRevision:
    texts = {name: fields[name] for name in TEXTS if name in fields}
    known = Article.objects.filter(number=fields["number"]).first()
    if known is None:
        kind = fields["kind"] if fields["kind"] in Article.Kind.values else Article.Kind.FAQ
        return start_article(actor=actor, kind=kind, texts=texts)
    revision = begin_revision(actor=actor, article_id=known.id)
    return save_revision(actor=actor, revision_id=revision.id, version=revision.version, texts=texts)
