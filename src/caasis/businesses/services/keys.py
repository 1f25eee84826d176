"""Writing the rows by which a business is found: a projection of its names, numbers and addresses."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef

from caasis.businesses.models import Business, BusinessAlias, BusinessKey
from caasis.businesses.vocabulary import AliasKind
from caasis.engines.identity import keys_of_address, keys_of_name, keys_of_phone, read_name, strip_department, web_key
from caasis.engines.japanese import normalise_phone

BATCH = 1_000


def write_keys(business_ids: Collection[UUID]) -> int:
    """Write the keys of these businesses again; returns the number of rows."""
    rows: list[BusinessKey] = []
    businesses = Business.objects.filter(id__in=list(business_ids)).prefetch_related("aliases")
    for business in businesses:
        rows += rows_of(business, [alias for alias in business.aliases.all() if alias.removed_at is None])
    with transaction.atomic():
        BusinessKey.objects.filter(business_id__in=list(business_ids)).delete()
        BusinessKey.objects.bulk_create(rows, batch_size=BATCH)
    return len(rows)


def write_missing_keys() -> int:
    """Keys for businesses that have none (written before there were keys, or by a bulk writer); returns how many."""
    done, last = 0, UUID(int=0)
    while True:
        without = Business.objects.filter(~Exists(BusinessKey.objects.filter(business_id=OuterRef("id"))), id__gt=last)
        ids = list(without.order_by("id").values_list("id", flat=True)[:BATCH])
        if not ids:
            return done
        write_keys(ids)
        done, last = done + len(ids), ids[-1]


def rows_of(business: Business, aliases: Iterable[BusinessAlias]) -> list[BusinessKey]:
    """The unsaved key rows of one business, each different one once."""
    met = business.confirmed_count > 0
    rows: dict[tuple[str, str], BusinessKey] = {}

    def add(row: BusinessKey | None) -> None:
        if row is not None:
            rows.setdefault((row.kind, row.value), row)

    add(name_row(business.id, business.name, kana=business.kana, met=met))
    for alias in aliases:
        match alias.kind:
            case AliasKind.NAME.value:
                add(name_row(business.id, alias.value, met=met))
            case AliasKind.PHONE.value:
                number = normalise_phone(alias.value) or alias.normalised
                add(_row(business.id, AliasKind.PHONE, number, [keys_of_phone(number)], met=met))
            case AliasKind.URL.value:
                address = web_key(alias.value)
                if address:
                    add(_row(business.id, AliasKind.URL, address, [keys_of_address(address)], met=met))
    return list(rows.values())


def name_row(business_id: UUID, text: str, *, kana: str = "", met: bool = False) -> BusinessKey | None:
    """The key row of one name; None when nothing of it can be looked up."""
    name = read_name(text, kana=kana)
    shorter = strip_department(name.core)
    keys = set(keys_of_name(name).all())
    if shorter:
        # A name that was heard with a desk (お客様センター) is found without it too.
        keys |= set(keys_of_name(read_name(shorter)).all())
    if not keys:
        return None
    row = _row(business_id, AliasKind.NAME, name.core, sorted(keys), met=met)
    row.form = name.form
    row.readings = " ".join(name.readings)[:480]
    return row


def _row(business_id: UUID, kind: AliasKind, value: str, keys: list[int], *, met: bool) -> BusinessKey:
    return BusinessKey(business_id=business_id, kind=kind.value, value=value[:200], keys=keys, met=met)
