"""A notice by mail: proposed, confirmed, queued in batches, each address once, also after a kill midway."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text, update

from mypage.auth.models import Customer
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.i18n import Catalogue
from mypage.jobs.queue import LATER
from mypage.jobs.tasks import BadJob, Job
from mypage.mail.models import MailMessage
from mypage.mail.service import claim
from mypage.notices.mailing import NoticeMailer, mail_batch, reach_by_mail, start_mailing, told_by_mail
from mypage.notices.models import Notice, NoticeMailing
from mypage.notices.writing import NoticeText, publish, take_back, write
from mypage.testing.portal import NOON, MakePortal, Portal
from portal_rows import add_person, operator_of
from staff_rows import add_staff, make_office, sit_down

LINK = "https://portal.example/notices/1"


@pytest.fixture
def left(make_portal: MakePortal) -> Portal:
    return make_portal("actv")


def published(portal: Portal, **other: Any) -> uuid.UUID:
    values: dict[str, Any] = {
        "title": "工事", "body": "本文 https://example.jp/x です。\n\n二段落目", "title_en": "Works", "body_en": "English",
        "importance": "normal", "starts_at": NOON - timedelta(days=1), "ends_at": None, "audience": "all",
    }  # fmt: skip

    def work(tx: Tx) -> uuid.UUID:
        return publish(tx, write(tx, NoticeText(**(values | other)), by=uuid.uuid4()).id).id

    return portal.run(work)


def customers(portal: Portal, count: int, *, mail: str = "'k' || n || '@example.jp'") -> None:
    """Customers with addresses of their own."""
    portal.run(
        lambda tx: tx.execute(
            text(
                "INSERT INTO customer (tenant_id, id, number, number_key, name, email)"
                f" SELECT :tenant, gen_random_uuid(), n, n, '名前', {mail} FROM generate_series(1, :count) n"
            ),
            {"tenant": tx.tenant, "count": count},
        )
    )


def begin(portal: Portal, notice_id: uuid.UUID) -> None:
    portal.run(lambda tx: start_mailing(tx, _notice(tx, notice_id)))


def _notice(tx: Tx, notice_id: uuid.UUID) -> Notice:
    return tx.execute(select(Notice).where(Notice.tenant_id == tx.tenant, Notice.id == notice_id)).scalar_one()


def batch(portal: Portal, notice_id: uuid.UUID, size: int, then: Callable[[], None] = lambda: None) -> bool:
    words = operator_of(portal).catalogues
    vault = portal.server.ports.get(Vault)

    def work(tx: Tx) -> bool:
        more = mail_batch(tx, vault, notice_id, link=LINK, words=words, size=size)
        then()
        return more

    return portal.run(work)


def recipients(portal: Portal) -> list[str]:
    found = select(MailMessage.recipient).where(MailMessage.tenant_id == portal.name)
    return portal.run(lambda tx: sorted(tx.scalars(found)))


def mailing(portal: Portal, notice_id: uuid.UUID) -> NoticeMailing:
    found = select(NoticeMailing).where(NoticeMailing.tenant_id == portal.name, NoticeMailing.notice_id == notice_id)
    return portal.run(lambda tx: tx.execute(found).scalar_one())


class Killed(Exception):
    """The process ends in the middle of a unit."""


def test_every_address_has_it_once_whenever_the_worker_dies(left: Portal, figure: Callable[[str], None]) -> None:
    customers(left, 25)
    customers_of_one_address = update(Customer).where(Customer.tenant_id == left.name, Customer.number.in_(("7", "8")))
    left.run(lambda tx: tx.execute(customers_of_one_address.values(email="Family@example.jp")))
    nobody = update(Customer).where(Customer.tenant_id == left.name, Customer.number == "9")
    left.run(lambda tx: tx.execute(nobody.values(email="")))
    notice_id = published(left)
    begin(left, notice_id)
    begin(left, notice_id)

    def die() -> None:
        raise Killed

    turns, kills, more = 0, 0, True
    while more:
        turns += 1
        if turns % 2:
            with pytest.raises(Killed):
                batch(left, notice_id, 4, die)
            kills += 1
        else:
            more = batch(left, notice_id, 4)
    assert not batch(left, notice_id, 4)
    found = recipients(left)
    assert len(found) == 23
    assert len({each.casefold() for each in found}) == 23
    done = mailing(left, notice_id)
    assert (done.state, done.wanted, done.queued, done.skipped) == ("done", 25, 23, 2)
    figure(f"mass mail: 25 customers, {kills} kills within a batch, 23 addresses, each once")


def test_the_mail_says_what_the_notice_says_and_links_to_it_alone(left: Portal) -> None:
    person = add_person(left, email="taro@example.jp")
    notice_id = published(left)
    begin(left, notice_id)
    assert not batch(left, notice_id, 10)
    vault = left.server.ports.get(Vault)

    def look(tx: Tx) -> Any:
        mail_id = tx.execute(select(MailMessage.id).where(MailMessage.tenant_id == tx.tenant)).scalar_one()
        return claim(tx, vault, mail_id, mail_domain="isp.example")

    mail = left.run(look)
    assert (mail.recipient, mail.template, mail.language) == ("taro@example.jp", "announcement", "ja")
    assert mail.values["text"] == ("本文 （アドレスはお知らせの画面でご覧ください） です。", "", "二段落目")
    assert mail.values["link"] == LINK
    assert person.customer_id is not None


def test_addresses_leave_no_trace_of_another_site() -> None:
    t = Catalogue("en")
    for typed in ("https://a.example/b?c=d", "HTTP://x", "see ftp://x.example)", "a+b://c"):
        assert "://" not in " ".join(told_by_mail(typed, t))


def test_taking_the_notice_back_stops_the_rest(left: Portal) -> None:
    customers(left, 10)
    notice_id = published(left)
    begin(left, notice_id)
    assert batch(left, notice_id, 4)
    left.run(lambda tx: take_back(tx, notice_id))
    assert not batch(left, notice_id, 4)
    assert (len(recipients(left)), mailing(left, notice_id).state) == (4, "done")


@pytest.mark.parametrize("audience", ["area", "list", "all"])
def test_a_mailing_reaches_whom_the_notice_is_for(left: Portal, audience: str) -> None:
    customers(left, 12)
    there = update(Customer).where(Customer.tenant_id == left.name, Customer.number.in_(("3", "11")))
    left.run(lambda tx: tx.execute(there.values(postal_code="030-0801")))
    listed = select(Customer.id).where(Customer.tenant_id == left.name, Customer.number.in_(("3", "11")))
    ids = tuple(left.run(lambda tx: list(tx.scalars(listed))))
    notice_id = published(left, audience=audience, aimed=("0300",) if audience == "area" else (), customers=ids)
    begin(left, notice_id)
    while batch(left, notice_id, 1 if audience != "all" else 5):
        pass
    expected = 12 if audience == "all" else 2
    assert len(recipients(left)) == expected
    reach = left.run(lambda tx: reach_by_mail(tx, _notice(tx, notice_id)))
    assert (reach.customers, reach.with_address) == (expected, expected)


def test_a_second_person_sends_it(left: Portal, make_portal: MakePortal) -> None:
    office = make_office(make_portal)
    agent, boss = add_staff(office, {left.name: "agent"}), add_staff(office, {left.name: "manager"}, name="田中 一郎")
    add_person(left, email="taro@example.jp")
    notice_id = published(left)
    one, two = sit_down(office, agent, left), sit_down(office, boss, left)
    page = one.get(f"/notices/{notice_id}/mail")
    assert "1つのアドレスに1通だけ送ります" in page.text
    assert one.submit({}).status == 422
    made = one.submit({"reason": "工事の周知"}, follow=True)
    assert "お知らせ「工事」のメール送信" in made.text
    two.get(made.raw.url.path)
    done = two.submit({}, form="//form[contains(@action,'/confirm')]", follow=True)
    assert "承認し、実行しました。" in done.text
    jobs = left.run(lambda tx: tx.execute(select(func.count()).select_from(text("procrastinate_jobs"))
                                          .where(text("task_name = 'notices.mail' AND args->>'tenant' = :t")),
                                          {"t": tx.tenant}).scalar_one())  # fmt: skip
    assert jobs == 1
    assert "0件を送信" in two.get(f"/notices/{notice_id}").text
    assert one.get(f"/notices/{notice_id}/mail").status == 404


def test_the_workers_task_goes_on_to_the_end(left: Portal) -> None:
    customers(left, 30)
    notice_id = published(left)
    begin(left, notice_id)
    batch(left, notice_id, 7)
    server = left.server

    async def tenant_of(name: str) -> Any:
        return server.registry.current.get(name)

    mailer = NoticeMailer(
        database=server.database,
        vault=server.ports.get(Vault),
        tenant_of=tenant_of,
        words_of=lambda tenant: server.compiled.operators[tenant.operator].catalogues,
        link_of=lambda tenant, notice: f"https://{tenant.main.host}/notices/{notice}",
    )
    job = Job(tenant=left.name, request_id="t", arguments={"notice": str(notice_id)})
    left.wait(mailer(job))
    left.wait(mailer(job))
    assert len(recipients(left)) == 30
    assert mailing(left, notice_id).state == "done"
    with pytest.raises(BadJob):
        left.wait(mailer(Job(tenant=left.name, request_id="t", arguments={"notice": "x"})))
    priorities = left.run(
        lambda tx: tx.execute(
            text("SELECT DISTINCT priority FROM procrastinate_jobs WHERE task_name = :n AND args->>'tenant' = :t"),
            {"n": "mail.deliver", "t": tx.tenant},
        ).scalars().all()
    )  # fmt: skip
    assert priorities == [LATER]


def test_what_goes_out_is_what_two_have_confirmed(left: Portal, make_portal: MakePortal) -> None:
    """While it goes out nobody changes it, and the page told the English words and the customers, too."""
    office = make_office(make_portal)
    agent, boss = add_staff(office, {left.name: "agent"}), add_staff(office, {left.name: "manager"}, name="田中 一郎")
    customers(left, 5)
    notice_id = published(left)
    writer, second = sit_down(office, agent, left), sit_down(office, boss, left)
    writer.get(f"/notices/{notice_id}/mail")
    made = writer.submit({"reason": "工事の周知"}).location
    told = second.get(made).text
    assert "Works" in told
    assert "すべてのお客様" in told
    edit = f"/notices/{notice_id}/edit"
    writer.get(edit)
    assert second.submit({}, form="//form[contains(@action,'/confirm')]").status == 303
    assert batch(left, notice_id, 2)
    late = writer.submit({"title": "別のこと", "body": "だれも確認していない"})
    assert late.status == 409
    assert "メールで送信中です" in late.text
    while batch(left, notice_id, 2):
        pass
    assert left.run(lambda tx: _notice(tx, notice_id).title) == "工事"
    writer.get(edit)
    assert writer.submit({"title": "別のこと"}).status == 303, "what was sent can be put right in the portal"


@pytest.mark.parametrize("other", [{"starts_at": NOON + timedelta(days=1)}, {"ends_at": NOON - timedelta(hours=1)}])
def test_what_customers_cannot_read_is_not_sent(left: Portal, make_portal: MakePortal, other: dict[str, Any]) -> None:
    office = make_office(make_portal)
    client = sit_down(office, add_staff(office, {left.name: "agent"}), left)
    notice_id = published(left, **other)
    assert "/mail" not in client.get(f"/notices/{notice_id}").text
    assert client.get(f"/notices/{notice_id}/mail").status == 404
