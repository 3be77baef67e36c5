"""The overview of an operator whose own words say little: no options, no products, a quota that nobody raises."""

from __future__ import annotations

from familykit import Family

HOLDER, CREW = "h1000001@nagi.example", "umi@nagi.example"
NAMES = {"family_name": "見本", "given_name": "海"}


def test_the_holder_sees_contract_quota_and_accounts(family: Family) -> None:
    family.account(CREW, **NAMES)
    page = family.signed_in(HOLDER).get("/overview")
    assert page.texts("//h1") == ["ご家族のようす"]
    assert page.all("//section/@aria-labelledby") == ["contract", "quotas", "accounts"]
    assert page.texts("//section[@aria-labelledby='contract']//dt") == ["ご契約の種類", "ご契約者番号"]
    [quota] = page.texts("//section[@aria-labelledby='quotas']//dd")
    assert quota.startswith("1個 / 2個 (基本 2個")
    assert page.texts("//details/summary") == [f"{CREW}見本 海乗組員"]
    assert page.texts("//details//dt") == ["お名前", "暗証", "できること", "メールアドレス"]
    assert "送り先のないかたが1人います" in page.text
    assert page.all("//a[@href='/accounts/new']") != []


def test_a_full_quota_offers_no_further_account(family: Family) -> None:
    for name in ("umi", "sora"):
        family.account(f"{name}@nagi.example")
    page = family.signed_in(HOLDER).get("/overview")
    assert page.all("//a[@href='/accounts/new']") == []
    assert page.all("//*[local-name()='rect']/@width") == ["100"]


def test_without_accounts_the_page_says_so(family: Family) -> None:
    assert "まだどなたもいません。" in family.signed_in(HOLDER).get("/overview").text


def test_crew_sees_itself_alone(family: Family) -> None:
    family.account(CREW, **NAMES)
    family.account("sora@nagi.example", role="reader", family_name="ひみつ")
    page = family.signed_in(CREW).get("/overview")
    assert page.texts("//h1") == ["わたしのサインイン"]
    assert page.texts("//details/summary") == [f"{CREW}見本 海乗組員"]
    assert "ひみつ" not in page.raw.text
    assert page.all("//section/@aria-labelledby") == ["accounts"]


def test_who_may_not_read_accounts_gets_no_overview(family: Family) -> None:
    family.account("sora@nagi.example", role="reader")
    assert family.signed_in("sora@nagi.example").get("/overview").status == 403


def test_the_session_reads_no_contract_where_the_header_names_the_person(family: Family) -> None:
    assert not family.operator.portal.contract_label
    page = family.signed_in(HOLDER).get("/overview")
    assert page.texts("//header//*[@class='who']") == ["見本 凪 さまご契約者番号 1000001"]
