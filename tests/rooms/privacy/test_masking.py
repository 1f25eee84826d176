"""The masking policy: what lists show, and what reaches an index."""

from __future__ import annotations

import pytest

from caasis.privacy.masking import (
    HIDDEN,
    mask_address,
    mask_contact_point,
    mask_mail,
    mask_name,
    mask_phone,
    mask_postcode,
    masked_projection,
)


@pytest.mark.parametrize(
    ("masker", "value", "shown"),
    [
        (mask_name, "山田 花子", "山○○"),
        (mask_name, " ", ""),
        (mask_name, "林", "林○○"),
        (mask_phone, "090-1234-5645", "末尾45"),
        (mask_phone, "０９０１２３４５６４５", "末尾45"),
        (mask_phone, "電話なし", HIDDEN),
        (mask_phone, "", ""),
        (mask_mail, "hanako@example.jp", "h○○@…"),
        (mask_mail, "hanako", HIDDEN),
        (mask_mail, "", ""),
        (mask_contact_point, "03-1234-5678", "末尾78"),
        (mask_contact_point, "a@example.jp", "a○○@…"),
        (mask_address, "宮城県仙台市青葉区国分町3-7-1", "宮城県仙台市青葉区…"),
        (mask_address, "東京都千代田区霞が関1-1", "東京都千代田区…"),
        (mask_address, "北海道虻田郡倶知安町北1条", "北海道虻田郡倶知安町…"),
        (mask_address, "鹿児島県鹿児島市山下町", "鹿児島県鹿児島市…"),
        (mask_address, "市川市八幡1-1", "市川市…"),
        (mask_address, "1-2-3", HIDDEN),
        (mask_address, "", ""),
        (mask_postcode, "980-0803", "980-…"),
        (mask_postcode, "9800803", "980-…"),
        (mask_postcode, "98", HIDDEN),
    ],
)
def test_a_masked_form_tells_rows_apart_and_names_nobody(masker, value: str, shown: str) -> None:  # type: ignore[no-untyped-def]
    assert masker(value) == shown


def test_a_text_for_the_index_holds_no_known_name_and_no_number() -> None:
    text = "鵯越さんは09058217745から電話し、hiyodori@example.jpに送るよう言われた。業者は0120-444-113。"
    shown = masked_projection(text, ["鵯越 曙光"], allowed=["0120444113"])
    assert "鵯越" not in shown and "5821" not in shown and "hiyodori" not in shown
    assert "［電話］" in shown and "［メール］" in shown
    assert "0120-444-113" in shown, "the trader's number is what is searched for"
