"""Facts: from a registered case to the flat row that is counted. Written by the handler and by bulk loading alike."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Prefetch, prefetch_related_objects

from caasis.analytics.models import CaseFact
from caasis.cases.models import Case, CaseContact
from caasis.cases.rules.checks import age_band
from caasis.cases.selectors import contract_party_of
from caasis.kernel.clock import day_in_japan

#: Of a contact its article's number alone: no sealed text is read to count.
_CONTACTS = Prefetch("contact_links", CaseContact.objects.select_related("contact").only("case_id", "contact__faq_number"))
_FIELDS = [f.name for f in CaseFact._meta.get_fields() if f.name != "case_id"]


def fact_of(case: Case) -> CaseFact:
    """The fact row of a case with its parts prefetched. The age is the contract party's, as the statistics use it.

    Amounts are summed over all contracts of the case; product and sales form are those of the first, as one case counts
    once in each table.
    """
    party = contract_party_of(case)
    contracts = list(case.contracts.all())
    contract = contracts[0] if contracts else None
    assert case.registered_at is not None
    return CaseFact(
        case_id=case.id,
        centre_id=case.handling_centre_id,
        received_on=case.received_on,
        registered_on=day_in_japan(case.registered_at),
        fiscal_year=case.fiscal_year,
        prefecture_code=case.prefecture_code,
        municipality_code=case.municipality_code,
        channel=case.channel,
        kind=case.kind,
        result=case.result,
        product=contract.product if contract else "",
        sales_form=contract.sales_form if contract else "",
        age_band=age_band(party.age if party else None),
        sex=party.sex if party else "",
        occupation=party.occupation if party else "",
        amount=_sum(one.amount for one in contracts),
        paid=_sum(one.paid for one in contracts),
        days_to_close=(day_in_japan(case.handled_at) - case.received_on).days if case.handled_at else None,
        injury=case.injury,
        from_article=any(link.contact.faq_number for link in case.contact_links.all()),
        is_demo=case.is_demo,
    )


def _sum(amounts: Iterable[int | None]) -> int | None:
    """The sum of what is known; None where nothing is."""
    known = [amount for amount in amounts if amount is not None]
    return sum(known) if known else None


def store_facts(case_ids: Iterable[UUID]) -> int:
    """Write or refresh the facts of registered cases. Idempotent: one row a case, however often it is registered."""
    cases = Case.objects.filter(id__in=list(case_ids)).exclude(registered_at=None)
    # Those parts alone that `fact_of` reads.
    return store_facts_of(cases.prefetch_related("parties", "contracts"))


def store_facts_of(cases: Iterable[Case]) -> int:
    """The same for registered cases that are in hand, with their parts."""
    cases = list(cases)
    prefetch_related_objects(cases, _CONTACTS)
    rows = [fact_of(case) for case in cases]
    CaseFact.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["case_id"], update_fields=_FIELDS, batch_size=1000
    )
    return len(rows)
