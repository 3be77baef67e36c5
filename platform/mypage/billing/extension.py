"""The extension `hosted-page`: card entry on a page of the payment company, spoken to over HTTP."""

from __future__ import annotations

from collections.abc import Mapping

from mypage.billing.gateways import HttpGateway
from mypage.hooks.markers import hookimpl
from mypage.hooks.payment import PaymentGateway

NAME = "hosted-page"


@hookimpl
def make_payment_gateway(name: str, settings: Mapping[str, str]) -> PaymentGateway | None:
    """A gateway for the settings `base_url` and `key`. Raises ValueError when one is missing."""
    if name != NAME:
        return None
    base_url, key = settings.get("base_url", ""), settings.get("key", "")
    if not base_url.startswith(("https://", "http://")):
        raise ValueError("hosted-page needs base_url, the address of the payment company's interface")
    if not key:
        raise ValueError("hosted-page needs key_env, the name of a variable that holds the interface's key")
    return HttpGateway(base_url, key)
