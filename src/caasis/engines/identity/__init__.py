"""Who a trader is: names, telephone numbers, web addresses and corporate numbers in one form, keys and a score.

A name is compared in two ways, as it is written and as it is spoken. Both sides of a comparison go through the same
functions, so that a legal form, a width, an old character or a long vowel never keeps two names apart.
"""

from caasis.engines.identity.corporate_number import corporate_check_digit, parse_corporate_number
from caasis.engines.identity.kana import fold_reading, romaji_to_kana, skeleton
from caasis.engines.identity.keys import Keys, fuzzy_groups, keys_of_address, keys_of_name, keys_of_phone
from caasis.engines.identity.names import TraderName, read_name, strip_department
from caasis.engines.identity.scoring import Candidate, Match, Query, confidence_words, rank
from caasis.engines.identity.similarity import edit_distance, likeness
from caasis.engines.identity.web import web_key

__all__ = [
    "Candidate",
    "Keys",
    "Match",
    "Query",
    "TraderName",
    "confidence_words",
    "corporate_check_digit",
    "edit_distance",
    "fold_reading",
    "fuzzy_groups",
    "keys_of_address",
    "keys_of_name",
    "keys_of_phone",
    "likeness",
    "parse_corporate_number",
    "rank",
    "read_name",
    "romaji_to_kana",
    "skeleton",
    "strip_department",
    "web_key",
]
