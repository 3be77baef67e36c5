"""The outermost application: hosts, prefixes, static files of the own theme, health, true client addresses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from mypage.hooks.portal import TenantSettings
from mypage.operators.tenants import Address, Registry, Tenant, normalise_host
from mypage.operators.themes import Theme, load_theme
from mypage.server.dispatch import Dispatcher
from mypage.server.metrics import REQUESTS
from mypage.web.statics import Statics

pytestmark = pytest.mark.anyio

THEMES = Path(__file__).parents[2] / "themes"
PLAIN = load_theme(THEMES / "plain")
OTHER = load_theme(THEMES / "actv")


def _tenant(name: str, theme: Theme, *addresses: Address) -> Tenant:
    settings = TenantSettings(
        mail_from="a@b.example", mail_domain="b.example", issuer_name="x", registration_number="T1"
    )
    return Tenant(
        name=name,
        operator="one",
        theme=theme,
        locale="ja",
        main=addresses[0],
        addresses=addresses,
        extensions={},
        settings=settings,
    )


REGISTRY = Registry(
    [
        _tenant("alone", PLAIN, Address("alone.example", "")),
        _tenant("first", PLAIN, Address("shared.example", "/u0020")),
        _tenant("second", OTHER, Address("shared.example", "/u0021")),
    ]
)


async def _echo(scope: Any, _receive: Any, send: Any) -> None:
    state = scope.get("state", {})
    tenant = state["tenant"].name if "tenant" in state else "-"
    text = f"{tenant}|{state.get('prefix', '-')}|{scope.get('root_path', '')}|{state.get('network', '-')}"
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": text.encode()})


async def _refuse(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 421, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def _get(
    url: str,
    *,
    headers: Mapping[str, str] | Sequence[tuple[str, str]] | None = None,
    ready: bool = True,
    peer: str = "198.51.100.7",
    method: str = "GET",
) -> httpx.Response:
    async def is_ready() -> bool:
        return ready

    app = Dispatcher(
        registry=lambda: REGISTRY,
        apps={"one": _echo},
        statics=Statics({"plain": PLAIN.static, "actv": OTHER.static}),
        front=_refuse,
        ready=is_ready,
        trusted_proxies=("10.0.0.0/8",),
        front_hosts=frozenset(),
    )
    transport = httpx.ASGITransport(app=app, client=(peer, 1))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport) as client:
        given = headers.items() if isinstance(headers, Mapping) else headers or ()
        return await client.request(method, url, headers=list(given))


async def test_a_host_leads_to_its_tenant_whatever_port_and_case() -> None:
    assert (await _get("http://alone.example/x")).text.startswith("alone||")
    assert (await _get("http://ALONE.example:8443/")).text.startswith("alone|")
    assert (await _get("http://alone.example./")).text.startswith("alone|")


async def test_a_prefix_leads_to_its_tenant_and_not_to_its_sibling() -> None:
    assert (await _get("http://shared.example/u0020/login")).text.startswith("first|/u0020|/u0020|")
    assert (await _get("http://shared.example/u0021")).text.startswith("second|/u0021|")
    assert (await _get("http://shared.example/u00200/login")).status_code == 421
    assert (await _get("http://shared.example/")).status_code == 421


@pytest.mark.parametrize("host", ["unknown.example", "alone.example.evil.example", "xalone.example", "127.0.0.1"])
async def test_an_unknown_host_is_421(host: str) -> None:
    assert (await _get(f"http://{host}/")).status_code == 421


@pytest.mark.parametrize(
    "header", ["a:99999x", "alone.example:", "", "a b", "alone.example/evil", "[::1]", "日本", "\x7f"]
)
async def test_odd_host_headers_end_in_421(header: str) -> None:
    try:
        answer = await _get("http://alone.example/", headers={"host": header})
    except (httpx.HTTPError, UnicodeEncodeError, ValueError):
        return
    if normalise_host(header) != "alone.example":
        assert answer.status_code == 421


async def test_a_tenant_reaches_the_static_files_of_its_own_theme_only() -> None:
    first = await _get("http://shared.example/u0020/_static/theme/theme.css")
    second = await _get("http://shared.example/u0021/_static/theme/theme.css")
    assert first.status_code == second.status_code == 200
    assert first.text != second.text
    assert (await _get("http://alone.example/_static/theme/%2e%2e/%2e%2e/actv/static/theme.css")).status_code == 404
    assert (await _get("http://alone.example/_static/fonts/OFL.txt")).status_code == 404


async def test_versioned_files_are_kept_for_a_year_and_answer_304() -> None:
    url = Statics({"plain": PLAIN.static}).url("", "plain", "css/portal.css")
    answer = await _get(f"http://alone.example{url}")
    assert "immutable" in answer.headers["cache-control"]
    again = await _get(f"http://alone.example{url}", headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304
    assert not again.content


async def test_health_needs_no_tenant_and_readiness_tells_the_truth() -> None:
    assert (await _get("http://127.0.0.1/healthz")).status_code == 200
    assert (await _get("http://127.0.0.1/readyz")).status_code == 200
    assert (await _get("http://127.0.0.1/readyz", ready=False)).status_code == 503


async def test_a_forwarded_address_counts_only_from_a_trusted_proxy() -> None:
    forged = {"x-forwarded-for": "203.0.113.9"}
    assert (await _get("http://alone.example/", headers=forged)).text.endswith("|198.51.100.7")
    assert (await _get("http://alone.example/", headers=forged, peer="10.1.2.3")).text.endswith("|203.0.113.9")
    chain = {"x-forwarded-for": "1.2.3.4, 203.0.113.9, 10.9.9.9"}
    assert (await _get("http://alone.example/", headers=chain, peer="10.1.2.3")).text.endswith("|203.0.113.9")
    v6 = {"x-forwarded-for": "2001:db8:1:2:3:4:5:6"}
    assert (await _get("http://alone.example/", headers=v6, peer="10.1.2.3")).text.endswith("|2001:db8:1:2::/64")
    assert (
        await _get("http://alone.example/", headers={"x-forwarded-for": "rubbish"}, peer="10.1.2.3")
    ).status_code == 200


async def test_every_answer_of_a_portal_carries_a_request_id() -> None:
    assert len((await _get("http://alone.example/")).headers["x-request-id"]) == 32


async def test_a_proxy_that_adds_a_header_of_its_own_is_believed_and_the_clients_is_not() -> None:
    both = [("x-forwarded-for", "1.2.3.4"), ("x-forwarded-for", "203.0.113.9")]
    assert (await _get("http://alone.example/", headers=both, peer="10.1.2.3")).text.endswith("|203.0.113.9")


@pytest.mark.parametrize(
    ("peer", "forwarded", "network"),
    [
        ("::ffff:198.51.100.7", "", "198.51.100.7"),
        ("::ffff:10.1.2.3", "203.0.113.9", "203.0.113.9"),
        ("10.1.2.3", "::ffff:203.0.113.9", "203.0.113.9"),
        ("fe80::1%eth0", "", "fe80::/64"),
        ("10.1.2.3", "2001:db8::1%0/../", "2001:db8::/64"),
    ],
)
async def test_spellings_of_an_address_count_as_one(peer: str, forwarded: str, network: str) -> None:
    headers = {"x-forwarded-for": forwarded} if forwarded else {}
    assert (await _get("http://alone.example/", headers=headers, peer=peer)).text.endswith(f"|{network}")


async def test_invented_methods_do_not_make_figures_of_their_own() -> None:
    before = {sample.labels["method"] for metric in REQUESTS.collect() for sample in metric.samples}
    for number in range(3):
        await _get("http://alone.example/", method=f"SPAM{number}")
    after = {sample.labels["method"] for metric in REQUESTS.collect() for sample in metric.samples}
    assert after - before <= {"other"}
