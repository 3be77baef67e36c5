"""The extension `webhook`: another system switches services, told by signed HTTP requests."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from mypage.hooks.markers import hookimpl
from mypage.hooks.provisioning import ProvisioningAdapter
from mypage.lib.hosts import is_local
from mypage.orders.provisioning_signing import SHORTEST_KEY
from mypage.orders.provisioning_webhook import WebhookAdapter

NAME = "webhook"


@hookimpl
def make_provisioning_adapter(name: str, settings: Mapping[str, str]) -> ProvisioningAdapter | None:
    """An adapter for the settings `base_url` and `key`. Raises ValueError when one is missing or weak."""
    if name != NAME:
        return None
    url, key = settings.get("base_url", ""), settings.get("key", "").encode()
    address = urlsplit(url)
    if address.scheme not in ("https", "http") or not address.hostname:
        raise ValueError("webhook needs base_url, the address that takes the requests")
    if address.scheme == "http" and not is_local(address.hostname):
        raise ValueError(f"webhook speaks to {address.hostname} in the clear; give an https base_url")
    if len(key) < SHORTEST_KEY:
        raise ValueError(
            f"webhook needs key_env, the name of a variable that holds a key of at least {SHORTEST_KEY} characters"
        )
    return WebhookAdapter(url, key)
