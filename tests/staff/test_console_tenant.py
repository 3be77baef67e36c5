"""The console as a tenant of tenants.toml: a host of its own, always a second factor, and no invoices to issue."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mypage.hooks.portal import TenantSettings
from mypage.operators.applying import TenantDeclaration, TenantsFileError, read_tenants
from mypage.operators.themes import load_themes
from mypage.staff.office import OfficeSettings

THEMES = load_themes([Path(__file__).parents[2] / "themes"])
TYPES = {"staff": OfficeSettings, "sample": TenantSettings}
OFFICE = """
[[tenant]]
name = "desk"
operator = "staff"
addresses = ["desk.example"]
[tenant.settings]
mail_from = "desk@isp.example"
mail_domain = "isp.example"
"""
PORTAL = """
[[tenant]]
name = "portal"
operator = "sample"
addresses = ["ADDRESS"]
[tenant.settings]
mail_from = "a@isp.example"
mail_domain = "isp.example"
issuer_name = "見本"
registration_number = "T1999999000123"
"""
Read = Callable[[str], list[TenantDeclaration]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def run(content: str) -> list[TenantDeclaration]:
        path = tmp_path / "tenants.toml"
        path.write_text(content, encoding="utf-8")
        return read_tenants(path, {}, settings_types=TYPES, themes=THEMES)

    return run


def test_the_second_factor_is_demanded_without_a_word(read: Read) -> None:
    assert [each.second_factor for each in read(OFFICE)] == ["required"]
    said = OFFICE.replace('operator = "staff"', 'operator = "staff"\nsecond_factor = "required"')
    assert [each.second_factor for each in read(said)] == ["required"]


@pytest.mark.parametrize("setting", ["off", "offered"])
def test_it_cannot_be_switched_off(read: Read, setting: str) -> None:
    with pytest.raises(TenantsFileError) as refused:
        read(OFFICE.replace('operator = "staff"', f'operator = "staff"\nsecond_factor = "{setting}"'))
    assert len(refused.value.errors) == 1
    assert refused.value.errors[0].endswith(
        'tenant desk: second_factor: the staff console always demands one; leave the line out or write "required"'
    )


def test_a_path_on_somebody_s_host_is_refused(read: Read) -> None:
    with pytest.raises(TenantsFileError) as refused:
        read(OFFICE.replace("desk.example", "portal.example/desk"))
    assert refused.value.errors[0].endswith(
        "address portal.example/desk: the staff console needs a host of its own; write portal.example"
    )


def test_no_portal_may_stand_on_its_host(read: Read) -> None:
    with pytest.raises(TenantsFileError) as refused:
        read(OFFICE + PORTAL.replace("ADDRESS", "desk.example/x"))
    assert len(refused.value.errors) == 1
    assert "tenant portal: address desk.example/x is on the host of the staff console desk" in refused.value.errors[0]
    assert len(read(OFFICE + PORTAL.replace("ADDRESS", "portal.example"))) == 2
