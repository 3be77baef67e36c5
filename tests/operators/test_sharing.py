"""Files that a tenant supplies itself reach no neighbour: at the file of tenants, and where processes read the registry."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine

from mypage.db.session import platform_unit
from mypage.operators.applying import TenantsFileError, read_tenants
from mypage.operators.store import read_registry
from mypage.operators.themes import ThemeError, load_theme, load_themes
from mypage.testing.portal import SETTINGS, THEMES, MakePortal

SETTLED = "\n".join(f'{name} = "{value}"' for name, value in SETTINGS.items() if name != "registration_number")
OWN = load_themes([THEMES])["plain"]


def written(folder: Path, *entries: tuple[str, str, str]) -> Path:
    """A file of tenants with name, address and theme of each."""
    path = folder / "tenants.toml"
    parts = (
        f'[[tenant]]\nname = "{name}"\noperator = "sample"\naddresses = ["{address}"]\ntheme = "{theme}"\n'
        f'[tenant.settings]\n{SETTLED}\nregistration_number = "T1999999000123"\n'
        for name, address, theme in entries
    )
    path.write_text("\n".join(parts), encoding="utf-8")
    return path


def read(path: Path) -> list[str]:
    """The names that the file declares; the theme "own" is supplied by the tenant "first"."""
    from mypage.hooks.portal import TenantSettings

    declared = read_tenants(
        path, {}, settings_types={"sample": TenantSettings}, themes=["plain", "own"], suppliers={"own": "first"}
    )
    return [each.name for each in declared]


@pytest.mark.req("USEN-02")
@pytest.mark.parametrize(
    ("first", "why"),
    [
        (("first", "shared.example/u0020", "own"), "shared.example/u0020 is on a host which second shares"),
        (("first", "alone.example/u0020", "own"), "which other portals may share by path"),
        (("first", "shared.example", "own"), "shared.example is on a host which second shares"),
        (("third", "alone.example", "own"), "'own' is of tenant first, which supplies its files; choose another"),
    ],
)
def test_a_tenants_own_files_are_refused_where_portals_share_an_origin(
    tmp_path: Path, first: tuple[str, str, str], why: str
) -> None:
    path = written(tmp_path, first, ("second", "shared.example/u0021", "plain"))
    with pytest.raises(TenantsFileError) as refused:
        read(path)
    [line] = refused.value.errors
    assert line.startswith(f"{path}: tenant {first[0]}: theme: ")
    assert why in line


@pytest.mark.req("USEN-02")
def test_on_a_host_of_its_own_a_tenant_may_bring_a_look(tmp_path: Path) -> None:
    path = written(tmp_path, ("first", "alone.example", "own"), ("second", "shared.example/u0021", "plain"))
    assert read(path) == ["first", "second"]


@pytest.mark.req("USEN-02")
def test_processes_leave_such_a_tenant_out(make_portal: MakePortal, owner_engine: Engine) -> None:
    shared = make_portal("usen", host="sharing.example", prefix="/u0020", theme="usen")
    other = make_portal("usen", host="sharing.example", prefix="/u0021")
    operators = shared.server.compiled.operators
    types = {name: operator.settings_type for name, operator in operators.items()}
    themes = dict(shared.server.compiled.themes)
    themes["usen"] = replace(themes["usen"], tenant=shared.name)
    with platform_unit(owner_engine) as connection:
        registry, errors = read_registry(connection, types, themes)
    assert registry.get(shared.name) is None
    assert registry.get(other.name) is not None
    [line] = [str(error) for error in errors if shared.name in str(error)]
    assert f"which {other.name} shares; give it a host of its own, or a theme of the installation" in line


def test_a_theme_says_whose_it_is_and_such_a_one_has_no_templates(tmp_path: Path) -> None:
    folder = tmp_path / "own"
    shutil.copytree(OWN.folder, folder)
    file = folder / "theme.toml"
    file.write_text('tenant = "first"\n' + file.read_text(encoding="utf-8"), encoding="utf-8")
    assert (load_theme(folder).tenant, OWN.tenant) == ("first", "")
    (folder / "templates").mkdir()
    with pytest.raises(ThemeError, match="a tenant supplies its files, so it brings no templates"):
        load_theme(folder)
