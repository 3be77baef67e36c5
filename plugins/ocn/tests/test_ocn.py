"""What OCN declares, on a real portal of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from ocnkit import line, signed_in

import mypage_ocn.plugin as ocn
from mypage.operators.applying import read_tenants
from mypage.operators.tenants import Address
from mypage.server.app import compile_all
from mypage.server.settings import theme_folders
from mypage.testing.policy import check_policy
from mypage.testing.portal import Portal


@pytest.fixture
def site(make_portal: Callable[..., Portal]) -> Portal:
    """A tenant of OCN; the plugin need not be installed."""
    return make_portal("ocn", plugins={"ocn": ocn})


@pytest.mark.req("OCN-167")
def test_a_line_signs_in_and_sees_its_home(site: Portal) -> None:
    line(site)
    page = signed_in(site).get("/home")
    assert page.status == 200


def test_the_policy_file_says_who_may_do_what() -> None:
    """A line of the answer says what to add to policy.toml, remove from it or correct in it."""
    assert check_policy("ocn", ocn, Path(__file__).parents[1] / "policy.toml") == []


def test_the_example_puts_the_portal_at_its_address() -> None:
    compiled = compile_all(theme_folders(), plugins={"ocn": ocn})
    types = {name: operator.settings_type for name, operator in compiled.operators.items()}
    example = Path(__file__).parents[1] / "tenants.example.toml"
    (declared,) = read_tenants(example, {}, settings_types=types, themes=compiled.themes)
    assert declared.addresses == (Address("support.ocn.example", ""),)
    assert (declared.operator, declared.theme) == ("ocn", "ocn")
