"""The extension `hosted-page`: card entry on a page of the payment company, spoken to over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from mypage.billing.gateways import HttpGateway
from mypage.hooks.markers import hookimpl
from mypage.hooks.payment import PaymentGateway
from mypage.lib.hosts import is_local

NAME = "hosted-page"


@hookimpl
def make_payment_gateway(name: str, settings: Mapping[str, str]) -> PaymentGateway | None:
    """A gateway for the settings `base_url` and `key`. Raises ValueError when one is missing."""
    if name != NAME:
        return None
    base_url, key = settings.get("base_url", ""), settings.get("key", "")
    address = urlsplit(base_url)
    if address.scheme not in ("https", "http"):
        raise ValueError("hosted-page needs base_url, the address of the payment company's interface")
    if address.scheme == "http" and not is_local(address.hostname or ""):
        raise ValueError(f"hosted-page speaks to {address.hostname} in the clear; give an https base_url")
    if not key:
        raise ValueError("hosted-page needs key_env, the name of a variable that holds the interface's key")
    return HttpGateway(base_url, key)
