"""Telephone numbers as people write them."""

from __future__ import annotations

import pytest

from mypage.lib.phones import fold_phone


@pytest.mark.req("UCOM-122")
@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("012-345-6789", "012-345-6789"),
        ("０１２－３４５－６７８９", "012-345-6789"),
        ("03ー1234ー5678", "03-1234-5678"),
        ("03‐1234−5678", "03-1234-5678"),
        ("03 1234 5678", "03-1234-5678"),
        ("0312345678", "03-1234-5678"),
        ("(03)1234-5678", "03-1234-5678"),
        ("+81 90-1234-5678", "090-1234-5678"),
        ("09012345678", "090-1234-5678"),
        ("0120-000-000", "0120-000-000"),
    ],
)
def test_every_way_of_writing_is_understood(typed: str, kept: str) -> None:
    assert fold_phone(typed) == kept
    assert fold_phone(kept) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "-",
        "1234",
        "110",
        "03-1234-567",
        "03-1234-56789",
        "+1 202 555 0143",
        "tel 03-1234-5678",
        "²",
        "0" * 41,
        "+" * 9,
    ],
)
def test_what_is_no_number_in_japan_is_refused(typed: str) -> None:
    with pytest.raises(ValueError):
        fold_phone(typed)
