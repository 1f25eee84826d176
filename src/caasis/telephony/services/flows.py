"""Flows: written as drafts, published when they are sound, taken back by publishing an older version."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from caasis.audit.services import record_access
from caasis.engines.ivr import Sound
from caasis.engines.ivr.flow import Problem, read_flow, write_flow
from caasis.engines.ivr.review import Findings, review_json
from caasis.kernel.actor import Actor
from caasis.kernel.errors import Invalid, NotFound, VersionConflict, WrongState
from caasis.platform.transactions import actor_transaction
from caasis.telephony.jobs import prepare_flow
from caasis.telephony.models import Flow, FlowVersion, MessageSwitch
from caasis.telephony.prompts import open_store, prepare_line
from caasis.telephony.services.guards import require_manager
from caasis.telephony.switchboard.around import known_of

MISSING = "この自動応答は見つかりません。一覧を開き直してください。"
LONGEST_MESSAGE, MOST_LANGUAGES = 500, 20
#: The flow that an installation begins with.
STANDARD = Path(__file__).parent.parent / "data" / "flows" / "consumer_centre.toml"


def problems_of(document: Any) -> tuple[Problem, ...]:
    """What keeps a document from being published; empty when it is sound."""
    return review_json(document).problems


@dataclass(frozen=True, slots=True)
class Published:
    """A flow that callers hear from now on, and what its publisher should weigh."""

    flow: Flow
    warnings: tuple[Problem, ...]


def findings_of(*, actor: Actor, centre_id: UUID, document: Any) -> Findings:
    """What is to be said of a document as a flow of this centre: with its queues, skills, offices and recordings.

    :raises NotFound: another centre's. :raises NotAllowed: neither supervisor nor official.
    """
    require_manager(actor, centre_id, MISSING)
    with actor_transaction(actor):
        store = open_store()
        return review_json(document, known=known_of(centre_id, prompts=store.recordings(), speaks=store.speaks))


def add_flow(*, actor: Actor, centre_id: UUID, name: str) -> Flow:
    """A new flow without a version.

    :raises Invalid: no name, or one that the centre has already. :raises NotFound: another centre's.
    :raises NotAllowed: neither supervisor nor official.
    """
    require_manager(actor, centre_id, MISSING)
    name = name.strip()
    if not 1 <= len(name) <= 60:
        raise Invalid(fields={"name": ["名前を60字までで入力してください。"]})
    with actor_transaction(actor):
        flow = Flow(centre_id=centre_id, name=name)
        try:
            with transaction.atomic():
                flow.save(force_insert=True)
        except IntegrityError:
            raise Invalid(fields={"name": ["この名前の自動応答は、もうあります。"]}) from None
        _log(flow, "add_flow", actor=actor)
        return flow


def add_standard_flow(*, actor: Actor, centre_id: UUID) -> FlowVersion:
    """The flow of a consumer centre as a draft of the centre's own, to be read and made its own before it is published.

    A centre that has one of this name already gets another one with a number behind it.

    :raises NotFound: another centre's. :raises NotAllowed: neither supervisor nor official.
    """
    require_manager(actor, centre_id, MISSING)
    document = tomllib.loads(STANDARD.read_text(encoding="utf-8"))["flow"]
    taken = set(Flow.objects.filter(centre_id=centre_id).values_list("name", flat=True))
    names = (document["name"], *(f"{document['name']}（{number}）" for number in range(2, len(taken) + 3)))
    name = next(one for one in names if one not in taken)
    with actor_transaction(actor):
        flow = add_flow(actor=actor, centre_id=centre_id, name=name)
        return save_draft(actor=actor, flow_id=flow.id, document=document | {"name": name})


def save_draft(
    *, actor: Actor, flow_id: UUID, document: Mapping[str, Any], note: str = "", base: Mapping[str, Any] | None = None
) -> FlowVersion:
    """Keep a state of a flow that is being worked on, sound or not: the newest version if it is a draft, else a new one.

    base: the document that was worked on. What it was before stays beside it, for `undo_draft`.

    :raises NotFound: hidden and absent alike. :raises NotAllowed: neither supervisor nor official.
    :raises Invalid: it can't be read as a flow at all: no object, or too long.
    :raises VersionConflict: somebody else saved since `base`; `current` is the newest version.
    """
    if not isinstance(document, Mapping) or not isinstance(document.get("boxes"), Sequence):
        raise Invalid(fields={"document": ["自動応答の図を読み取れません。画面を開き直してください。"]})
    with actor_transaction(actor):
        flow = _locked(actor, flow_id)
        version = flow.versions.order_by("number").last()
        if version is not None and base is not None and version.document != base:
            raise VersionConflict(current=version)
        before = version.document if version is not None else None
        if version is None or version.published_at is not None:
            number = version.number + 1 if version else 1
            version = FlowVersion(flow=flow, centre_id=flow.centre_id, number=number)
        version.before = before
        version.document, version.note, version.written_by = dict(document), note.strip()[:200], actor.id
        version.save()
        return version


def undo_draft(*, actor: Actor, flow_id: UUID) -> FlowVersion:
    """Take the last save of a draft back. Once more is the way forward again: the two states change places.

    :raises NotFound: hidden and absent alike. :raises NotAllowed: neither supervisor nor official.
    :raises WrongState: there is no draft, or nothing to go back to.
    """
    with actor_transaction(actor):
        flow = _locked(actor, flow_id)
        version = flow.versions.order_by("number").last()
        if version is None or version.published_at is not None or version.before is None:
            raise WrongState("元に戻せる保存がありません。")
        version.document, version.before, version.written_by = version.before, version.document, actor.id
        version.save()
        return version


def publish_version(*, actor: Actor, version_id: UUID) -> Published:
    """Let callers hear this version from their next call on. An older version is published the same way: that is undo.

    Calls that go on stay with the version with which they began. What is to be weighed (a language that is not spoken
    here, a recording that is missing) comes back with it and keeps nobody from publishing.

    :raises Invalid: the flow is not sound; details: `problems`. :raises NotFound: hidden and absent alike.
    :raises WrongState: it is the published one already. :raises NotAllowed: neither supervisor nor official.
    """
    with actor_transaction(actor):
        version = FlowVersion.objects.select_related("flow").filter(id=version_id).first()
        if version is None:
            raise NotFound(MISSING)
        flow = _locked(actor, version.flow_id)
        if flow.published_id == version.id:
            raise WrongState("この版は、もう公開しています。")
        findings = findings_of(actor=actor, centre_id=flow.centre_id, document=version.document)
        if findings.problems:
            problems = findings.problems
            raise Invalid("図に直すところがあるため、公開できません。" + problems[0].sentence, problems=problems)
        if version.published_at is None:
            version.document = write_flow(read_flow(version.document))
            version.published_at, version.published_by, version.before = timezone.now(), actor.id, None
            version.save()
        flow.published = version
        flow.version += 1
        flow.save()
        prepare_flow.defer(version_id=version.id)
        _log(flow, "publish_flow", actor=actor, reason=str(version.number))
        return Published(flow, findings.warnings)


def set_message(
    *, actor: Actor, centre_id: UUID, name: str, on: bool, words: Mapping[str, str] | None = None
) -> MessageSwitch:
    """Switch a 臨時メッセージ on or off, in the words of the day (language → text) or, without, in the flow's own.

    :raises Invalid: too long, or too many languages. :raises NotFound: another centre's.
    :raises NotAllowed: neither supervisor nor official.
    """
    require_manager(actor, centre_id, MISSING)
    given = {language: text.strip() for language, text in (words or {}).items() if text.strip()}
    if len(given) > MOST_LANGUAGES or any(len(text) > LONGEST_MESSAGE for text in given.values()):
        raise Invalid(fields={"words": [f"臨時メッセージは{LONGEST_MESSAGE}字までです。短くしてください。"]})
    if not 1 <= len(name) <= 64:
        raise Invalid(fields={"name": ["スイッチの名前を確かめてください。"]})
    if on:
        # Before the switch is thrown: a call must not wait for speech.
        for language, text in given.items():
            prepare_line(open_store(), Sound(text=text, language=language))
    with actor_transaction(actor):
        row, _ = MessageSwitch.objects.select_for_update().get_or_create(centre_id=centre_id, name=name)
        row.on, row.words, row.set_by = on, given, actor.id
        row.version += 1
        row.save()
        record_access(
            actor=actor,
            action="set_message",
            object_kind="telephony_message",
            object_id=row.id,
            centre_id=centre_id,
            reason="on" if on else "off",
        )
        return row


def message_faults(words: Mapping[str, str]) -> dict[str, str]:
    """What whoever writes a 臨時メッセージ has to know: a sentence for each language in which callers hear a signal instead."""
    store = open_store()
    return {
        language: "このことばは読み上げられません。電話では合図の音だけが流れます。"
        for language, text in words.items()
        if text.strip() and not store.speaks(language)
    }


def _locked(actor: Actor, flow_id: UUID) -> Flow:
    flow = Flow.objects.select_for_update(of=("self",)).filter(id=flow_id).first()
    if flow is None:
        raise NotFound(MISSING)
    require_manager(actor, flow.centre_id, MISSING)
    return flow


def _log(flow: Flow, action: str, *, actor: Actor, reason: str = "") -> None:
    record_access(
        actor=actor,
        action=action,
        object_kind="telephony_flow",
        object_id=flow.id,
        centre_id=flow.centre_id,
        reason=reason,
    )
