"""Card brands: their names, and those that a portal takes."""

from __future__ import annotations

from mypage.hooks.payment import CardBrandChoice

_NAMES = {
    "visa": "VISA",
    "mastercard": "Mastercard",
    "jcb": "JCB",
    "amex": "American Express",
    "diners": "Diners Club",
}
ACCEPTED = (
    CardBrandChoice(brand="visa", label=_NAMES["visa"]),
    CardBrandChoice(brand="mastercard", label=_NAMES["mastercard"]),
    CardBrandChoice(brand="jcb", label=_NAMES["jcb"]),
    CardBrandChoice(brand="amex", label=_NAMES["amex"]),
    CardBrandChoice(brand="diners", label=_NAMES["diners"]),
)


def brand_name(brand: str) -> str:
    """The brand as people write it."""
    return _NAMES.get(brand, brand)
