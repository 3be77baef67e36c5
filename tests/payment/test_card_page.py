"""What the page says: faults at their field, nothing secret shown again, and no trace of a number anywhere."""

from __future__ import annotations

import logging
import re
from html.parser import HTMLParser

import httpx
import pytest
from payment_bench import Customer, Running, wish

from mypage.billing.gateways import HttpGateway
from mypage.demo.gateway.cards import TEST_CARDS, brand_of, luhn
from mypage.demo.gateway.texts import TEXTS
from mypage.hooks.payment import CardBrandChoice, CardLabels, CardSetupRequest

pytestmark = pytest.mark.anyio


class Faults(HTMLParser):
    """The text of each ``<p class="error" id="…-error">``."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self._in = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "p":
            self._in = (values.get("id") or "").removesuffix("-error") if values.get("class") == "error" else ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "p":
            self._in = ""

    def handle_data(self, data: str) -> None:
        if self._in:
            self.found[self._in] = (self.found.get(self._in, "") + data).strip()


def faults(response: httpx.Response) -> dict[str, str]:
    parser = Faults()
    parser.feed(response.text)
    return parser.found


async def page(port: HttpGateway, request: CardSetupRequest | None = None) -> Customer:
    return Customer((await port.start_card_setup(request or wish())).url)


@pytest.mark.parametrize(
    ("number", "other", "field", "says"),
    [
        ("", {}, "number", "カード番号を入力してください。"),
        ("4242424242424241", {}, "number", "カード番号が正しくありません。もう一度ご確認ください。"),
        ("424242424242424", {}, "number", "カード番号のけた数が正しくありません。"),
        ("4242x4242", {}, "number", "カード番号は数字で入力してください。"),
        ("6011111111111117", {}, "number", "このカードの種類はご利用になれません。"),
        ("30569309025904", {}, "number", "このカードの種類はご利用になれません。"),
        ("4000000000000077", {}, "number", "デモでは、このページにあるテスト用カードだけをご利用になれます。"),
        ("4242424242424242", {"month": "10", "year": "2026"}, "expiry", "有効期限が過ぎています。"),
        ("4242424242424242", {"month": "13"}, "expiry", "有効期限の月と年を選んでください。"),
        ("4242424242424242", {"year": "²⁰²⁹"}, "expiry", "有効期限の月と年を選んでください。"),
        ("4242424242424242", {"code": ""}, "code", "セキュリティコードを入力してください。"),
        ("4242424242424242", {"code": "1234"}, "code", "このカードのセキュリティコードは3けたです。"),
        ("378282246310005", {"code": "123"}, "code", "このカードのセキュリティコードは4けたです。"),
        ("4242424242424242", {"code": "12"}, "code", "セキュリティコードは3けたまたは4けたの数字で入力してください。"),
        ("4242424242424242", {"holder": ""}, "holder", "カードの名義を入力してください。"),
        ("4242424242424242", {"holder": "Taro Yamada"}, "holder", "カードの名義は半角英字の大文字で入力してください。"),
        ("4242424242424242", {"holder": "ＴＡＲＯ"}, "holder", "カードの名義は半角英字の大文字で入力してください。"),
    ],
)
@pytest.mark.req("USEN-48", "USEN-50")
async def test_a_fault_is_told_at_its_field_and_nothing_else(
    port: HttpGateway, number: str, other: dict[str, str], field: str, says: str
) -> None:
    answer = (await page(port)).type(number, **other)
    assert answer.status_code == 422
    assert faults(answer) == {field: says}
    assert "<title>エラー：カード情報登録 入力" in answer.text


async def test_the_month_of_expiry_itself_is_valid_by_the_date_in_japan(port: HttpGateway, gateway: Running) -> None:
    gateway.clock.now = gateway.clock.now.replace(day=30, hour=14, minute=59)
    last_minute = await page(port, wish("one"))
    assert last_minute.type("4242424242424242", month="11", year="2026").status_code == 303
    too_late = await page(port, wish("two"))
    gateway.clock.forward(minutes=1)
    assert faults(too_late.type("4242424242424242", month="11", year="2026")).keys() == {"expiry"}


@pytest.mark.req("USEN-50")
async def test_values_are_kept_but_never_number_and_code(port: HttpGateway) -> None:
    customer = await page(port)
    answer = customer.type("4242424242424241", code="987", holder="HANAKO SATO", month="3", year="2031").text
    assert 'value="HANAKO SATO"' in answer
    assert '<option value="3" selected>' in answer
    assert '<option value="2031" selected>' in answer
    assert "4242424242424241" not in answer
    assert "987" not in answer
    wrong_field = customer.type("", holder="4242 4242 4242 4241").text
    assert "4242 4242 4242 4241" not in wrong_field


@pytest.mark.req("USEN-43", "USEN-44", "USEN-45", "USEN-46", "USEN-47", "USEN-49")
async def test_the_page_speaks_the_operators_words(port: HttpGateway) -> None:
    labels = CardLabels(
        title="カード情報登録 入力",
        brand="カード会社",
        brand_empty="から選択してください",
        number="カード番号",
        number_help="カード番号を入力してください",
        expiry="有効期限",
        expiry_help="カード有効期限（月／年）を入力してください",
        security_code="セキュリティコード",
        security_code_help="カード裏面のセキュリティコード（3桁又は4桁）を入力してください",
        holder="名義人名",
        submit="確認",
        cancel="<戻る>",
    )
    brands = (
        CardBrandChoice(brand="visa", label="ビザカード（VISA）"),
        CardBrandChoice(brand="jcb", label="JCBカード（JCB）"),
    )
    customer = await page(port, wish(labels=labels, brands=brands))
    seen = customer.look().text
    for words in ("カード会社", "から選択してください", labels.expiry_help, labels.security_code_help, "&lt;戻る&gt;"):
        assert words in seen
    assert seen.index("ビザカード（VISA）") < seen.index("JCBカード（JCB）")
    assert seen.index('id="month"') < seen.index('id="year"')
    assert faults(customer.type("4242424242424242")) == {"brand": "カードの種類を選んでください。"}
    other = customer.type("4242424242424242", brand="jcb")
    assert faults(other) == {"number": "カード番号が、選んだカードの種類と合っていません。"}
    assert customer.type("4242424242424242", brand="visa").status_code == 303


@pytest.mark.req("UCOM-112")
async def test_a_page_without_code_and_with_two_names(port: HttpGateway) -> None:
    labels = CardLabels(
        title="お支払い方法登録／変更",
        number="カード番号",
        expiry="有効期限",
        holder="カード名義",
        holder_given="(名)",
        holder_family="(姓)",
        order=("expiry", "holder", "number", "brand", "security_code"),
        submit="次へ進む",
        cancel="戻る",
    )
    started = await port.start_card_setup(wish(labels=labels, current_brand="visa", current_last4="0000"))
    customer = Customer(started.url)
    seen = customer.look().text
    assert 'name="code"' not in seen
    assert "Visa 下4けた 0000" in seen
    assert seen.index('id="month"') < seen.index('id="given"') < seen.index('id="number"')
    assert list(faults(customer.type(""))) == ["holder", "number"]
    assert faults(customer.type("4242424242424242", given="TARO")) == {"holder": "カードの名義を入力してください。"}
    assert customer.type("4242424242424242", given="TARO", family="YAMADA").status_code == 303
    result = await port.card_setup(idempotency_key="intent-1", reference=started.reference)
    assert result.card is not None
    assert result.card.holder == "TARO YAMADA"


async def test_the_page_in_english(port: HttpGateway) -> None:
    customer = await page(port, wish(locale="en"))
    seen = customer.look()
    assert seen.headers["content-language"] == "en"
    assert "Do not type the number of a real card." in seen.text
    assert faults(customer.type("4242424242424241"))["number"] == "The card number is not right. Please check it."


async def test_every_page_keeps_its_promises_to_the_browser(port: HttpGateway) -> None:
    customer = await page(port)
    origin = customer.page.split("/pay/")[0]
    cases = {
        "form": customer.look(),
        "fault": customer.type(""),
        "missing": Customer(f"{origin}/pay/cs_nothing-here").look(),
        "nowhere": Customer(f"{origin}/a/b").look(),
        "home": Customer(f"{origin}/").look(),
        "sent back": customer.type("4242424242424242"),
        "ended": customer.look(),
    }
    for name, response in cases.items():
        policy = response.headers["content-security-policy"]
        assert "unsafe" not in policy, name
        assert "default-src 'none'" in policy, name
        assert "frame-ancestors 'none'" in policy, name
        assert response.headers["cache-control"] == "no-store", name
        assert response.headers.get("content-type", "text/html; charset=utf-8") == "text/html; charset=utf-8", name
        assert " style=" not in response.text, name
        assert "<script" not in response.text, name
    assert "form-action 'self' https://portal.example;" in cases["form"].headers["content-security-policy"]
    assert [cases[name].status_code for name in ("missing", "nowhere", "ended")] == [404, 404, 200]


BAD_BODIES = [b"", b"{", b"[]", b"\xff\xfe", b'{"tenant": 1}', b'{"a": "\\ud800"}', b"[" * 5000, b"x" * 20000]


@pytest.mark.parametrize("body", BAD_BODIES)
async def test_bad_input_is_never_a_failure_of_ours(gateway: Running, port: HttpGateway, body: bytes) -> None:
    headers = {"Authorization": "Bearer demo-key", "Idempotency-Key": "k"}
    customer = await page(port)
    async with httpx.AsyncClient(base_url=gateway.url, trust_env=False) as http:
        answers = [
            await http.post("/api/setups", content=body, headers=headers),
            await http.post("/api/setups", content=body, headers={**headers, "Idempotency-Key": "a b"}),
            await http.get("/api/setups/%00%ff", headers=headers),
            await http.get("/api/setups?idempotency_key=%00", headers=headers),
            await http.put("/api/setups", headers=headers),
            await http.post(customer.page, content=body, headers={"Content-Type": "application/x-www-form-urlencoded"}),
            await http.post(customer.page, content=body, headers={"Content-Type": "multipart/form-data"}),
            await http.post(f"{customer.page}/identity", content=body),
            await http.get("/pay/%ff%00"),
            await http.delete(customer.page),
        ]
    assert [
        answer.status_code for answer in answers if not 400 <= answer.status_code < 500 and answer.status_code != 303
    ] == []


async def test_no_number_and_no_code_is_left_anywhere(
    port: HttpGateway, gateway: Running, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    said: list[str] = []
    number, code = "4242424242424242", "739"
    for at, typed in enumerate((number, "4242-4242-4242-4242", "４２４２４２４２４２４２４２４２")):
        started = await port.start_card_setup(wish(f"key-{at}"))
        customer = Customer(started.url)
        said += [customer.type(typed, code=code, holder="").text, customer.type(typed, code=code, month="").text]
        sent = customer.type(typed, code=code)
        said += [sent.text, str(sent.headers), customer.look().text]
        said.append(repr(await port.card_setup(idempotency_key=f"key-{at}", reference=started.reference)))
        said.append(repr(await port.register(started.reference, f"key-{at}")))
    refused = Customer((await port.start_card_setup(wish("refused"))).url)
    said.append(str(refused.type("4000000000000002", code=code).headers))

    files = b"".join(path.read_bytes() for path in gateway.directory.iterdir()).decode("latin-1")
    with gateway.company.store.work() as db:
        stored = "\n".join(
            repr(tuple(row)) for table in ("setups", "log") for row in db.execute(f"SELECT * FROM {table}")
        )
    traces = "\n".join([*said, caplog.text, stored])
    assert "4242" in stored
    assert "POST /pay/" in caplog.text
    # The list of test cards on the page shows its numbers in blocks.
    for shape in (number, "4242-4242-4242-4242", "４２４２４２４２", "4000000000000002"):
        assert shape not in traces + files
    # A code stands alone; three digits inside a random token are chance.
    assert re.search(rf"(?<![\w-])(?:{code}|７３９)(?![\w-])", traces) is None


async def test_the_log_cannot_be_changed(gateway: Running, port: HttpGateway) -> None:
    await page(port)
    for statement in ("UPDATE log SET outcome = 'x'", "DELETE FROM log"):
        with pytest.raises(Exception, match="append-only"), gateway.company.store.work() as db:
            db.execute(statement)
    assert gateway.outcomes("start") == ["created"]


def test_both_languages_say_the_same_things_with_the_same_gaps() -> None:
    japanese, english = TEXTS["ja"], TEXTS["en"]
    assert japanese.keys() == english.keys()
    for key in japanese:
        gaps = [sorted(re.findall(r"%\(\w+\)s", text)) for text in (japanese[key], english[key])]
        assert gaps[0] == gaps[1], key


def test_every_test_card_is_a_number_of_its_brand() -> None:
    assert all(luhn(card.number) and brand_of(card.number) == card.brand for card in TEST_CARDS)
    assert not luhn("4242424242424241")
