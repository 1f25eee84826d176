"""Which numbers are called back. Pure.

Whoever keys in a number makes the centre call it: numbers abroad and numbers that cost extra would be a way to make it pay.
"""

from __future__ import annotations

from caasis.engines.japanese import normalise_phone

#: Numbers of services, not of people: free ones (0120, 0800), ナビダイヤル (0570), information and mass calling (0990, 0180,
#: 0170), pagers and machines (020). Source: 電気通信番号計画 (要確認 for each).
_OF_SERVICES = ("+81120", "+81800", "+81570", "+81990", "+81180", "+81170", "+8120")

NO_NUMBER = "電話番号を、市外局番から入力してください。"
NOT_CALLED = "この番号には折り返せません。国内の、ふだんお使いの番号を入力してください。"


def number_error(text: str) -> str:
    """Why this number can't be called back, as a sentence; "" when it can."""
    number = normalise_phone(text)
    if number is None:
        return NO_NUMBER
    if not number.startswith("+81") or number.startswith(_OF_SERVICES):
        return NOT_CALLED
    return ""
