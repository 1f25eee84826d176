"""The lists of synonyms: the nation's is kept by NCAC, additions of a centre by its supervisors and officials."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Max, Q

from caasis.audit.services import record_access
from caasis.cases.models import SynonymList
from caasis.cases.rules.synonyms import Groups, Thesaurus, Widening, make_thesaurus, read_list, widen
from caasis.kernel.actor import Actor, Role
from caasis.kernel.errors import Invalid, NotAllowed, NotFound, WrongState
from caasis.platform.transactions import actor_transaction

NATIONAL_EDITORS = (Role.NCAC,)
CENTRE_EDITORS = (Role.SUPERVISOR, Role.OFFICIAL)
CHANGED = "ほかの人が先に保存しました。いまの一覧を見て、もう一度直してください。"
#: Sentences about wrong lines that are shown at once.
MOST_SENTENCES = 8


@lru_cache(maxsize=1)
def shipped_groups() -> Groups:
    """The list that comes with the product; it holds until the nation's list is edited for the first time."""
    return read_list(files("caasis.cases").joinpath("synonyms.txt").read_text(encoding="utf-8")).groups


def may_edit(actor: Actor, *, national: bool) -> bool:
    """Whether the actor keeps the nation's list, or that of the actor's centre."""
    if national:
        return actor.has(*NATIONAL_EDITORS)
    return actor.works_for(actor.centre_id) and actor.has(*CENTRE_EDITORS)


def refusal(*, national: bool) -> str:
    """Who may edit the list, for those who may not."""
    return "全国の一覧を直せるのは、国民生活センターです。" if national else "一覧を直せるのは、主任とセンター職員です。"


def _scope(actor: Actor, national: bool) -> UUID | None:
    if not national and actor.centre_id is None:
        raise NotFound
    return None if national else actor.centre_id


def current_list(*, actor: Actor, national: bool) -> tuple[Groups, int]:
    """The groups of a list and its version; version 0 is what the product came with (of a centre: nothing)."""
    row = SynonymList.objects.filter(centre_id=_scope(actor, national)).order_by("-version").first()
    if row is None:
        return (shipped_groups() if national else ()), 0
    return tuple(tuple(group) for group in row.groups), row.version


def widening_for(*, actor: Actor, text: str) -> Widening:
    """What the actor's search for `text` is widened by: the nation's list and the centre's additions, in one query."""
    if not text.strip():
        return Widening()
    rows = SynonymList.objects.filter(Q(centre_id=None) | Q(centre_id=actor.centre_id))
    newest: dict[UUID | None, SynonymList] = {}
    for row in rows.order_by("centre_id", "-version").distinct("centre_id"):
        newest[row.centre_id] = row
    parts = [_frozen(newest[None].groups) if None in newest else shipped_groups()]
    if actor.centre_id in newest and actor.centre_id is not None:
        parts.append(_frozen(newest[actor.centre_id].groups))
    return widen(text, _thesaurus(tuple(parts)))


def _frozen(groups: list[list[str]]) -> Groups:
    return tuple(tuple(group) for group in groups)


@lru_cache(maxsize=64)
def _thesaurus(parts: tuple[Groups, ...]) -> Thesaurus:
    return make_thesaurus(group for groups in parts for group in groups)


def save_synonyms(*, actor: Actor, national: bool, text: str, version: int) -> SynonymList:
    """Replace a list. `version` is the one that was edited.

    :raises Invalid: with a sentence for each line that can't be taken; nothing is saved then.
    :raises WrongState: somebody else saved in between. :raises NotAllowed: not this actor's list.
    """
    if not may_edit(actor, national=national):
        raise NotAllowed(refusal(national=national))
    read = read_list(text)
    if read.wrong:
        more = len(read.wrong) - MOST_SENTENCES
        raise Invalid(fields={"text": [*read.wrong[:MOST_SENTENCES], *([f"ほかに{more}行あります。"] if more > 0 else [])]})
    return _store(actor=actor, national=national, groups=read.groups, version=version, action="save_synonyms")


def restore_synonyms(*, actor: Actor, national: bool, version: int) -> SynonymList:
    """Take the version before `version` up again, as a new version: how a save is undone.

    :raises WrongState: `version` isn't the newest any more.
    """
    if not may_edit(actor, national=national):
        raise NotAllowed(refusal(national=national))
    before = SynonymList.objects.filter(centre_id=_scope(actor, national), version=version - 1).first()
    groups = _frozen(before.groups) if before else shipped_groups() if national else ()
    return _store(actor=actor, national=national, groups=groups, version=version, action="restore_synonyms")


def _store(*, actor: Actor, national: bool, groups: Groups, version: int, action: str) -> SynonymList:
    scope = _scope(actor, national)
    with actor_transaction(actor):
        newest = SynonymList.objects.filter(centre_id=scope).aggregate(newest=Max("version"))["newest"] or 0
        if newest != version:
            raise WrongState(CHANGED)
        row = SynonymList(centre_id=scope, version=newest + 1, groups=[list(group) for group in groups], made_by=actor.id)
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError:
            raise WrongState(CHANGED) from None
        record_access(actor=actor, action=action, object_kind="synonym_list", object_id=row.id, centre_id=scope)
        return row
