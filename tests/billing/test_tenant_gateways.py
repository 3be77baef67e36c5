"""Which payment gateway a tenant has: the one it declares now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from mypage.billing.gateways import HttpGateway
from mypage.billing.tenant_gateways import Gateways
from mypage.hooks.markers import hookimpl
from mypage.hooks.portal import TenantSettings
from mypage.operators.calls import Hooks
from mypage.operators.tenants import Address, Tenant
from mypage.operators.themes import load_theme

PLAIN = load_theme(Path(__file__).parents[2] / "themes" / "plain")
HOME = Address("one.example", "")
SETTINGS = TenantSettings(mail_from="a@b.example", mail_domain="b.example", issuer_name="x", registration_number="T1")


class First:
    """An extension whose adapter is called `first`."""

    NAME = "first"

    @hookimpl
    def make_payment_gateway(self, name: str, settings: Mapping[str, str]) -> Any:
        return HttpGateway(settings["base_url"], self.NAME) if name == self.NAME else None


class Second(First):
    """Another company with the same kind of settings."""

    NAME = "second"

    @hookimpl
    def make_payment_gateway(self, name: str, settings: Mapping[str, str]) -> Any:
        return HttpGateway(settings["base_url"], self.NAME) if name == self.NAME else None


def tenant(adapter: str) -> Tenant:
    return Tenant(
        name="one",
        operator="op",
        theme=PLAIN,
        locale="ja",
        main=HOME,
        addresses=(HOME,),
        extensions={"payment": {"adapter": adapter, "base_url": "https://pay.example"}},
        settings=SETTINGS,
    )


def test_a_tenant_that_changes_its_payment_company_gets_the_other_one() -> None:
    gateways = Gateways({"op": Hooks("op", [], {"first": First(), "second": Second()}, SimpleNamespace())})
    before = gateways.of(tenant("first"))
    assert gateways.of(replace(tenant("first"))) is before
    assert gateways.of(tenant("second")) is not before
