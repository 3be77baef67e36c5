"""The contract page on parsed HTML."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import update

from mypage.contracts.models import Contract, Service
from mypage.db.session import Tx
from mypage.testing.portal import MakePortal, Portal, PortalClient
from portal_rows import Person, add_account, add_contract, add_person, sign_in


@pytest.fixture
def person(portal: Portal) -> Person:
    return add_person(portal)


@pytest.fixture
def client(portal: Portal, person: Person) -> PortalClient:
    return sign_in(portal, person)


@pytest.mark.req("ACTV-59")
def test_contracts_show_their_services_by_category(portal: Portal, person: Person, client: PortalClient) -> None:
    services = [
        ("インターネット", "100Mコース", "active"),
        ("テレビ", "基本コース", "active"),
        ("インターネット", "メールオプション", "suspended"),
    ]
    add_contract(portal, person, "C-1", services, place="青森市新町1-1", details=[["回線番号", "L-77"]])
    page = client.get("/contract")
    assert page.texts("//h1") == ["ご契約内容参照"]
    assert page.texts("//tbody//th") == [
        "インターネット100Mコース",
        "インターネットメールオプション",
        "テレビ基本コース",
    ]
    for text in ("C-1", "青森市新町1-1", "回線番号", "L-77", "2024年4月1日"):
        assert text in page.text


@pytest.mark.req("ACTV-59")
def test_ended_contracts_come_last(portal: Portal, person: Person, client: PortalClient) -> None:
    add_contract(portal, person, "A-0", status="terminated", started_on=date(2025, 1, 1), ended_on=date(2025, 6, 30))
    add_contract(portal, person, "C-1", started_on=date(2021, 1, 1))
    add_contract(portal, person, "C-2", started_on=date(2020, 1, 1))
    page = client.get("/contract")
    assert [t.split()[-1] for t in page.texts("//h2[starts-with(@id,'c')]")] == ["C-1", "C-2", "A-0"]
    assert "2025年6月30日" in page.text


def test_many_contracts_are_folded(portal: Portal, person: Person, client: PortalClient) -> None:
    for number in range(5):
        add_contract(portal, person, f"C-{number}")
    assert len(client.get("/contract").all("//main//details")) == 5


def test_without_contracts_the_page_says_so(client: PortalClient) -> None:
    page = client.get("/contract")
    assert page.status == 200
    assert page.all("//main//table") == []
    assert page.all("//*[@class='empty']")


@pytest.mark.req("ACTV-85", "ACTV-77")
def test_nothing_can_be_changed_or_ordered(portal: Portal, person: Person, client: PortalClient) -> None:
    add_contract(portal, person, "C-1", [("テレビ", "基本コース", "active")])
    page = client.get("/contract")
    assert page.all("//main//form") == []
    assert page.all("//main//button") == []


@pytest.mark.req("ACTV-78")
def test_only_own_contracts_show(portal: Portal, person: Person, client: PortalClient, make_portal: MakePortal) -> None:
    add_contract(portal, add_person(portal, "1000002"), "NEIGHBOUR", [("テレビ", "隣のコース", "active")])
    elsewhere = make_portal(portal.server.registry.current.tenants[portal.name].operator)
    add_contract(elsewhere, add_person(elsewhere), "ELSEWHERE")
    page = client.get("/contract")
    for foreign in ("NEIGHBOUR", "隣のコース", "ELSEWHERE"):
        assert foreign not in page.raw.text


@pytest.mark.req("ACTV-78")
def test_contracts_need_a_login_and_the_permission(portal: Portal, person: Person) -> None:
    assert portal.client().get("/contract").location.startswith("/login")
    assert sign_in(portal, add_account(portal, person, "nothing")).get("/contract").status == 403


def test_names_of_services_are_text(portal: Portal, person: Person, client: PortalClient) -> None:
    add_contract(portal, person, "C-1", [("<i>分類</i>", "<script>x</script>%(name)s", "active")], name="%s")
    page = client.get("/contract")
    assert page.all("//main//script | //main//i") == []
    assert "<script>x</script>%(name)s" in page.text


def test_a_service_that_ended_is_not_listed_as_one_in_use(portal: Portal, person: Person, client: PortalClient) -> None:
    services = [("インターネット", "100Mコース", "active"), ("インターネット", "30Mコース", "terminated")]
    add_contract(portal, person, "C-1", services)
    dates(portal, "terminated", started_on=None, ended_on=date(2026, 8, 14))
    page = client.get("/contract")
    assert page.texts("//caption") == ["サービス"]
    assert page.texts("//thead//th") == ["サービスとコース", "ご利用開始日・状態"]
    assert page.all("//td/@data-label") == ["ご利用開始日", "状態"]


def test_without_any_date_of_a_service_there_is_no_column_for_it(
    portal: Portal, person: Person, client: PortalClient
) -> None:
    add_contract(portal, person, "C-1", [("インターネット", "100Mコース", "active")])
    dates(portal, "active", started_on=None)
    page = client.get("/contract")
    assert page.texts("//caption") == ["ご利用中のサービス"]
    assert page.texts("//thead//th") == ["サービスとコース"]
    assert page.all("//tbody//td") == []


def dates(portal: Portal, status: str, **columns: date | None) -> None:
    """Other dates of the services in a state."""

    def work(tx: Tx) -> None:
        tx.execute(update(Service).where(Service.tenant_id == tx.tenant, Service.status == status).values(**columns))

    portal.run(work)


def test_a_page_holds_fifty_contracts_and_each_stands_on_one(
    portal: Portal, person: Person, client: PortalClient
) -> None:
    numbers = [f"C-{number:03}" for number in range(118)]

    def work(tx: Tx) -> None:
        for number in numbers:
            contract = Contract(
                tenant_id=tx.tenant,
                customer_id=person.customer_id,
                number=number,
                number_key=number,
                name="光コース",
                status="terminated" if number < "C-003" else "active",
            )
            tx.add(contract)
            tx.flush()
            for position in (1, 2):
                tx.add(
                    Service(
                        tenant_id=tx.tenant,
                        contract_id=contract.id,
                        position=position,
                        category="インターネット",
                        name=f"コース{position}",
                    )
                )

    portal.run(work)
    seen: list[str] = []
    for page in (1, 2, 3):
        answer = client.get(f"/contract?page={page}")
        assert "ご契約は118件です。" in answer.text
        assert len(answer.all("//main//tbody//tr")) == 2 * len(answer.all("//main//details"))
        assert len(answer.all("//nav[contains(@class,'pager')]//a")) >= 2
        seen += answer.texts("//main//details//span[@class='code']")
    assert seen == [*numbers[3:], *numbers[:3]]
    assert client.get("/contract?page=4").status == 404
    assert client.get("/contract?page=x").texts("//main//details//span[@class='code']") == numbers[3:53]


def test_few_contracts_have_no_pages(portal: Portal, person: Person, client: PortalClient) -> None:
    add_contract(portal, person, "C-1")
    page = client.get("/contract")
    assert page.all("//nav[contains(@class,'pager')]") == []
    assert page.all("//main//details") == []
