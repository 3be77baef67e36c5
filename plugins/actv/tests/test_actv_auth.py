"""The screens before login, label by label and in the order of the manual."""

from __future__ import annotations

import pytest

from mypage.testing.portal import Answer, MakePortal, PortalClient

REGISTER = "/register/mypage"


@pytest.fixture
def browser(make_portal: MakePortal) -> PortalClient:
    portal = make_portal("actv", theme="actv", settings={"mail_domain": "actv.example"})
    return portal.client()


def in_order(page: Answer, *texts: str) -> bool:
    """Whether the texts stand on the page one after the other."""
    rest = page.text
    for text in texts:
        _, found, rest = rest.partition(text)
        if not found:
            return False
    return True


@pytest.mark.req("ACTV-02", "ACTV-03", "ACTV-04")
def test_words_of_the_login_page(browser: PortalClient) -> None:
    page = browser.get("/login")
    assert page.texts("//h1") == ["ACT MyPage"]
    assert page.texts("//main//section//h2")[0] == "マイページログイン"
    assert in_order(page, "ACT MyPage", "マイページでは、ご契約内容、ご請求明細の確認ができます。")
    assert in_order(
        page,
        "<ご注意>",
        "マイページをご利用いただく際には、マイページアカウント（ログインID・パスワード）の作成が必要です。",
        "作成していない方は、「新規アカウント作成」より、マイページアカウントの作成を行って下さい。",
    )


@pytest.mark.req("ACTV-05", "ACTV-06")
def test_fields_and_buttons_of_the_login_page(browser: PortalClient) -> None:
    page = browser.get("/")
    assert page.texts("//main//form//legend") == ["マイページ アカウント"]
    assert page.texts("//main//form//label") == ["ログインID", "パスワード"]
    assert page.all("//main//form//input[@type!='hidden']/@type") == ["text", "password"]
    assert page.texts("//main//form//button") == ["クリア", "ログイン"]


@pytest.mark.req("ACTV-10")
def test_clear_sends_nothing(browser: PortalClient) -> None:
    page = browser.get("/login")
    [clear] = page.all("//main//form//button[1]")
    assert clear.get("type") == "reset"
    assert not [name for name in clear.attrib if name.startswith(("hx-", "data-hx-", "form"))]


@pytest.mark.req("ACTV-07", "ACTV-08", "ACTV-09", "ACTV-67")
def test_the_ways_on_from_the_login_page(browser: PortalClient) -> None:
    page = browser.get("/login")
    links = dict(zip(page.texts("//main//a"), page.all("//main//a/@href"), strict=True))
    assert links == {
        "こちら": "/recover/login-id",
        "パスワードを忘れた場合": "/recover/password",
        "新規アカウント作成": REGISTER,
    }
    assert "ログインIDを忘れた場合こちら。" in page.text
    for url in links.values():
        assert browser.get(url).status == 200


@pytest.mark.req("ACTV-31", "ACTV-32", "ACTV-33", "ACTV-43")
def test_head_and_foot_of_the_registration(browser: PortalClient) -> None:
    page = browser.get(REGISTER)
    assert page.texts("//h1") == ["マイページアカウント作成"]
    assert in_order(
        page,
        "内容",
        "※※※ ここで入力する項目は、大変重要な情報となります。 ※※※",
        "※※※ 必ず控えておくことをお願い致します。 ※※※",
        "マイページアカウント",
        "ログインID",
    )
    assert page.texts("//main//div[@class='actions']/*") == ["戻る", "次へ"]


@pytest.mark.req(
    "ACTV-14",
    "ACTV-15",
    "ACTV-34",
    "ACTV-35",
    "ACTV-36",
    "ACTV-37",
    "ACTV-38",
    "ACTV-39",
    "ACTV-40",
    "ACTV-41",
    "ACTV-42",
)
def test_fields_of_the_registration_in_order_with_their_helps(browser: PortalClient) -> None:
    page = browser.get(REGISTER)
    labels = page.texts("//main//form//*[contains(concat(' ', @class, ' '), ' label ')]")
    names = ("ログインID", "パスワード", "パスワード(確認)", "メールアドレス1", "お客様番号", "認証コード", "画像認証")
    assert labels == [f"{name} 必須" for name in names]
    assert in_order(
        page,
        "ログインIDは、半角英数4文字以上20文字以内で入力してください。",
        "パスワードは、半角英数6文字以上50文字以内で入力してください。",
        "確認のため、再度、パスワードの入力をお願いします。",
        "ご利用可能なメールアドレスを入力してください",
        "ドメイン指定などのメール受信制限を利用されている場合、",
        "以下のドメインからのメールが受信できるよう設定をお願いします。",
        "actv.example",
        "※ 弊社プライバシーポリシーに準じて、",
        "弊社からのお知らせなどに使用させていただく場合がございます。",
        "「マイページ認証コード通知書」に記載されております『お客様番号』を入力して下さい。",
        "「マイページ認証コード通知書」に記載されております『認証コード』を入力して下さい。",
        "画面に表示されている数字をご入力ください。",
    )
    assert len(page.all("//fieldset//input[starts-with(@name,'proof_code_')]")) == 3
    assert page.texts("//*[contains(@class,'group__sep')]") == ["-", "-"]


@pytest.mark.req("ACTV-17", "ACTV-18", "ACTV-19", "ACTV-21", "ACTV-22", "ACTV-23")
def test_the_letter_beside_the_registration(browser: PortalClient) -> None:
    page = browser.get(REGISTER)
    for text in (
        "「マイページ」設定情報のお知らせ",
        "①お客様番号 :",
        "②認証コード : - -",
        "お客様番号および認証コードはすべて半角文字です。",
        "文字見本をご確認いただき、大文字、小文字、数字のご入力にご注意ください。",
        "お客様番号および認証コードは第三者に知られないよう、お客様ご自身の管理をお願いいたします。",
        "青森ケーブルテレビ窓口(0120-442-208)までお問合せください。",
    ):
        assert text in page.text, text


@pytest.mark.req("ACTV-45", "ACTV-70")
def test_who_cannot_use_picture_or_mail_finds_sound_and_telephone(browser: PortalClient) -> None:
    page = browser.get(REGISTER)
    assert page.all("//audio/@src")
    assert "0120-442-208" in page.text
    for kind in ("login-id", "password"):
        assert "0120-442-208" in browser.get(f"/recover/{kind}").text


@pytest.mark.req("ACTV-69", "ACTV-68")
def test_what_the_forgotten_pages_ask_for(browser: PortalClient) -> None:
    fields = "//main//form//input[@type!='hidden']/@name"
    assert browser.get("/recover/login-id").all(fields) == [
        "customer_number",
        "proof_code_1",
        "proof_code_2",
        "proof_code_3",
    ]
    assert browser.get("/recover/password").all(fields) == ["login"]


@pytest.mark.req("ACTV-78")
@pytest.mark.parametrize("path", ["/home", "/contract", "/bills", "/invoices", "/card", "/credentials", "/notices"])
def test_the_functions_need_a_login_and_the_public_pages_do_not(browser: PortalClient, path: str) -> None:
    assert browser.get(path).location.startswith("/login")
    for public in ("/", "/pages/faq", "/pages/terms", "/pages/important", REGISTER, "/recover/password"):
        assert browser.get(public).status == 200
