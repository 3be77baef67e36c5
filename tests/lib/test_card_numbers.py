"""Card numbers are told from other digits, however they are typed."""

from __future__ import annotations

import pytest

from mypage.lib.card_numbers import holds_card_number


@pytest.mark.parametrize(
    "text",
    [
        "4242424242424242",
        "my card 4242 4242 4242 4242!",
        "5555-5555-5555-4444",
        "３７８２８２２４６３１０００５",
        "30569309025904",
        "4242 4242 4242 4242 12/29",
        "4242424242424242 123",
        "12/29 4242 4242 4242 4242",
        "4242ー4242ー4242ー4242",
        "4242—4242–4242‐4242",
        "4242 - 4242 - 4242 - 4242",
        "4242/4242/4242/4242",
        "4242\u200b4242\u00ad4242\n4242",
        "4 2 4 2 4 2 4 2 4 2 4 2 4 2 4 2",
        "٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢",
        "2223 0031 2200 3222",
    ],
)
def test_a_card_number_is_found(text: str) -> None:
    assert holds_card_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "4242424242424241",
        "",
        "my smartphone",
        "03-1234-5678",
        "2026-11-21 12:34:56",
        "42424242424242424242424242",
        "1234567890123452",
        "090-1234-5678, 0120-123-456",
        "2026/11/21-2026/12/20",
        "4242 4242 is 4242 4242 of it",
    ],
)
def test_other_digits_are_none(text: str) -> None:
    assert not holds_card_number(text)
