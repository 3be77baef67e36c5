"""The shipped example deploys the portal at the operator's own address."""

from __future__ import annotations

from pathlib import Path

import pytest

from mypage.operators.applying import read_tenants
from mypage.operators.operator import Operator
from mypage.operators.tenants import Address
from mypage.server.app import compile_all
from mypage.server.settings import theme_folders

EXAMPLE = Path(__file__).parents[1] / "tenants.example.toml"


@pytest.mark.req("ACTV-01")
def test_the_example_puts_the_portal_at_its_address() -> None:
    compiled = compile_all(theme_folders())
    types = {name: _settings(operator) for name, operator in compiled.operators.items()}
    environment = {"MYPAGE_PAYMENT_URL": "https://pay.example"}
    (declared,) = read_tenants(EXAMPLE, environment, settings_types=types, themes=compiled.themes)
    assert declared.addresses == (Address("mypage.actv.ne.jp", ""),)
    assert (declared.operator, declared.theme, declared.locale) == ("actv", "actv", "ja")


def _settings(operator: Operator) -> type:
    return operator.settings_type
