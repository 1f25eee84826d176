"""One function for each verb: permission, transaction, change, audit, event."""

from caasis.businesses.services.confirming import (
    confirm_business,
    confirmation_of,
    create_business,
    take_back_confirmation,
)
from caasis.businesses.services.curating import family_ids, merge_businesses, split_business, undo_change
from caasis.businesses.services.guards import CURATORS, FLAGGERS, root_of
from caasis.businesses.services.keys import write_keys, write_missing_keys
from caasis.businesses.services.tracking import lift_flag, review_flag, set_flag

__all__ = [
    "CURATORS",
    "FLAGGERS",
    "confirm_business",
    "confirmation_of",
    "create_business",
    "family_ids",
    "lift_flag",
    "merge_businesses",
    "review_flag",
    "root_of",
    "set_flag",
    "split_business",
    "take_back_confirmation",
    "undo_change",
    "write_keys",
    "write_missing_keys",
]
