"""定型文 and 話し方の手順: filling, steps, the national seed, and who may write."""

from __future__ import annotations

from typing import Any

import pytest

from caasis.kernel.actor import SYSTEM
from caasis.kernel.errors import NotAllowed, NotFound
from caasis.knowledge.models import Phrase, PhraseVersion
from caasis.knowledge.rules.phrases import USES, fill, phrase_errors, steps_of, unknown_placeholders
from caasis.knowledge.selectors import get_phrase, phrases_for
from caasis.knowledge.services import load_seed_phrases, retire_phrase, save_phrase
from caasis.platform.transactions import actor_transaction, system_transaction


def test_what_is_not_known_stays_as_a_visible_gap() -> None:
    filled = fill("期限は{期限}、｛受付番号｝です。{期限}まで。", {"受付番号": "2026-1", "期限": ""})
    assert filled.text == "期限は［期限を書く］、2026-1です。［期限を書く］まで。"
    assert filled.missing == ("期限",)
    assert fill("金額は{契約金額}", {"契約金額": "{受付番号}"}).text == "金額は{受付番号}", "a value is never filled again"


def test_steps_have_headings_and_hints() -> None:
    steps = steps_of("■はじめに\n・名のる\nゆっくり。\n・聞く\n■おわりに\n- 礼を言う\n")
    assert [(one.heading, one.text, one.hints) for one in steps] == [
        ("はじめに", "名のる", ("ゆっくり。",)),
        ("", "聞く", ()),
        ("おわりに", "礼を言う", ()),
    ]
    assert steps_of("手順のない文") == []


def test_a_phrase_that_cannot_be_used_is_refused_at_its_field() -> None:
    good = {"kind": "template", "use": "close", "title": "題", "body": "文", "law": ""}
    assert phrase_errors(**good) == {}
    for changed, field in (
        ({"title": " "}, "title"),
        ({"title": "長" * 61}, "title"),
        ({"use": "party"}, "use"),
        ({"body": ""}, "body"),
        ({"body": "{お名前}様"}, "body"),
        ({"body": "長" * 4001}, "body"),
        ({"kind": "script"}, "body"),
        ({"law": "条" * 121}, "law"),
    ):
        errors = phrase_errors(**{**good, **changed})
        assert list(errors) == [field] and all(len(text) <= 40 for text in errors[field]), changed


@pytest.mark.django_db
def test_the_national_seed_is_loaded_once_and_is_sound(town: Any) -> None:
    written = load_seed_phrases(actor=SYSTEM)
    assert load_seed_phrases(actor=SYSTEM) == 0
    with system_transaction():
        rows = list(Phrase.objects.all())
        assert len(rows) == written == PhraseVersion.objects.count()
    assert sum(row.kind == "template" for row in rows) >= 12 and sum(row.kind == "script" for row in rows) >= 3
    assert {row.use for row in rows} == set(USES)
    for row in rows:
        assert not unknown_placeholders(row.body), row.number
        assert not phrase_errors(kind=row.kind, use=row.use, title=row.title, body=row.body, law=row.law), row.number
        assert ("クーリング・オフ" not in row.body and "取り消せる" not in row.body) or row.law, f"{row.number} names no article"
    with pytest.raises(NotAllowed):
        load_seed_phrases(actor=town.supervisor)


@pytest.mark.django_db
def test_a_centres_phrase_is_its_own_behind_the_wall_too(town: Any) -> None:
    with pytest.raises(NotAllowed):
        save_phrase(actor=town.counsellor, phrase_id=None, version=0, kind="template", use="close", title="結び", body="おわり")
    own = save_phrase(actor=town.official, phrase_id=None, version=0, kind="template", use="close", title="結び", body="おわり")
    with actor_transaction(town.counsellor):
        assert [row.id for row in phrases_for(actor=town.counsellor)] == [own.id]
    with actor_transaction(town.outsider):
        assert not Phrase.objects.exists() and not PhraseVersion.objects.exists()
        with pytest.raises(NotFound):
            get_phrase(actor=town.outsider, phrase_id=own.id)
    with pytest.raises(NotFound):
        retire_phrase(actor=town.outside_official, phrase_id=own.id)
    assert phrases_for(actor=town.ncac) == []
