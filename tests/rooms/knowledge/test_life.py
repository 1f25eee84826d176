"""The life of an article: who may do what, in which order, and what becomes public when."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections
from django.utils import timezone

from caasis.kernel.actor import Actor, Role
from caasis.kernel.errors import Invalid, NotAllowed, NotFound, VersionConflict, WrongState
from caasis.knowledge import revision_services as services
from caasis.knowledge.article_exchange import file_of, import_articles
from caasis.knowledge.models import Article
from caasis.knowledge.revision_models import ArticleRevision, SearchMiss
from caasis.knowledge.revision_selectors import articles_for_writers, due_articles, get_article, get_revision, misses
from caasis.knowledge.rules.article_file import article_text, body_errors, parse_article
from caasis.knowledge.rules.misses import words_to_keep
from caasis.knowledge.selectors import published
from caasis.platform.outbox.models import OutboxEvent
from caasis.platform.transactions import system_transaction

pytestmark = pytest.mark.django_db

CENTRE = uuid4()


def actor(*roles: Role, centre: bool = True) -> Actor:
    return Actor(id=uuid4(), centre_id=CENTRE if centre else None, roles=frozenset(roles))


COUNSELLOR, OTHER, SUPERVISOR = actor(Role.COUNSELLOR), actor(Role.COUNSELLOR), actor(Role.SUPERVISOR)
NCAC, NCAC_TOO = actor(Role.NCAC, centre=False), actor(Role.NCAC, centre=False)
ANALYST, ADMIN, CONSUMER = actor(Role.ANALYST, centre=False), actor(Role.ADMIN, centre=False), actor(Role.CONSUMER, centre=False)

WHOLE = {"title": "ラクダを借りた", "lead": "返せます。", "body": "## すること\n\n- 返す\n- 聞く", "search_words": "駱駝"}


def draft(by: Actor = COUNSELLOR, kind: str = "faq", **texts: Any) -> ArticleRevision:
    return services.start_article(actor=by, kind=kind, texts={**WHOLE, **texts})


def publish(revision: ArticleRevision, by: Actor = NCAC) -> Article:
    services.submit_revision(actor=COUNSELLOR, revision_id=revision.id)
    services.approve_revision(actor=by, revision_id=revision.id)
    return services.publish_revision(actor=by, revision_id=revision.id)


def topics() -> list[str]:
    with system_transaction():
        return list(OutboxEvent.objects.filter(topic__startswith="knowledge.").order_by("created_at").values_list("topic", flat=True))


def test_from_a_draft_to_the_public_by_two_people() -> None:
    revision = draft()
    assert revision.article.number == "F-5001" and not published().exists()
    article = publish(revision)
    assert [row.title for row in published()] == ["ラクダを借りた"]
    assert article.version > 1, "the seed leaves it alone"
    assert topics() == ["knowledge.article_published"]
    again = services.begin_revision(actor=OTHER, article_id=article.id)
    services.save_revision(actor=OTHER, revision_id=again.id, version=again.version, texts={"title": "ラクダを返した"})
    assert published().get().title == "ラクダを借りた", "what is public stays until the next is published"
    services.submit_revision(actor=OTHER, revision_id=again.id)
    services.approve_revision(actor=NCAC, revision_id=again.id)
    services.publish_revision(actor=NCAC, revision_id=again.id)
    assert published().get().title == "ラクダを返した"
    assert list(article.revisions.values_list("number", "state")) == [(2, "published"), (1, "replaced")]


@pytest.mark.parametrize("who", [ANALYST, ADMIN, CONSUMER])
def test_who_may_not_write_sees_and_does_nothing(who: Actor) -> None:
    revision = draft()
    with pytest.raises(NotAllowed):
        services.start_article(actor=who, kind="faq")
    with pytest.raises(NotAllowed):
        services.save_revision(actor=who, revision_id=revision.id, version=1, texts={})
    assert not articles_for_writers(actor=who).exists() and not due_articles(actor=who, today=date(2030, 1, 1))
    for read in (lambda: get_article(actor=who, article_id=revision.article_id), lambda: get_revision(actor=who, revision_id=revision.id)):
        with pytest.raises(NotFound):
            read()


def test_nobody_approves_or_publishes_his_own_words() -> None:
    mine = services.start_article(actor=NCAC, kind="faq", texts=WHOLE)
    services.submit_revision(actor=NCAC, revision_id=mine.id)
    with pytest.raises(NotAllowed, match="自分が書いた記事"):
        services.approve_revision(actor=NCAC, revision_id=mine.id)
    services.approve_revision(actor=NCAC_TOO, revision_id=mine.id)
    with pytest.raises(NotAllowed, match="自分が書いた記事"):
        services.publish_revision(actor=NCAC, revision_id=mine.id)


def test_who_wrote_before_another_still_approves_nothing_and_who_only_looked_may() -> None:
    mine = services.start_article(actor=NCAC, kind="faq", texts=WHOLE)
    seen = services.save_revision(actor=NCAC_TOO, revision_id=mine.id, version=mine.version, texts=WHOLE)
    assert seen.author_id == NCAC.id
    services.save_revision(actor=OTHER, revision_id=mine.id, version=seen.version, texts={**WHOLE, "lead": "すぐ返せます。"})
    services.submit_revision(actor=OTHER, revision_id=mine.id)
    with pytest.raises(NotAllowed, match="自分が書いた記事"):
        services.approve_revision(actor=NCAC, revision_id=mine.id)
    assert services.approve_revision(actor=NCAC_TOO, revision_id=mine.id).state == "approved"


def test_the_public_reads_only_what_the_nation_has_approved_and_centres_approve_for_counsellors() -> None:
    revision = draft()
    services.submit_revision(actor=COUNSELLOR, revision_id=revision.id)
    for who in (OTHER, SUPERVISOR):
        with pytest.raises(NotAllowed, match="国民生活センター"):
            services.approve_revision(actor=who, revision_id=revision.id)
    manual = draft(kind="manual")
    assert manual.article.number.startswith("M-")
    services.submit_revision(actor=COUNSELLOR, revision_id=manual.id)
    with pytest.raises(NotAllowed):
        services.approve_revision(actor=OTHER, revision_id=manual.id)
    services.approve_revision(actor=SUPERVISOR, revision_id=manual.id)
    services.publish_revision(actor=SUPERVISOR, revision_id=manual.id)
    assert not published().exists() and published(actor=COUNSELLOR).get().number == manual.article.number


def test_a_half_text_is_kept_and_not_submitted() -> None:
    revision = draft(title="", lead="", body="・点")
    with pytest.raises(Invalid) as raised:
        services.submit_revision(actor=COUNSELLOR, revision_id=revision.id)
    assert set(raised.value.fields) == {"title", "lead", "body"}
    with pytest.raises(Invalid):
        services.save_revision(actor=COUNSELLOR, revision_id=revision.id, version=1, texts={"title": "長" * 121})


def test_two_who_save_at_once_and_texts_that_stand_still() -> None:
    revision = draft()
    services.save_revision(actor=OTHER, revision_id=revision.id, version=1, texts={"title": "先に"})
    with pytest.raises(VersionConflict):
        services.save_revision(actor=COUNSELLOR, revision_id=revision.id, version=1, texts={"title": "後で"})
    services.submit_revision(actor=OTHER, revision_id=revision.id)
    with pytest.raises(WrongState):
        services.save_revision(actor=OTHER, revision_id=revision.id, version=2, texts={"title": "もう一度"})
    with pytest.raises(WrongState):
        services.publish_revision(actor=NCAC, revision_id=revision.id)


def test_returned_with_a_reason_and_written_on() -> None:
    revision = draft()
    services.submit_revision(actor=COUNSELLOR, revision_id=revision.id)
    with pytest.raises(Invalid):
        services.return_revision(actor=NCAC, revision_id=revision.id, note=" ")
    services.return_revision(actor=NCAC, revision_id=revision.id, note="日数を確かめてください。")
    back = services.save_revision(actor=COUNSELLOR, revision_id=revision.id, version=1, texts={"lead": "8日目まで返せます。"})
    assert back.note == "日数を確かめてください。"
    services.submit_revision(actor=COUNSELLOR, revision_id=revision.id)


def test_published_at_its_time_and_withdrawn_when_it_no_longer_holds() -> None:
    now = timezone.now()
    revision = draft(valid_until=(now + timedelta(days=3)).date())
    services.submit_revision(actor=COUNSELLOR, revision_id=revision.id)
    with pytest.raises(Invalid):
        services.approve_revision(actor=NCAC, revision_id=revision.id, publish_at=now - timedelta(hours=1))
    services.approve_revision(actor=NCAC, revision_id=revision.id, publish_at=now + timedelta(hours=2))
    assert services.publish_due(now=now + timedelta(hours=1)) == 0 and not published().exists()
    assert services.publish_due(now=now + timedelta(hours=3)) == 1 and published().exists()
    assert services.publish_due(now=now + timedelta(hours=3)) == 0
    assert services.publish_due(now=now + timedelta(days=5)) == 1 and not published().exists()
    assert topics() == ["knowledge.article_published", "knowledge.article_withdrawn"]


def test_one_that_cannot_be_published_keeps_no_other_from_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = timezone.now()
    for _ in range(2):
        revision = draft()
        services.submit_revision(actor=COUNSELLOR, revision_id=revision.id)
        services.approve_revision(actor=NCAC, revision_id=revision.id, publish_at=now + timedelta(hours=1))
    first = ArticleRevision.objects.order_by("created_at")[0].id
    real = services.publish_revision

    def broken(*, actor: Actor, revision_id: Any) -> Article:
        if revision_id == first:
            raise WrongState("見本")
        return real(actor=actor, revision_id=revision_id)

    monkeypatch.setattr(services, "publish_revision", broken)
    assert services.publish_due(now=now + timedelta(hours=2)) == 1 and published().count() == 1


def test_what_no_longer_holds_is_not_submitted() -> None:
    revision = draft(valid_until=date(2020, 1, 1))
    with pytest.raises(Invalid) as raised:
        services.submit_revision(actor=COUNSELLOR, revision_id=revision.id)
    assert set(raised.value.fields) == {"valid_until"}


def test_withdrawn_with_a_reason_and_brought_back() -> None:
    article = publish(draft())
    with pytest.raises(Invalid):
        services.withdraw_article(actor=NCAC, article_id=article.id, reason="")
    with pytest.raises(NotAllowed):
        services.withdraw_article(actor=SUPERVISOR, article_id=article.id, reason="まちがい")
    services.withdraw_article(actor=NCAC, article_id=article.id, reason="日数がまちがっている")
    assert not published().exists()
    services.restore_article(actor=NCAC, article_id=article.id)
    assert published().exists()
    with pytest.raises(WrongState):
        services.restore_article(actor=NCAC, article_id=article.id)


def test_an_opinion_on_a_passage() -> None:
    revision = draft()
    with pytest.raises(Invalid):
        services.comment_on(actor=OTHER, revision_id=revision.id, passage="書いていない文", text="？")
    comment = services.comment_on(actor=OTHER, revision_id=revision.id, passage="返せます。", text="何日まで？")
    assert services.resolve_comment(actor=COUNSELLOR, comment_id=comment.id).resolved_by == COUNSELLOR.id


def test_what_is_due_says_why() -> None:
    today = date(2026, 11, 28)

    def article(number: str, **more: Any) -> None:
        Article.objects.create(number=number, kind="faq", state="published", title=number, lead="見本", body="見本", **more)

    article("F-9001", published_on=today, review_by=today)
    article("F-9002", published_on=today - timedelta(days=400))
    article("F-9003", published_on=today, law="民法 第5条", law_checked_on=today)
    article("F-9004", published_on=today, useful_votes=2, not_useful_votes=9)
    article("F-9005", published_on=today, useful_votes=1, not_useful_votes=2)
    article("F-9006", published_on=today, law="民法 第5条", law_checked_on=today, law_verified=True)
    found = {row.article.number: row.reasons for row in due_articles(actor=COUNSELLOR, today=today)}
    assert found == {
        "F-9001": ("見直しの日がきた",),
        "F-9002": ("1年より前に公開した",),
        "F-9003": ("法律が要確認のまま",),
        "F-9004": ("役に立った 2件／11件",),
    }


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("ラクダ　レンタル", "ラクダ レンタル"),
        ("０９０－１２３４－５６７８", ""),
        ("hanako@example.com", ""),
        ("山田さん", ""),
        ("青葉区一番町1丁目", ""),
        ("あ", ""),
        ("長" * 61, ""),
    ],
)
def test_words_that_may_name_a_person_are_not_kept(query: str, kept: str) -> None:
    assert words_to_keep(query) == kept


def test_unanswered_searches_are_counted_by_month() -> None:
    day = date(2026, 11, 28)
    for query in ("ラクダ", "ラクダ", "らくだ 乗り", "090-1234-5678"):
        services.count_miss(query=query, day=day)
    assert misses(actor=COUNSELLOR, since=day) == [("ラクダ", 2), ("らくだ 乗り", 1)]
    assert misses(actor=CONSUMER, since=day) == []
    assert set(SearchMiss.objects.values_list("month", flat=True)) == {date(2026, 11, 1)}


def test_a_file_goes_out_and_comes_back_the_same() -> None:
    article = publish(draft(law="民法 第5条", law_checked_on=date(2026, 11, 1), lead='「"はい"」です。'))
    text = file_of(article)
    assert parse_article(text, f"{article.number}.md")["lead"] == '「"はい"」です。'
    made, faults = import_articles(actor=OTHER, files={f"{article.number}.md": text.replace("返す", "返品する").encode()})
    assert not faults and made[0].article_id == article.id and "返品する" in made[0].body and made[0].state == "draft"
    assert "返品する" not in published().get().body


def test_with_a_fault_in_one_file_none_is_taken_in() -> None:
    whole = article_text({"number": "F-9001", "kind": "faq", "title": "見本", "lead": "見本", "published_on": date(2026, 1, 1), "body": "見本"})
    made, faults = import_articles(
        actor=COUNSELLOR, files={"F-9001.md": whole.encode(), "F-9002.md": b"\xff\xfe", "F-9003.md": b"<script>"}
    )
    assert made == [] and len(faults) == 2 and not ArticleRevision.objects.exists()


def test_a_text_too_long_for_its_place_is_named_and_nothing_of_the_set_is_taken_in() -> None:
    fields = {"kind": "faq", "title": "見本", "lead": "見本", "published_on": date(2026, 1, 1)}
    short = article_text({**fields, "number": "F-9001", "body": "見本"})
    long = article_text({**fields, "number": "F-9002", "body": "\n\n".join(["見本" * 100] * 101)})
    made, faults = import_articles(actor=COUNSELLOR, files={"F-9001.md": short.encode(), "F-9002.md": long.encode()})
    assert made == [] and faults[0].startswith("F-9002：") and not Article.objects.exists()


def test_a_file_never_replaces_what_a_colleague_is_writing() -> None:
    article = publish(draft())
    at_work = services.begin_revision(actor=COUNSELLOR, article_id=article.id)
    text = file_of(article).replace("返す", "返品する").encode()
    made, faults = import_articles(actor=OTHER, files={f"{article.number}.md": text})
    assert made == [] and "ほかの人の下書き" in faults[0]
    assert ArticleRevision.objects.get(id=at_work.id).body == WHOLE["body"]
    made, faults = import_articles(actor=COUNSELLOR, files={f"{article.number}.md": text})
    assert not faults and made[0].id == at_work.id


@pytest.mark.parametrize("body", ["<script>alert(1)</script>", "[押して](javascript:alert(1))", "https://example.com", "・点", "1. 見出しなし", ""])
def test_hostile_or_strange_text_is_refused_with_its_line(body: str) -> None:
    assert body_errors(body)


def test_a_new_article_gets_a_number_of_its_own() -> None:
    assert [draft().article.number for _ in range(3)] == ["F-5001", "F-5002", "F-5003"]


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_two_who_begin_at_once_write_one_revision() -> None:
    article = Article.objects.create(number="F-9001", kind="faq", state="published", title="見本", lead="見本", body="見本")
    found: list[Any] = []

    def begin(who: Actor) -> None:
        try:
            found.append(services.begin_revision(actor=who, article_id=article.id).id)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=begin, args=(who,)) for who in (COUNSELLOR, OTHER) * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8 and len(set(found)) == 1
