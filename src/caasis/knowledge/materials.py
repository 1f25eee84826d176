"""Reads: teaching material (F109), for whoever teaches others about consumer troubles.

A piece of material is an article of its kind. Its `situation` says for whom it is: the trouble that an answer is for, and
the people whom a lesson is for, are both why somebody looks for it.
"""

from __future__ import annotations

from caasis.kernel.errors import NotFound
from caasis.knowledge.models import Article
from caasis.knowledge.rules.body import canonical_number
from caasis.knowledge.selectors import published

#: For whom a piece is, by its code, as it is called on the page.
MATERIAL_AUDIENCES = {
    "elderly": "高齢の方・見守る方", "young": "若い方", "school": "学校・保護者", "business": "事業者", "anybody": "どなたでも",
}  # fmt: skip


def materials(*, audience: str = "") -> list[Article]:
    """Published material, by number; with an audience also what is for anybody."""
    rows = published().filter(kind=Article.Kind.MATERIAL)
    if audience in MATERIAL_AUDIENCES:
        rows = rows.filter(situation__in={audience, "anybody"})
    return list(rows.order_by("number")[:200])


def material_by_number(number: str) -> Article:
    """One piece.

    :raises NotFound: absent, withdrawn, or no material.
    """
    found = published().filter(kind=Article.Kind.MATERIAL, number=canonical_number(number) or "-").first()
    if found is None:
        raise NotFound("この教材は見つかりません。一覧から選び直してください。")
    return found
