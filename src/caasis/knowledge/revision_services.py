"""Writing, checking, publishing and withdrawing articles. One function for each thing that a person does.

Whoever works for a centre or the nation may write. Another person approves: of the counsellors' articles a supervisor, an
official or 国民生活センター; of everything that the public reads 国民生活センター alone. Nobody approves or publishes
what he has written himself.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import F, Max
from django.utils import timezone

from caasis.audit.services import record_access
from caasis.engines.masking import find_personal
from caasis.kernel.actor import CENTRE_ROLES, SYSTEM, Actor, Role
from caasis.kernel.clock import day_in_japan
from caasis.kernel.errors import DomainError, Invalid, NotAllowed, NotFound, VersionConflict, WrongState
from caasis.knowledge.events import ArticlePublished, ArticleWithdrawn
from caasis.knowledge.models import Article
from caasis.knowledge.revision_models import ArticleComment, ArticleRevision, SearchMiss
from caasis.knowledge.rules.article_file import LONGEST_LAW, LONGEST_LEAD, LONGEST_TITLE, body_errors
from caasis.knowledge.rules.misses import words_to_keep
from caasis.platform.outbox.publish import publish
from caasis.platform.transactions import actor_transaction, system_transaction

log = logging.getLogger(__name__)

State = ArticleRevision.State
#: What a writer writes; the same names stand on the article.
TEXTS = (
    "title", "lead", "body", "search_words", "situation", "sales_form", "law", "law_checked_on", "law_verified", "region",
    "review_by", "valid_until",
)  # fmt: skip
AT_WORK = (State.DRAFT, State.REVIEW, State.RETURNED, State.APPROVED)
WRITABLE = (State.DRAFT, State.RETURNED)
_LETTER = {Article.Kind.MANUAL: "M", Article.Kind.ALERT: "A", Article.Kind.ACTION: "G", Article.Kind.ACCIDENT: "J",
           Article.Kind.MATERIAL: "K"}  # fmt: skip
#: Numbers of what is written at the desk begin here: those below are the package's own.
FIRST_NUMBER = 5001
MOST_MISSES_A_MONTH = 5_000


def may_write(actor: Actor) -> bool:
    return actor.has_any(CENTRE_ROLES) or actor.has(Role.NCAC)


def may_approve(actor: Actor, kind: str) -> bool:
    """Whether the actor may approve, publish and withdraw articles of a kind."""
    if kind == Article.Kind.MANUAL:
        return actor.has(Role.SUPERVISOR, Role.OFFICIAL, Role.NCAC)
    return actor.has(Role.NCAC)


def has_written(actor: Actor, revision: ArticleRevision) -> bool:
    """Whether words of the actor may stand in a revision, even if somebody else wrote after him."""
    return actor.id == revision.author_id or actor.id in revision.writers


def start_article(*, actor: Actor, kind: str, texts: Mapping[str, Any] | None = None) -> ArticleRevision:
    """A new article with its first draft. Nothing is public yet.

    :raises NotAllowed: unless the actor works for a centre or is 国民生活センター. :raises Invalid: no such kind.
    """
    _require_writer(actor)
    if kind not in Article.Kind.values:
        raise Invalid(fields={"kind": ["種類を選んでください。"]})
    with actor_transaction(actor):
        letter = _LETTER.get(Article.Kind(kind), "F")
        article = Article.objects.create(
            number=_free_number(letter),
            kind=kind,
            audience="staff" if kind == Article.Kind.MANUAL else "public",
            state=Article.State.DRAFT,
            owner_id=actor.id,
        )
        revision = ArticleRevision(article=article, number=1, author_id=actor.id, writers=[actor.id])
        _write(revision, texts or {})
        revision.save()
        _noted(actor, "start_article", article)
        return revision


def begin_revision(*, actor: Actor, article_id: UUID) -> ArticleRevision:
    """A new writing of an article, which begins with what it says now; the one that is at work, if there is one.

    :raises NotAllowed: see `start_article`. :raises NotFound: no such article.
    """
    _require_writer(actor)
    with actor_transaction(actor):
        article = _locked_article(article_id)
        at_work = article.revisions.filter(state__in=AT_WORK).first()
        if at_work is not None:
            return at_work
        last = article.revisions.aggregate(last=Max("number"))["last"] or 0
        if last == 0 and article.state != Article.State.DRAFT:
            # What stood there before anybody wrote at the desk is kept as the first.
            ArticleRevision.objects.create(
                article=article, number=1, state=State.PUBLISHED, **{name: getattr(article, name) for name in TEXTS}
            )
            last = 1
        revision = ArticleRevision.objects.create(
            article=article,
            number=last + 1,
            author_id=actor.id,
            writers=[actor.id],
            **{name: getattr(article, name) for name in TEXTS},
        )
        _noted(actor, "begin_revision", article)
        return revision


def save_revision(*, actor: Actor, revision_id: UUID, version: int, texts: Mapping[str, Any]) -> ArticleRevision:
    """Keep what was written so far, whole or not. Whoever changes a word becomes its author; whoever only looks doesn't.

    :param version: the version that was read. :raises VersionConflict: somebody saved since.
    :raises WrongState: it is no longer a draft. :raises NotAllowed: see `start_article`. :raises NotFound.
    """
    _require_writer(actor)
    with actor_transaction(actor):
        revision = _locked(revision_id)
        _require_state(revision, WRITABLE, "確認に出したあとは、書きかえられません。差し戻してもらってください。")
        if revision.version != version:
            raise VersionConflict(current=revision)
        before = [getattr(revision, name) for name in TEXTS]
        _write(revision, texts)
        if before != [getattr(revision, name) for name in TEXTS]:
            wrote = (*revision.writers, revision.author_id, actor.id)
            revision.writers, revision.author_id = sorted({one for one in wrote if one is not None}), actor.id
        revision.version += 1
        revision.save()
        _noted(actor, "save_article_revision", revision.article)
        return revision


def submit_revision(*, actor: Actor, revision_id: UUID) -> ArticleRevision:
    """確認に出す. From here on the text stands still.

    :raises Invalid: with sentences by field, as long as it is not whole. :raises WrongState. :raises NotAllowed. :raises NotFound.
    """
    _require_writer(actor)
    with actor_transaction(actor):
        revision = _locked(revision_id)
        _require_state(revision, WRITABLE, "もう確認に出ています。")
        errors = revision_errors(revision)
        if errors:
            raise Invalid(fields=errors)
        revision.state, revision.submitted_at, revision.note = State.REVIEW, timezone.now(), ""
        revision.save()
        _noted(actor, "submit_article_revision", revision.article)
        return revision


def return_revision(*, actor: Actor, revision_id: UUID, note: str) -> ArticleRevision:
    """差し戻す, with what is to be mended.

    :raises Invalid: without a note. :raises NotAllowed: unless the actor may approve it. :raises WrongState. :raises NotFound.
    """
    note = note.strip()
    if not note or len(note) > 400:
        raise Invalid(fields={"note": ["直してほしいところを、400文字までで書いてください。"]})
    with actor_transaction(actor):
        revision = _locked(revision_id)
        _require_approver(actor, revision.article)
        _require_state(revision, (State.REVIEW, State.APPROVED), "確認待ちの記事ではありません。")
        revision.state, revision.note = State.RETURNED, note
        revision.approved_by = revision.approved_at = revision.publish_at = None
        revision.save()
        _noted(actor, "return_article_revision", revision.article)
        return revision


def approve_revision(*, actor: Actor, revision_id: UUID, publish_at: datetime | None = None) -> ArticleRevision:
    """承認する; it becomes public at a time, or when somebody publishes it.

    :raises NotAllowed: unless the actor may approve it and has not written it. :raises WrongState. :raises NotFound.
    :raises Invalid: the time is over.
    """
    if publish_at is not None and publish_at < timezone.now():
        raise Invalid(fields={"publish_at": ["公開の日時は、これから先にしてください。"]})
    with actor_transaction(actor):
        revision = _locked(revision_id)
        _require_second_person(actor, revision)
        _require_state(revision, (State.REVIEW,), "確認待ちの記事ではありません。")
        revision.state, revision.approved_by, revision.approved_at = State.APPROVED, actor.id, timezone.now()
        revision.publish_at = publish_at
        revision.save()
        _noted(actor, "approve_article_revision", revision.article)
        return revision


def publish_revision(*, actor: Actor, revision_id: UUID) -> Article:
    """公開する: from now on everybody reads it, in the place of what stood there.

    :raises NotAllowed: unless the actor may approve it and has not written it. :raises WrongState: not approved. :raises NotFound.
    """
    with actor_transaction(actor):
        revision = _locked(revision_id)
        if not actor.is_system:
            _require_second_person(actor, revision)
        _require_state(revision, (State.APPROVED,), "承認されていないので、公開できません。")
        article = _locked_article(revision.article_id)
        article.revisions.filter(state=State.PUBLISHED).update(state=State.REPLACED)
        for name in TEXTS:
            setattr(article, name, getattr(revision, name))
        article.state, article.published_on = Article.State.PUBLISHED, day_in_japan(timezone.now())
        article.withdrawn_reason = ""
        # Above 1: the seed leaves alone what somebody has written (`load_seed_articles`).
        article.version += 1
        article.save()
        revision.state, revision.published_at = State.PUBLISHED, timezone.now()
        revision.save()
        _noted(actor, "publish_article", article)
        publish(ArticlePublished(subject=article.pk, number=article.number), actor=actor)
        return article


def discard_revision(*, actor: Actor, revision_id: UUID) -> ArticleRevision:
    """取りやめる: the writing goes no further; what is public stays.

    :raises NotAllowed: see `start_article`. :raises WrongState: it is public. :raises NotFound.
    """
    _require_writer(actor)
    with actor_transaction(actor):
        revision = _locked(revision_id)
        if revision.state in (State.REVIEW, State.APPROVED):
            _require_approver(actor, revision.article)
        _require_state(revision, AT_WORK, "取りやめられる下書きではありません。")
        revision.state = State.DISCARDED
        revision.save()
        _noted(actor, "discard_article_revision", revision.article)
        return revision


def withdraw_article(*, actor: Actor, article_id: UUID, reason: str) -> Article:
    """取り下げる: nobody of the public finds it any more, from search, feeds, guide and kept pages within seconds.

    :raises Invalid: without a reason. :raises NotAllowed: unless the actor may approve its kind. :raises WrongState. :raises NotFound.
    """
    reason = reason.strip()
    if not reason or len(reason) > 400:
        raise Invalid(fields={"reason": ["取り下げる理由を、400文字までで書いてください。"]})
    with actor_transaction(actor):
        article = _locked_article(article_id)
        if not actor.is_system:
            _require_approver(actor, article)
        if article.state != Article.State.PUBLISHED:
            raise WrongState("公開されている記事ではありません。")
        article.state, article.withdrawn_reason = Article.State.WITHDRAWN, reason
        article.version += 1
        article.save()
        _noted(actor, "withdraw_article", article, reason)
        publish(ArticleWithdrawn(subject=article.pk, number=article.number), actor=actor)
        return article


def restore_article(*, actor: Actor, article_id: UUID) -> Article:
    """Undo of `withdraw_article`: it is public again, as it was.

    :raises NotAllowed: unless the actor may approve its kind. :raises WrongState: not withdrawn. :raises NotFound.
    """
    with actor_transaction(actor):
        article = _locked_article(article_id)
        _require_approver(actor, article)
        if article.state != Article.State.WITHDRAWN:
            raise WrongState("取り下げた記事ではありません。")
        article.state, article.withdrawn_reason = Article.State.PUBLISHED, ""
        if article.valid_until is not None and article.valid_until < day_in_japan(timezone.now()):
            article.valid_until = None
        article.version += 1
        article.save()
        _noted(actor, "restore_article", article)
        publish(ArticlePublished(subject=article.pk, number=article.number), actor=actor)
        return article


def publish_due(*, now: datetime) -> int:
    """What is approved for a time that has come becomes public, and what no longer holds is withdrawn. Returns how many."""
    with system_transaction():
        due = list(ArticleRevision.objects.filter(state=State.APPROVED, publish_at__lte=now).values_list("id", flat=True))
        over = list(
            Article.objects.filter(state=Article.State.PUBLISHED, valid_until__lt=day_in_japan(now)).values_list("id", flat=True)
        )
    done = 0
    for work, ids in ((_publish_itself, due), (_withdraw_itself, over)):
        for id_ in ids:
            try:
                work(id_)
                done += 1
            except DomainError as error:
                # Somebody was quicker, or it is broken: the others have their time all the same.
                log.warning("an article could not change by itself: %s", type(error).__name__)
    return done


def _publish_itself(revision_id: UUID) -> None:
    publish_revision(actor=SYSTEM, revision_id=revision_id)


def _withdraw_itself(article_id: UUID) -> None:
    withdraw_article(actor=SYSTEM, article_id=article_id, reason="公開の期限がすぎたため（自動）")


def comment_on(*, actor: Actor, revision_id: UUID, passage: str, text: str) -> ArticleComment:
    """Say something of a passage of a revision that is at work.

    :raises Invalid: nothing said, too long, or the passage doesn't stand in the text. :raises NotAllowed. :raises NotFound.
    """
    _require_writer(actor)
    passage, text = passage.strip(), text.strip()
    errors: dict[str, list[str]] = {}
    if not text or len(text) > 600:
        errors["text"] = ["意見を、600文字までで書いてください。"]
    with actor_transaction(actor):
        revision = _locked(revision_id)
        _require_state(revision, AT_WORK, "この版は、もう書き終わっています。")
        if passage and (len(passage) > 200 or passage not in f"{revision.title}\n{revision.lead}\n{revision.body}"):
            errors["passage"] = ["記事の中の文を、そのまま写してください。"]
        if errors:
            raise Invalid(fields=errors)
        comment = ArticleComment.objects.create(revision=revision, passage=passage, text=text, author_id=actor.id)
        _noted(actor, "comment_on_article", revision.article)
        return comment


def resolve_comment(*, actor: Actor, comment_id: UUID) -> ArticleComment:
    """:raises NotAllowed: see `start_article`. :raises NotFound: no such comment."""
    _require_writer(actor)
    with actor_transaction(actor):
        comment = ArticleComment.objects.select_for_update().select_related("revision__article").filter(id=comment_id).first()
        if comment is None:
            raise NotFound("この意見は見つかりません。記事を開き直してください。")
        comment.resolved_at, comment.resolved_by = timezone.now(), actor.id
        comment.save()
        _noted(actor, "resolve_article_comment", comment.revision.article)
        return comment


def count_miss(*, query: str, day: date) -> bool:
    """Count words for which nothing was found. False for what may name a person, and when a month has too many already."""
    words = words_to_keep(query)
    if not words or find_personal(words):
        return False
    month = day.replace(day=1)
    with system_transaction():
        if SearchMiss.objects.filter(month=month, words=words).update(times=F("times") + 1):
            return True
        if SearchMiss.objects.filter(month=month).count() >= MOST_MISSES_A_MONTH:
            return False
        SearchMiss.objects.bulk_create([SearchMiss(month=month, words=words, times=1)], ignore_conflicts=True)
        return True


def revision_errors(revision: ArticleRevision) -> dict[str, list[str]]:
    """What keeps a revision from being shown to anybody, by field."""
    errors: dict[str, list[str]] = {}
    for name, longest, label in (("title", LONGEST_TITLE, "題"), ("lead", LONGEST_LEAD, "短い答え")):
        text = getattr(revision, name)
        if not text.strip():
            errors[name] = [f"{label}を入力してください。"]
        elif len(text) > longest:
            errors[name] = [f"{label}は{longest}文字までにしてください。"]
    if len(revision.law) > LONGEST_LAW:
        errors["law"] = [f"法律は{LONGEST_LAW}文字までにしてください。"]
    if revision.law_verified and not revision.law_checked_on:
        errors["law_checked_on"] = ["法律を確かめた日を入れてください。"]
    if revision.valid_until and revision.valid_until < day_in_japan(timezone.now()):
        errors["valid_until"] = ["公開の終わりの日を、きょうか、これから先にしてください。"]
    body = body_errors(revision.body)
    if body:
        errors["body"] = body
    return errors


#: Longest texts by name; what is longer is refused, never cut.
_LONGEST = {"title": LONGEST_TITLE, "lead": LONGEST_LEAD, "law": LONGEST_LAW, "region": 60, "situation": 30, "sales_form": 20,
            "search_words": 2_000, "body": 20_000}  # fmt: skip


def _write(revision: ArticleRevision, texts: Mapping[str, Any]) -> None:
    """:raises Invalid: for texts that are longer than there is room for."""
    errors = {
        name: [f"{longest}文字までにしてください。"]
        for name, longest in _LONGEST.items()
        if len(str(texts.get(name) or "")) > longest
    }
    if errors:
        raise Invalid(fields=errors)
    for name in TEXTS:
        if name not in texts:
            continue
        value = texts[name]
        if isinstance(value, str):
            value = value.replace("\r\n", "\n").replace("\x00", "")
            value = value.strip("\n") if name == "body" else value.strip()
        setattr(revision, name, value)


def _free_number(letter: str) -> str:
    taken = [int(number[2:]) for number in Article.objects.filter(number__startswith=f"{letter}-").values_list("number", flat=True)]
    return f"{letter}-{max([FIRST_NUMBER - 1, *taken]) + 1}"


def _locked(revision_id: UUID) -> ArticleRevision:
    found = ArticleRevision.objects.select_for_update(of=("self",)).select_related("article").filter(id=revision_id).first()
    if found is None:
        raise NotFound("この下書きは見つかりません。一覧を開き直してください。")
    return found


def _locked_article(article_id: UUID) -> Article:
    found = Article.objects.select_for_update().filter(id=article_id).first()
    if found is None:
        raise NotFound("この記事は見つかりません。一覧を開き直してください。")
    return found


def _require_writer(actor: Actor) -> None:
    if not may_write(actor):
        raise NotAllowed("記事を書けるのは、センターと国民生活センターの職員です。")


def _require_approver(actor: Actor, article: Article) -> None:
    if not may_approve(actor, article.kind):
        who = "主任・センター職員・国民生活センター" if article.kind == Article.Kind.MANUAL else "国民生活センター"
        raise NotAllowed(f"この記事を承認・公開できるのは、{who}です。")


def _require_second_person(actor: Actor, revision: ArticleRevision) -> None:
    _require_approver(actor, revision.article)
    if has_written(actor, revision):
        raise NotAllowed("自分が書いた記事は、承認・公開できません。ほかの人に頼んでください。")


def _require_state(revision: ArticleRevision, states: tuple[State, ...], sentence: str) -> None:
    if revision.state not in states:
        raise WrongState(sentence)


def _noted(actor: Actor, action: str, article: Article, reason: str = "") -> None:
    record_access(actor=actor, action=action, object_kind="article", object_id=article.pk, reason=reason)
