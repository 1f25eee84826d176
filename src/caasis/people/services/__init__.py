"""Writing people: their rows, merges, consents, contact points and the 見守り flag."""

from caasis.people.services.consenting import record_consent, withdraw_consent
from caasis.people.services.merging import merge_people, unmerge_people
from caasis.people.services.watching import add_contact_point, end_watch, set_point_usable, set_watch
from caasis.people.services.writing import (
    PERSON_FIELDS,
    POINT_KINDS,
    PersonRows,
    build_person,
    save_person,
    update_person,
)

__all__ = [
    "PERSON_FIELDS",
    "POINT_KINDS",
    "PersonRows",
    "add_contact_point",
    "build_person",
    "end_watch",
    "merge_people",
    "record_consent",
    "save_person",
    "set_point_usable",
    "set_watch",
    "unmerge_people",
    "update_person",
    "withdraw_consent",
]
