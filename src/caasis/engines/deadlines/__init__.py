"""Legal deadlines: facts of a contract and the law as data in, the state of every right out. Pure."""

from caasis.engines.deadlines.assessment import Assessment, Ground, Unknown
from caasis.engines.deadlines.clock import UnknownTransactionType, assess
from caasis.engines.deadlines.facts import Facts, with_sales_form
from caasis.engines.deadlines.law import Law, LawError, load_law
from caasis.engines.deadlines.presentation import (
    DayTile,
    days_strip,
    name_of_right,
    status_words,
    strip_label,
    summary_for_consumer,
)
from caasis.engines.deadlines.vocabulary import SALES_FORMS, Counts, Kind, Status, likely_transaction_types

__all__ = [
    "SALES_FORMS",
    "Assessment",
    "Counts",
    "DayTile",
    "Facts",
    "Ground",
    "Kind",
    "Law",
    "LawError",
    "Status",
    "Unknown",
    "UnknownTransactionType",
    "assess",
    "days_strip",
    "likely_transaction_types",
    "load_law",
    "name_of_right",
    "status_words",
    "strip_label",
    "summary_for_consumer",
    "with_sales_form",
]
