"""The masking policy: what may be shown of a value to whom, and the form in which texts are indexed for search.

| who | list | record, for a purpose | search index, statistics, export |
|---|---|---|---|
| staff of the owning centre | masked form | opened, logged | masked projection |
| another centre, national roles | nothing | nothing | masked projection of registered cases |
| in an emergency, with a reason | masked form | opened for an hour, logged, reviewed | — |
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from caasis.engines.japanese import normalise_phone
from caasis.engines.masking import find_personal, mask

#: Stands where there is a value that isn't shown.
HIDDEN = "［非表示］"

_MUNICIPALITY = re.compile(
    r"^\s*((?:東京都|北海道|(?:京都|大阪)府|..県|...県)?\s*(?:[^\d\s]{1,6}?郡)?[^\d\s]{1,8}?(?:市(?:[^\d\s]{1,4}?区)?|区|町|村))"
)


def mask_name(name: str) -> str:
    """「山田 花子」→「山○○」: the first character, and always two circles, so that the length tells nothing."""
    text = name.strip()
    return f"{text[0]}○○" if text else ""


def mask_phone(phone: str) -> str:
    """「090-1234-5645」→「末尾45」. What is no number is hidden."""
    if not phone.strip():
        return ""
    number = normalise_phone(phone)
    return f"末尾{number[-2:]}" if number else HIDDEN


def mask_mail(mail: str) -> str:
    """「hanako@example.jp」→「h○○@…」: neither the rest of the name nor the domain, which may be a family's own."""
    text = mail.strip()
    if not text:
        return ""
    return f"{text[0]}○○@…" if "@" in text[1:] else HIDDEN


def mask_contact_point(value: str) -> str:
    """The masked form of a phone number or a mail address."""
    return mask_mail(value) if "@" in value else mask_phone(value)


def mask_address(address: str) -> str:
    """「宮城県仙台市青葉区国分町3-7-1」→「宮城県仙台市青葉区…」: down to the municipality, which the statistics know too."""
    if not address.strip():
        return ""
    found = _MUNICIPALITY.match(address)
    return f"{found.group(1).strip()}…" if found else HIDDEN


def mask_postcode(postcode: str) -> str:
    """「980-0803」→「980-…」: the first three digits are a delivery district."""
    digits = "".join(c for c in postcode if c.isdecimal())
    if not digits:
        return ""
    return f"{digits[:3]}-…" if len(digits) == 7 else HIDDEN


def masked_projection(text: str, known: Iterable[str] = (), *, allowed: Iterable[str] = ()) -> str:
    """A text as it may be indexed for search: personal data replaced by placeholders such as 「［電話］」.

    :param known: names and kana of the people of the case, whose every mention is masked.
    :param allowed: values that stay because they are the trader's: they are what is searched for.
    """
    return mask(text, find_personal(text, known, allowed=allowed, read_names=True))
