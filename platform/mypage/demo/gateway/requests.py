"""The body of a call that opens a setup, and the checks that what comes from a portal has to pass."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import msgspec

_HOST: Final = re.compile(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?"
)
_PRINTABLE: Final = re.compile(r"[\x21-\x7e]+")

Line = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
Help = Annotated[str, msgspec.Meta(max_length=400)]
Colour = Annotated[str, msgspec.Meta(pattern=r"^#[0-9a-fA-F]{6}\Z")]
FieldName = Literal["brand", "number", "expiry", "security_code", "holder"]
BrandName = Literal["visa", "mastercard", "amex", "diners", "jcb"]


FIELDS: Final[tuple[FieldName, ...]] = ("brand", "number", "expiry", "security_code", "holder")


class BrandChoice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    brand: BrandName
    label: Line


class Labels(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: Line
    number: Line
    expiry: Line
    holder: Line
    submit: Line
    cancel: Line
    brand: Line | None = None
    security_code: Line | None = None
    holder_given: Line | None = None
    holder_family: Line | None = None
    order: Annotated[tuple[FieldName, ...], msgspec.Meta(min_length=5, max_length=5)] = FIELDS
    brand_empty: Help = ""
    intro: Help = ""
    number_help: Help = ""
    expiry_help: Help = ""
    security_code_help: Help = ""
    holder_help: Help = ""

    def __post_init__(self) -> None:
        if set(self.order) != set(FIELDS):
            raise ValueError("the order leaves out a field")


class Theme(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Line
    brand: Colour = "#0017c1"
    brand_ink: Colour = "#ffffff"
    action: Colour = "#0017c1"
    action_hover: Colour = "#00118f"
    action_ink: Colour = "#ffffff"
    link: Colour = "#0017c1"
    background: Colour = "#f6f7f9"


class SetupRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    tenant: Line
    customer_reference: Line
    return_url: Annotated[str, msgspec.Meta(max_length=1000)]
    labels: Labels
    locale: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z]{2,3}([_-][A-Za-z0-9]{2,8})*\Z")]
    theme: Theme
    brands: Annotated[tuple[BrandChoice, ...], msgspec.Meta(min_length=1, max_length=5)]
    current_brand: BrandName | None = None
    current_last4: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}\Z")] | None = None


def origin_of(url: str) -> str | None:
    """Scheme, host and port of an absolute http(s) URL that is safe to redirect to; None for anything else."""
    if not _PRINTABLE.fullmatch(url) or "\\" in url:
        return None
    try:
        parts = urlsplit(url)
        port_is_one = parts.port != 0
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not _HOST.fullmatch(parts.netloc) or parts.fragment or not port_is_one:
        return None
    return f"{parts.scheme}://{parts.netloc}"


def with_reference(return_url: str, reference: str) -> str:
    parts = urlsplit(return_url)
    query = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != "ref"]
    return urlunsplit(parts._replace(query=urlencode([*query, ("ref", reference)])))
