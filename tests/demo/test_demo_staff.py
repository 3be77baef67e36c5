"""The desk of the demo: everybody may know its passwords and codes, so it is made in a demo and nowhere else."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest

from mypage.auth.blocklist import is_common
from mypage.auth.factors import totp
from mypage.db.keys import Vault
from mypage.demo.plan import DemoFiles
from mypage.demo.staff import Maker, Sample, Samples, make_all, read_samples
from mypage.operators.operator import OFFICE
from mypage.server.front import Front
from mypage.server.settings import SettingsError
from mypage.staff.members import members_of
from mypage.testing.portal import MakePortal, Portal
from staff_rows import mails_of, make_office

ROOT = Path(__file__).parents[2]
FILE = ROOT / "demo" / "staff.toml"


def test_everybody_of_the_file_can_be_made() -> None:
    tenants = tomllib.loads((ROOT / "demo" / "tenants.toml").read_text(encoding="utf-8"))["tenant"]
    samples = read_samples(FILE)
    operators = {each["name"]: each["operator"] for each in tenants}
    assert operators[samples.office] == OFFICE
    roles = [role for each in samples.staff for role in each.roles.values()]
    assert {"reader", "agent", "manager"} == set(roles)
    for each in samples.staff:
        assert all(operators[worked] != OFFICE for worked in each.roles)
        assert len(each.password) >= 12
        assert not is_common(each.password)
        assert len(pyotp.TOTP(each.totp).byte_secret()) == 20
    actv = [each for each in samples.staff if each.roles.get("actv") == "manager"]
    assert len(actv) == 2, "four eyes need two managers"
    assert any(len(set(each.roles)) > 1 and "agent" in each.roles.values() for each in samples.staff)


@pytest.fixture
def office(make_portal: MakePortal) -> Portal:
    return make_office(make_portal)


def test_it_is_refused_outside_of_a_demo(office: Portal) -> None:
    samples = Samples(office=office.name, staff=read_samples(FILE).staff)
    assert not office.server.settings.demo
    with pytest.raises(SettingsError, match="for a demo alone; use mypage staff invite"):
        make_all(office.server.settings, samples, office.engine)
    assert office.run(members_of) == ()


def test_who_is_made_signs_in_with_password_and_code(office: Portal, make_portal: MakePortal) -> None:
    worked = make_portal("actv")
    server = office.server
    maker = Maker(
        engine=office.engine,
        office=office.name,
        operator=server.compiled.operators[OFFICE],
        vault=server.ports.get(Vault),
        hasher=server.hasher,
        clock=office.clock,
    )
    sample = read_samples(FILE).staff[0]
    sample = Sample(
        name=sample.name,
        email=sample.email,
        password=sample.password,
        totp=sample.totp,
        roles={worked.name: "agent"},
    )
    assert maker.make(sample)
    assert not maker.make(sample), "a second time changes nothing"
    assert [mails_of(office, name) for name in ("staff_invite", "second_factor_changed")] == [[], []]
    client = office.client()
    client.get("/login")
    answer = client.submit({"email": sample.email, "password": sample.password})
    assert answer.location.startswith("/login/second"), answer.text
    client.get(answer.location)
    assert client.submit({"code": totp.code_at(sample.totp, office.clock.now())}).status == 303
    assert client.get("/home").location == "/seat"
    client.get("/seat")
    assert client.post("/seat", {"tenant": worked.name}).location == "/home"


def test_the_front_page_shows_the_codes_of_the_moment(office: Portal, tmp_path: Path) -> None:
    (tmp_path / "logins.toml").write_text("", encoding="utf-8")
    text = FILE.read_text(encoding="utf-8").replace('office = "staff"', f'office = "{office.name}"')
    (tmp_path / "staff.toml").write_text(text, encoding="utf-8")
    server = office.server
    settings = replace(server.settings, demo=True, demo_folder=tmp_path, public_scheme="http")
    front = Front(settings, server.statics, lambda: server.registry.current, server.compiled.operators, office.clock)

    def codes() -> list[str]:
        sent: list[bytes] = []

        async def send(message: dict) -> None:
            sent.append(message.get("body", b""))

        scope = {"headers": [(b"host", b"localhost")], "path": "/", "query_string": b"language=ja"}
        office.wait(front(scope, None, send))
        page = b"".join(sent).decode()
        assert "約1分間、一度だけ使えます" in page
        return re.findall(r"いまの確認コード</dt><dd[^>]*>([0-9]{6})<", page)

    now = codes()
    assert now == [totp.code_at(each.totp, office.clock.now()) for each in read_samples(FILE).staff]
    office.clock.at += timedelta(seconds=30)
    assert codes() != now


def test_the_launcher_says_where_the_code_stands() -> None:
    desk = [login for login in DemoFiles(ROOT).logins(8190) if login["tenant"] == "staff"]
    assert len(desk) == len(read_samples(FILE).staff)
    assert {login["url"] for login in desk} == {"http://staff.localhost:8190/"}
    assert all("http://localhost:8190/" in login["note"] for login in desk)
