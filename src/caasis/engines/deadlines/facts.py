"""What is known of a contract."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from caasis.engines.deadlines.vocabulary import likely_transaction_types, merely_possible_types


@dataclass(frozen=True)
class Facts:
    """The facts that deadlines depend on. None always means "not known", never "no"."""

    transaction_types: tuple[str, ...] = ()
    """Legal types (取引類型), several where several laws may apply."""
    assumed_types: tuple[str, ...] = ()
    """Those of `transaction_types` that nobody has confirmed yet."""

    applied_on: date | None = None
    contracted_on: date | None = None
    """Day on which the consumer signed (契約日); not the day on which a document was received. Where the application was
    signed on another day, `applied_on` says so: no document is taken to be older than the earlier of the two."""

    contract_document_received: bool | None = None
    contract_document_on: date | None = None
    contract_document_electronic: bool | None = None
    document_faulty: bool | None = None
    """The contract document lacks something that the law demands, or states it wrongly."""

    application_document_received: bool | None = None
    application_document_on: date | None = None
    application_document_electronic: bool | None = None
    application_document_faulty: bool | None = None

    credit_document_received: bool | None = None
    credit_document_on: date | None = None
    credit_document_electronic: bool | None = None
    credit_document_faulty: bool | None = None
    individual_credit: bool | None = None
    """個別信用購入あっせん: instalments through a credit company, signed for this one contract."""
    card_instalments: bool | None = None

    electronic_consent: bool | None = None
    """Valid consent to electronic documents, given before they were sent."""

    obstructed: bool | None = None
    """A lie or a threat kept the consumer from cancelling."""
    reissued_document_on: date | None = None
    """Day of the new document that the trader has to give after obstruction."""
    reissued_with_explanation: bool | None = None
    """The new document was explained orally."""

    delivered: bool | None = None
    delivered_on: date | None = None
    """First delivery of goods."""
    service_started_on: date | None = None
    moved_in_on: date | None = None
    resale_type: bool | None = None
    """連鎖販売取引 in which the member buys goods and sells them on (再販売型)."""
    mobile_service: bool | None = None
    telecom_service: bool | None = None

    requested_visit: bool | None = None
    visit_matched_request: bool | None = None
    """The contract is what the visit was asked for, at about that price."""
    advertised_amount: int | None = None
    """Yen in the advert or on the phone when the visit was asked for."""
    requested_call: bool | None = None
    business_use: bool | None = None
    runs_shop: bool | None = None
    amount: int | None = None
    """Yen contracted; for 訪問購入 the price paid to the consumer."""
    paid: int | None = None
    settled_at_signing: bool | None = None
    """Delivered and fully paid when the contract was made."""
    car: bool | None = None
    consumable_used: str | None = None
    """none, some or all of the consumable goods used by the consumer."""
    consumable_warned: bool | None = None
    consumable_made_to_use: bool | None = None
    purchase_goods_excluded: bool | None = None
    service_listed: bool | None = None
    """One of the seven specified services (特定継続的役務)."""
    service_period_long: bool | None = None
    at_office: bool | None = None
    settled_real_estate: bool | None = None
    """Land or building handed over and fully paid."""
    goods_or_right: bool | None = None
    """Goods or 特定権利 (True), a service (False)."""
    return_policy_shown: bool | None = None

    excess_quantity: bool | None = None
    minor_at_contract: bool | None = None

    @property
    def consumer_contract(self) -> bool | None:
        """Whether 消費者契約法 can apply: not to a contract for one's business."""
        return None if self.business_use is None else not self.business_use


def with_sales_form(facts: Facts, sales_form_code: str) -> Facts:
    """Return `facts` with the legal types that the sales form makes likely, where none has been named yet.

    Types that the sales form merely allows are marked as assumed, so that no deadline is shown as certain for them.
    """
    if facts.transaction_types:
        return facts
    possible = merely_possible_types(sales_form_code)
    return replace(facts, transaction_types=likely_transaction_types(sales_form_code), assumed_types=possible)
