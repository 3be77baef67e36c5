"""お客様情報変更, walked through as a customer does: labels, what is locked, what blanks delete, who is told."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from optionkit import at_once
from sqlalchemy import select
from ucomkit import NUMBER, Household, household, signed_in

from mypage.audit.models import AuditEntry
from mypage.auth.models import Account, Customer
from mypage.db.keys import Vault
from mypage.mail.models import MailMessage
from mypage.mail.values import unpack_values
from mypage.testing.portal import Answer, MakePortal, Portal, PortalClient
from mypage_ucom.names import BY_ACCOUNT, BY_NUMBER, MANAGER, USER

OLD, NEW = "an@arteria.example", "kyo@arteria.example"
STORED = {
    "birth_date": "1985-06-12",
    "gender": "女性",
    "occupation": "会社員",
    "household": "3",
    "fax": "012-345-6780",
    "mobile": "090-1234-5678",
}
LABELS = [
    "氏名", "氏名カナ", "生年月日", "性別", "職業", "同居人数", "電話番号", "FAX番号", "携帯電話番号",
    "連絡用メールアドレス",
]  # fmt: skip


@pytest.fixture
def portal(make_portal: MakePortal) -> Portal:
    return make_portal("ucom", theme="ucom")


@pytest.fixture
def home(portal: Portal) -> Household:
    return household(portal, profile=STORED, phone="012-345-6789", email=OLD)


@pytest.fixture
def client(portal: Portal, home: Household) -> PortalClient:
    return signed_in(portal, BY_NUMBER, NUMBER)


def facts(page: Answer) -> dict[str, str]:
    """The rows of a definition list."""
    names = page.texts("//main//dl[contains(@class,'facts')]/div/dt")
    return dict(zip(names, page.texts("//main//dl[contains(@class,'facts')]/div/dd"), strict=True))


def customer(home: Household) -> dict[str, Any]:
    """What is stored."""

    def read(tx: Any) -> dict[str, Any]:
        row = tx.scalars(select(Customer).where(Customer.tenant_id == tx.tenant, Customer.id == home.customer_id)).one()
        return {
            "number": row.number,
            "name": row.name,
            "kana": row.kana,
            "phone": row.phone,
            "email": row.email,
        } | row.profile

    return home.portal.run(read)


def mails(portal: Portal) -> list[tuple[str, str]]:
    """To whom, and what the mail names as changed."""
    vault = Vault(portal.server.keyring)

    def read(tx: Any) -> list[tuple[str, str]]:
        found = []
        for row in tx.scalars(select(MailMessage).where(MailMessage.tenant_id == tx.tenant)):
            opened = vault.open(tx, row.sealed, table="mail_message", column="sealed", row=str(row.id))
            if row.template == "profile_changed":
                found.append((row.recipient, str(unpack_values(opened)["changed"])))
        return found

    return sorted(portal.run(read))


def change(client: PortalClient, **values: str) -> Answer:
    """From the form to the completion page."""
    client.get("/profile")
    checked = client.submit(values)
    assert checked.status == 303, checked.errors
    client.get(checked.location)
    done = client.submit({})
    assert done.status == 303
    return client.get(done.location)


@pytest.mark.req("UCOM-122", "UCOM-123", "UCOM-124")
def test_the_form_shows_every_field_and_what_is_locked(client: PortalClient) -> None:
    page = client.get("/profile")
    assert page.texts("//h1") == ["顧客基本情報入力"]
    assert page.texts("//*[@class='page-head__over']") == ["お客様情報変更"]
    assert facts(page) == {"氏名": "有光 杏", "氏名カナ": "アリミツ アン", "生年月日": "1985/06/12"}
    named = page.texts("//main//form//legend[@class='label'] | //main//form//label[@class='label']")
    assert named == [
        "性別 (必須)", "職業 (必須)", "同居人数", "電話番号 (必須)", "FAX番号", "携帯電話番号", "連絡用メールアドレス",
    ]  # fmt: skip
    assert page.form_values()["household"] == "3"
    assert page.texts("//main//form//*[@class='group']/span") == ["人"]
    assert page.texts("//main//label[@class='choice choice--card']") == [
        "男性", "女性", "会社員", "自営業", "学生", "主婦", "その他",
    ]  # fmt: skip
    assert page.all("//input[@checked]/@value") == ["女性", "会社員"]
    assert page.texts("//main//form//button") == ["次へ進む"]
    assert "※必須項目以外は、空白にしていれば情報は削除されます。" in page.text


@pytest.mark.req("UCOM-124", "UCOM-125", "UCOM-126")
def test_blank_values_delete_and_every_step_shows_every_field(client: PortalClient, home: Household) -> None:
    client.get("/profile")
    checked = client.submit(
        {"household": "", "fax": " ", "mobile": "０９０－８７６５－４３２１", "occupation": "自営業"}
    )
    confirm = client.get(checked.location)
    expected = {
        "氏名": "有光 杏",
        "氏名カナ": "アリミツ アン",
        "生年月日": "1985/06/12",
        "性別": "女性",
        "職業": "自営業",
        "同居人数": "（空白）",
        "電話番号": "012-345-6789",
        "FAX番号": "（空白）",
        "携帯電話番号": "090-8765-4321",
        "連絡用メールアドレス": OLD,
    }
    assert list(expected) == LABELS
    assert (confirm.texts("//h1"), facts(confirm)) == (["顧客基本情報確認"], expected)
    assert confirm.texts("//main//form//button | //main//form//a") == ["登録", "入力画面へ戻る"]
    assert customer(home)["household"] == "3"
    again = client.get(confirm.all("//main//form//a/@href")[0])
    assert (again.form_values().get("household", ""), again.form_values()["mobile"]) == ("", "090-8765-4321")
    client.get(checked.location)
    done = client.get(client.submit({}).location)
    assert (done.texts("//h1"), facts(done)) == (["顧客情報登録完了"], expected)
    stored = customer(home)
    assert "household" not in stored
    assert "fax" not in stored
    assert (stored["mobile"], stored["occupation"]) == ("090-8765-4321", "自営業")


@pytest.mark.req("UCOM-17", "UCOM-123", "UCOM-178")
def test_a_forged_post_changes_nothing_that_is_locked(client: PortalClient, home: Household) -> None:
    before = customer(home)
    change(
        client, name="他人 太郎", kana="タニン タロウ", birth_date="2000-01-01", number="1", address="x", household="4"
    )
    assert customer(home) == before | {"household": "4"}


@pytest.mark.req("UCOM-122")
@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"phone": ""}, "電話番号を入力してください"),
        ({"phone": "1234"}, "電話番号は、市外局番から入力してください。例：03-1234-5678"),
        ({"mobile": "mobile"}, "携帯電話番号は、市外局番から入力してください。例：03-1234-5678"),
        ({"household": "-1"}, "同居人数は、0から99までの数字で入力してください"),
        ({"gender": "猫"}, "性別を選んでください"),
        ({"email": "an@"}, ""),
    ],
)
def test_wrong_values_come_back_with_their_message(
    client: PortalClient, home: Household, values: dict[str, str], message: str
) -> None:
    before = customer(home)
    client.get("/profile")
    posted = client.submit(values | {"fax": "03-9999-8888"})
    assert posted.status == 422
    assert len(posted.errors) == 1
    assert message in posted.errors[0]
    assert posted.form_values()["fax"] == "03-9999-8888"
    assert customer(home) == before


@pytest.mark.req("UCOM-127", "UCOM-176")
@pytest.mark.parametrize(
    ("new", "told"),
    [(OLD, [OLD]), (NEW, [OLD, NEW]), ("", [OLD])],
    ids=["kept", "changed", "deleted"],
)
def test_the_address_before_and_the_one_after_are_told(
    client: PortalClient, home: Household, new: str, told: list[str]
) -> None:
    done = change(client, email=new, fax="")
    assert [to for to, _ in mails(home.portal)] == sorted(told)
    assert {what for _, what in mails(home.portal)} == {"FAX番号" if new == OLD else "FAX番号、連絡用メールアドレス"}
    for address in told:
        assert f"{address} 宛に、お客様情報変更の完了通知メールを送信しましたのでご確認ください。" in done.text


@pytest.mark.req("UCOM-127")
def test_what_changes_nothing_sends_nothing_and_there_is_an_end_of_mails(client: PortalClient, home: Household) -> None:
    done = change(client)
    assert mails(home.portal) == []
    assert "メールを送信しました" not in done.text
    for number in range(10):
        change(client, email=f"victim{number % 2}@example.jp")
    assert len(mails(home.portal)) == 20
    client.get("/profile")
    client.get(client.submit({"email": "victim3@example.jp"}).location)
    refused = client.submit({})
    assert refused.status == 422
    assert "1時間ほどおいて" in refused.errors[0]
    assert refused.all("//input[@name='email']/@value") == ["victim3@example.jp"]
    assert (len(mails(home.portal)), customer(home)["email"]) == (20, "victim1@example.jp")
    home.portal.clock.at += timedelta(minutes=61)
    change(signed_in(home.portal, BY_NUMBER, NUMBER), email=NEW)
    assert customer(home)["email"] == NEW


@pytest.mark.req("UCOM-127")
def test_without_an_address_nobody_is_told(portal: Portal) -> None:
    home = household(portal, profile=STORED, phone="012-345-6789")
    done = change(signed_in(portal, BY_NUMBER, NUMBER), fax="")
    assert mails(home.portal) == []
    assert "メールを送信しました" not in done.text


@pytest.mark.req("UCOM-127")
def test_login_notices_follow_the_address_of_the_holder_alone(portal: Portal, home: Household) -> None:
    other = home.account("arteri-an-001", MANAGER, email=OLD)

    def address(account_id: Any) -> str:
        wanted = select(Account.email).where(Account.tenant_id == portal.name, Account.id == account_id)
        return portal.run(lambda tx: str(tx.scalar(wanted)))

    def set_address(tx: Any) -> None:
        tx.scalars(
            select(Account).where(Account.tenant_id == tx.tenant, Account.id == home.holder_id)
        ).one().email = OLD

    portal.run(set_address)
    change(signed_in(portal, BY_NUMBER, NUMBER), email=NEW)
    assert (address(home.holder_id), address(other)) == (NEW, OLD)


@pytest.mark.req("UCOM-162", "UCOM-167")
def test_a_manager_may_and_a_user_may_not(portal: Portal, home: Household) -> None:
    home.account("arteri-an-001", MANAGER)
    home.account("arteri-an-002", USER)
    change(signed_in(portal, BY_ACCOUNT, "arteri-an-001"), household="5")
    assert customer(home)["household"] == "5"
    user = signed_in(portal, BY_ACCOUNT, "arteri-an-002")
    assert user.get("/profile").status == 403
    assert user.post("/profile", {"phone": "03-1234-5678"}).status == 403


@pytest.mark.req("UCOM-174")
def test_the_trail_says_what_changed_and_by_which_login(client: PortalClient, home: Household) -> None:
    change(client, household="4", fax="")
    wanted = select(AuditEntry).where(AuditEntry.tenant_id == home.portal.name, AuditEntry.action == "profile.changed")
    [entry] = home.portal.run(
        lambda tx: [(row.actor, row.customer_id, row.before, row.after) for row in tx.scalars(wanted)]
    )
    assert entry == (
        str(home.holder_id),
        home.customer_id,
        {"household": "3", "fax": "012-345-6780"},
        {"household": "4", "fax": "", "by_scheme": BY_NUMBER, "by_login": NUMBER},
    )
    json.dumps(entry[2:])


@pytest.mark.parametrize("times", [2, 16])
def test_pressed_many_times_at_once_it_is_stored_and_told_once(
    client: PortalClient, home: Household, times: int
) -> None:
    client.get("/profile")
    checked = client.submit({"household": "6"})
    values = client.get(checked.location).form_values()
    answers = at_once([client] * times, "/profile/confirm", [values] * times)
    assert {(answer.status, answer.location) for answer in answers} == {
        (303, f"/profile/complete?operation={values['operation']}")
    }
    again = client.post("/profile/confirm", values)
    assert again.location == answers[0].location
    assert len(mails(home.portal)) == 1
    changed = select(AuditEntry.id).where(
        AuditEntry.tenant_id == home.portal.name, AuditEntry.action == "profile.changed"
    )
    assert len(home.portal.run(lambda tx: tx.scalars(changed).all())) == 1


def test_an_old_login_gives_its_password_again_before_the_change(client: PortalClient, home: Household) -> None:
    client.get("/profile")
    checked = client.submit({"household": "6"})
    client.get(checked.location)
    home.portal.clock.at += timedelta(minutes=11)
    door = client.submit({})
    assert (door.status, door.location.partition("?")[0]) == (303, "/reauth")
    assert customer(home)["household"] == "3"
    client.get(door.location)
    back = client.submit({"password": "Kaze4826yk"})
    assert back.location == checked.location
    client.get(back.location)
    assert client.submit({}).status == 303
    assert customer(home)["household"] == "6"


def test_it_works_in_english(client: PortalClient) -> None:
    client.get("/display?language=en")
    page = client.get("/profile")
    assert "女性" not in page.text
    assert client.submit({}).status == 303
