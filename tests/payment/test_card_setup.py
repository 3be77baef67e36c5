"""A card on its way from the customer's hand to a token, through the real page and the real adapter."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from payment_bench import Clock, Customer, Door, Running, running, wish

from mypage.billing.gateways import HttpGateway
from mypage.hooks.payment import GatewayRefused, GatewayUnavailable, GatewayUnknown, StoredCard
from mypage.testing.portal import HANG

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def closing(adapter: HttpGateway) -> AsyncIterator[HttpGateway]:
    try:
        yield adapter
    finally:
        await adapter.aclose()


async def start(port: HttpGateway, key: str = "intent-1", **other: object) -> tuple[str, Customer]:
    started = await port.start_card_setup(wish(key, **other))
    return started.reference, Customer(started.url)


async def ask(port: HttpGateway, reference: str | None, key: str = "intent-1") -> str:
    return (await port.card_setup(idempotency_key=key, reference=reference)).state


@pytest.mark.parametrize(
    ("number", "code", "brand"),
    [
        ("4242424242424242", "123", "visa"),
        ("5555 5555 5555 4444", "123", "mastercard"),
        ("3530-1113-3330-0000", "123", "jcb"),
        ("3782 822463 10005", "1234", "amex"),
        ("４２４２　４２４２－４２４２ー４２４２", "１２３", "visa"),
    ],
)
@pytest.mark.req("USEN-52", "USEN-56", "UCOM-113", "UCOM-120")
async def test_a_good_card_is_entered_confirmed_and_known_by_its_token(
    port: HttpGateway, number: str, code: str, brand: str
) -> None:
    reference, customer = await start(port)
    assert await ask(port, reference) == "open"

    sent_back = customer.type(number, code=code)
    assert sent_back.status_code == 303
    assert sent_back.headers["location"] == f"https://portal.example/u/card/return?step=2&ref={reference}"

    entered = await port.card_setup(idempotency_key="intent-1", reference=reference)
    registered = await port.register(reference, "intent-1")
    assert (entered.state, registered.state) == ("entered", "registered")
    assert isinstance(registered.card, StoredCard)
    assert registered.card == entered.card
    assert (registered.card.brand, registered.card.exp_month, registered.card.exp_year) == (brand, 7, 2029)
    assert registered.card.holder == "TARO YAMADA"
    assert len(registered.card.last4) == 4
    assert not registered.card.three_d_secure


@pytest.mark.parametrize(
    ("number", "reason"), [("4000000000000002", "issuer"), ("4000000000009995", "insufficient_funds")]
)
@pytest.mark.req("USEN-55")
async def test_a_card_its_issuer_refuses_leads_back_with_the_reason(
    port: HttpGateway, number: str, reason: str
) -> None:
    reference, customer = await start(port)
    assert customer.type(number).status_code == 303
    result = await port.card_setup(idempotency_key="intent-1", reference=reference)
    assert (result.state, result.reason, result.card) == ("refused", reason, None)
    assert (await port.register(reference, "intent-1")).state == "refused"


@pytest.mark.req("USEN-55")
async def test_a_card_refused_at_the_last_step_is_not_registered(port: HttpGateway) -> None:
    reference, customer = await start(port)
    customer.type("4000000000000341")
    assert await ask(port, reference) == "entered"
    result = await port.register(reference, "intent-1")
    assert (result.state, result.reason, result.card) == ("refused", "issuer", None)


async def test_identity_check_passes_with_the_right_code_after_a_wrong_one(port: HttpGateway) -> None:
    reference, customer = await start(port)
    assert customer.type("4000000000003220").headers["location"] == f"/pay/{reference}"
    assert await ask(port, reference) == "open"
    assert "本人認証" in customer.look().text
    wrong = customer.prove("000000")
    assert wrong.status_code == 422
    assert "あと2回" in wrong.text
    assert customer.prove("１２３４５６").headers["location"].startswith("https://portal.example/")
    result = await port.register(reference, "intent-1")
    assert result.card is not None
    assert result.card.three_d_secure


async def test_identity_check_refuses_after_three_wrong_codes(port: HttpGateway) -> None:
    reference, customer = await start(port)
    customer.type("4000000000003220")
    assert [customer.prove(code).status_code for code in ("1", "", "abc", "999999")] == [422, 422, 422, 303]
    result = await port.card_setup(idempotency_key="intent-1", reference=reference)
    assert (result.state, result.reason) == ("refused", "authentication")
    assert customer.prove("123456").status_code == 303
    assert await ask(port, reference) == "refused"


async def test_another_card_typed_during_the_identity_check_does_not_get_round_it(port: HttpGateway) -> None:
    reference, customer = await start(port)
    customer.type("4000000000003220")
    customer.type("4242424242424242")
    assert await ask(port, reference) == "open"


async def test_submitting_twice_takes_the_first_card_only(port: HttpGateway, gateway: Running) -> None:
    reference, customer = await start(port)
    first, second = customer.type("4242424242424242"), customer.type("5555555555554444")
    assert first.headers["location"] == second.headers["location"]
    result = await port.card_setup(idempotency_key="intent-1", reference=reference)
    assert result.card is not None
    assert result.card.brand == "visa"
    assert gateway.outcomes("entry") == ["entered", "already entered"]


async def test_one_key_opens_one_setup_and_another_body_under_it_is_an_error(
    port: HttpGateway, gateway: Running
) -> None:
    first = await port.start_card_setup(wish())
    assert await port.start_card_setup(wish()) == first
    with pytest.raises(GatewayRefused) as refused:
        await port.start_card_setup(wish(customer_reference="c-other"))
    assert refused.value.reason == "key_conflict"
    assert (await port.start_card_setup(wish("intent-2"))).reference != first.reference
    assert gateway.rows() == 2
    assert gateway.outcomes("start") == ["created", "same", "key_conflict", "created"]


async def test_registering_twice_is_one_registration(port: HttpGateway, gateway: Running) -> None:
    reference, customer = await start(port)
    assert (await port.register(reference, "intent-1")).state == "open"
    customer.type("4242424242424242")
    first = await port.register(reference, "intent-1")
    assert await port.register(reference, "intent-1") == first
    assert gateway.outcomes("register") == ["already open", "registered", "already registered"]


@pytest.mark.parametrize(("number", "patience"), [("4000000000006603", HANG), ("4000000000005506", 0.3)])
async def test_an_answer_that_never_comes_is_unknown_and_solved_by_asking(
    port: HttpGateway, gateway: Running, number: str, patience: float
) -> None:
    reference, customer = await start(port)
    customer.type(number)
    async with closing(HttpGateway(gateway.url, "demo-key", timeout=patience)) as hasty:
        with pytest.raises(GatewayUnknown):
            await hasty.register(reference, "confirm-1")
    while not gateway.outcomes("register"):
        await asyncio.sleep(0.01)  # The company has yet to do what nobody waits for any more.
    by_setup_key = await port.card_setup(idempotency_key="intent-1", reference=None)
    by_register_key = await port.card_setup(idempotency_key="confirm-1", reference=None)
    assert by_setup_key == by_register_key == await port.card_setup(idempotency_key="x", reference=reference)
    assert (by_setup_key.reference, by_setup_key.state) == (reference, "registered")
    assert gateway.outcomes("register") == ["registered"]


async def test_a_gateway_that_is_not_there_is_unavailable_and_the_key_was_never_seen(port: HttpGateway) -> None:
    with pytest.raises(GatewayUnavailable):
        await HttpGateway("http://127.0.0.1:9", "demo-key").start_card_setup(wish())
    with pytest.raises(GatewayRefused) as refused:
        await port.card_setup(idempotency_key="intent-1", reference=None)
    assert refused.value.reason == "not_found"


async def test_the_wrong_key_is_unauthorized(gateway: Running) -> None:
    for secret in ("demo-kez", "demo-key-", "Bearer"):
        async with closing(HttpGateway(gateway.url, secret)) as stranger:
            with pytest.raises(GatewayRefused) as refused:
                await stranger.start_card_setup(wish())
        assert refused.value.reason == "unauthorized"
    assert gateway.rows() == 0


async def test_cancelling_leads_back_and_keeps_nothing(port: HttpGateway) -> None:
    reference, customer = await start(port)
    assert customer.cancel().headers["location"].endswith(f"&ref={reference}")
    assert await ask(port, reference) == "cancelled"
    assert customer.type("4242424242424242").status_code == 303
    assert await ask(port, reference) == "cancelled"


async def test_cancelling_after_entry_changes_nothing(port: HttpGateway) -> None:
    reference, customer = await start(port)
    customer.type("4242424242424242")
    customer.cancel()
    assert await ask(port, reference) == "entered"


async def test_discarding_forgets_entered_and_registered_cards(port: HttpGateway, gateway: Running) -> None:
    for key, registers in (("one", False), ("two", True)):
        reference, customer = await start(port, key)
        customer.type("4242424242424242", holder="HANAKO SUZUKI")
        if registers:
            await port.register(reference, key)
        await port.discard(reference)
        await port.discard(reference)
        result = await port.card_setup(idempotency_key=key, reference=reference)
        assert (result.state, result.card) == ("cancelled", None)
    with gateway.company.store.work() as db:
        assert (
            db.execute("SELECT count(*) FROM setups WHERE token IS NOT NULL OR holder IS NOT NULL").fetchone()[0] == 0
        )


async def test_a_setup_ends_after_thirty_minutes_entered_or_not(port: HttpGateway, clock: Clock) -> None:
    waiting, idle = await start(port, "waiting")
    entered, customer = await start(port, "entered")
    done, third = await start(port, "done")
    customer.type("4242424242424242")
    third.type("4242424242424242")
    await port.register(done, "done")
    clock.forward(minutes=29, seconds=59)
    assert [await ask(port, waiting, "waiting"), await ask(port, entered, "entered")] == ["open", "entered"]
    clock.forward(seconds=1)
    states = [await ask(port, one, key) for one, key in ((waiting, "waiting"), (entered, "entered"), (done, "done"))]
    assert states == ["expired", "expired", "registered"]
    assert (await port.register(entered, "entered")).state == "expired"
    assert idle.type("4242424242424242").headers["location"] == f"/pay/{waiting}"
    assert "時間が過ぎた" in idle.look().text


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "/card/return",
        "//evil.example/x",
        "ftp://portal.example/",
        "https://portal.example@evil.example/",
        "https://portal.example\\@evil.example/",
        "https://portal.example/\r\nX: y",
        "https://portal.example;script-src *//",
        "https://portal.example:99999/",
        "https:///x",
        "https://portal.example/#x",
        "",
    ],
)
async def test_a_return_address_that_is_no_plain_web_address_is_refused(
    port: HttpGateway, gateway: Running, url: str
) -> None:
    with pytest.raises(GatewayRefused) as refused:
        await port.start_card_setup(wish(return_url=url))
    assert refused.value.reason == "return_url"
    assert gateway.rows() == 0


async def test_return_origins_can_be_limited(port: HttpGateway, door: Door, tmp_path: Path, clock: Clock) -> None:
    door.company(tmp_path, clock, return_origins=frozenset({"https://portal.example"}))
    await port.start_card_setup(wish())
    with pytest.raises(GatewayRefused) as refused:
        await port.start_card_setup(wish("two", return_url="https://portal.example.evil.example/"))
    assert refused.value.reason == "return_url"


async def test_a_restart_keeps_state(tmp_path: Path, clock: Clock) -> None:
    with running(tmp_path, clock) as before:
        adapter = HttpGateway(before.url, "demo-key")
        reference, customer = await start(adapter)
        customer.type("4242424242424242")
        await adapter.aclose()
    with running(tmp_path, clock) as after:
        adapter = HttpGateway(after.url, "demo-key")
        assert (await adapter.register(reference, "intent-1")).state == "registered"
        await adapter.aclose()


async def test_colours_reach_the_page_only_as_colours(port: HttpGateway, gateway: Running) -> None:
    _, customer = await start(port)
    css = re.sub(r"\s+", " ", Customer(f"{customer.page}/theme.css").look().text)
    assert "--c-brand: #00543c;" in css
    for bad in ("red", "#12345", "#123456;}", "#123456\n"):
        with pytest.raises(GatewayRefused):
            await port.start_card_setup(wish("bad", theme=replace(wish().theme, brand=bad)))
    assert gateway.rows() == 1
