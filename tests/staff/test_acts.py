"""Acts for a customer: a reason, what will happen to whom, done once; foreign and missing are the same."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from mypage.audit.models import AuditEntry
from mypage.auth.factors.models import SecondFactor
from mypage.auth.models import Account, Credential, Customer, LoginCounter, LoginSession, MailLink
from mypage.auth.sessions import open_session
from mypage.auth.throttle import admit, device_target, login_target
from mypage.contracts.models import Contract
from mypage.contracts.papers import paper_running
from mypage.db.session import Tx
from mypage.mail.models import MailMessage
from mypage.mail.service import mark_failed
from mypage.testing.portal import Answer, MakePortal, Portal, PortalClient
from portal_rows import Person, add_person, operator_of
from staff_rows import Staff, add_staff, sit_down

REASON = "本人から電話、生年月日を確認"
NAME = "青森 太郎 (1000001)"


def path(person: Person, act: str) -> str:
    return f"/customers/{person.customer_id}/{act}"


def go_on(desk: PortalClient, person: Person, act: str, **typed: str) -> Answer:
    """Fill in the form of an act; the confirm page, or the form again with messages."""
    assert desk.get(path(person, act)).status == 200
    values = desk.last.form_values("//main//form[.//*[@name='reason']]") if desk.last else {}
    answer = desk.post(path(person, act), {"reason": REASON} | values | {"reason": REASON} | typed)
    return desk.get(answer.location) if answer.status == 303 else answer


def commit(desk: PortalClient, person: Person, act: str) -> Answer:
    """Press the button of the confirm page."""
    assert desk.last is not None
    return desk.post(path(person, act), desk.last.form_values("//main//form[@method='post']"), follow=True)


def trail(here: Portal, action: str) -> list[AuditEntry]:
    def work(tx: Tx) -> list[AuditEntry]:
        found = tx.scalars(
            select(AuditEntry).where(AuditEntry.tenant_id == tx.tenant, AuditEntry.action == action)
        ).all()
        tx.expunge_all()
        return list(found)

    return here.run(work)


def audited(here: Portal, action: str, person: Person, agent: Staff) -> AuditEntry:
    """The one entry of an act: of whom, by whom, why."""
    (entry,) = trail(here, action)
    assert (entry.customer_id, entry.actor_kind, entry.actor) == (person.customer_id, "staff", str(agent.account_id))
    assert (entry.after or {})["reason"] == REASON
    return entry


def mails(here: Portal, template: str) -> list[str]:
    return here.run(
        lambda tx: list(
            tx.scalars(
                select(MailMessage.recipient)
                .where(MailMessage.tenant_id == tx.tenant, MailMessage.template == template)
                .order_by(MailMessage.recipient)
            )
        )
    )


def credential_of(here: Portal, person: Person) -> tuple[uuid.UUID, str]:
    def work(tx: Tx) -> tuple[uuid.UUID, str]:
        row = tx.scalars(
            select(Credential).where(Credential.tenant_id == tx.tenant, Credential.account_id == person.account_id)
        ).one()
        return row.id, row.login_key

    return here.run(work)


def lock(here: Portal, person: Person, *, device: bool = False) -> None:
    credential_id, key = credential_of(here, person)
    policy = operator_of(here).throttle
    target = device_target(credential_id, "mine") if device else login_target(person.scheme, key, "192.0.2.1")
    here.run(lambda tx: [admit(tx, policy, target) for _ in range(policy.free)])


def counters(here: Portal) -> list[str]:
    return here.run(lambda tx: sorted(tx.scalars(select(LoginCounter.kind).where(LoginCounter.tenant_id == tx.tenant))))


ACTS = ("unlock", "reset-link", "sessions", "second-step", "contact", "papers", "papers/settle", "mails/again")


@pytest.mark.parametrize("act", [*ACTS, "mails", "secrets"])
def test_a_customer_of_another_tenant_is_no_customer(
    make_portal: MakePortal, desk: PortalClient, person: Person, act: str
) -> None:
    other = make_portal("actv")
    stranger = add_person(other, "2000002")
    assert desk.get(path(person, act)).status == 200
    for wrong in (stranger, Person(uuid.uuid4(), uuid.uuid4(), "x")):
        assert desk.get(path(wrong, act)).status == 404
        if act not in ("mails", "secrets"):
            assert desk.post(path(wrong, act), {"reason": REASON}).status == 404


@pytest.mark.parametrize("act", ACTS)
def test_bad_input_is_told_and_kept(desk: PortalClient, person: Person, act: str) -> None:
    for reason in ("", "short", "x" * 501, "a\0b" * 5):
        desk.get(path(person, act))
        answer = desk.post(path(person, act), {"reason": reason, "login": "nothing", "mail": "x", "about": "y"})
        assert answer.status == 422
    desk.get(path(person, act))
    assert desk.post(path(person, act), {"operation": str(uuid.uuid4())}).status == 409
    assert desk.post(path(person, act), {"operation": "nonsense"}).status == 409


def test_a_login_is_unlocked_once_and_the_trail_says_why(
    here: Portal, desk: PortalClient, person: Person, agent: Staff
) -> None:
    lock(here, person)
    lock(here, person, device=True)
    page = desk.get(path(person, "unlock"))
    assert "2026年11月21日 12:00から2026年11月21日 12:00まで" in page.text
    assert "青森 太郎 (1000001)" in page.text
    confirm = go_on(desk, person, "unlock")
    assert NAME in confirm.text
    assert REASON in confirm.text
    assert counters(here) == ["account", "device", "network", "tenant"], "nothing happens before the press"
    form = confirm.form_values("//main//form[@method='post']")
    done = commit(desk, person, "unlock")
    assert NAME in done.text
    assert counters(here) == ["network", "tenant"]
    entry = audited(here, "login.unlocked", person, agent)
    assert (entry.after or {})["locks"] == 2
    again = desk.post(path(person, "unlock"), form, follow=True)
    assert again.text == done.text
    assert len(trail(here, "login.unlocked")) == 1


def test_what_changed_meanwhile_is_shown_once_more(here: Portal, desk: PortalClient, person: Person) -> None:
    go_on(desk, person, "unlock")
    lock(here, person)
    seen = commit(desk, person, "unlock")
    assert trail(here, "login.unlocked") == []
    assert seen.all("//input[@name='operation']")
    commit(desk, person, "unlock")
    assert len(trail(here, "login.unlocked")) == 1


def test_a_draft_of_one_customer_opens_nothing_at_another(here: Portal, desk: PortalClient, person: Person) -> None:
    other = add_person(here, "1000002", name="津軽 次郎")
    confirm = go_on(desk, person, "unlock")
    form = confirm.form_values("//main//form[@method='post']")
    assert desk.post(path(other, "unlock"), form).status == 409
    assert desk.post(path(person, "second-step"), form).status == 409
    assert trail(here, "login.unlocked") == []


def test_another_members_confirm_page_is_not_ones_own(
    here: Portal, office: Portal, desk: PortalClient, person: Person
) -> None:
    confirm = go_on(desk, person, "unlock")
    form = confirm.form_values("//main//form[@method='post']")
    second = sit_down(office, add_staff(office, {here.name: "agent"}), here)
    second.get(path(person, "unlock"))
    form["_csrf"] = second.csrf
    assert second.post(path(person, "unlock"), form).status == 409


def test_a_link_goes_to_the_registered_address_alone(
    here: Portal, desk: PortalClient, person: Person, agent: Staff
) -> None:
    confirm = go_on(desk, person, "reset-link", email="thief@example.net", address="thief@example.net")
    assert "t•••@example.jp" in confirm.text
    assert "taro@example.jp" not in confirm.raw.text
    done = commit(desk, person, "reset-link")
    assert "t•••@example.jp" in done.text
    assert mails(here, "password_reset") == ["taro@example.jp"]
    audited(here, "password.reset_by_support", person, agent)
    links = here.run(lambda tx: tx.scalars(select(MailLink.address).where(MailLink.tenant_id == tx.tenant)).all())
    assert links == ["taro@example.jp"]


@pytest.mark.parametrize("case", ["no-address", "suspended", "many"])
def test_no_link_where_none_can_go(here: Portal, desk: PortalClient, person: Person, case: str) -> None:
    def work(tx: Tx) -> None:
        account = tx.get_one(Account, (tx.tenant, person.account_id))
        if case == "no-address":
            account.email = ""
        elif case == "suspended":
            account.status = "suspended"

    here.run(work)
    if case == "many":
        for _ in range(5):
            go_on(desk, person, "reset-link")
            commit(desk, person, "reset-link")
    before = len(mails(here, "password_reset"))
    page = desk.get(path(person, "reset-link"))
    assert not page.all("//main//form")
    assert "リンクは送れません" in page.text
    assert desk.post(path(person, "reset-link"), {"reason": REASON, "login": "x"}).status == 422
    assert len(mails(here, "password_reset")) == before


def test_no_link_where_the_operator_has_none(make_portal: MakePortal, office: Portal) -> None:
    here = make_portal("ucom")
    operator = operator_of(here)
    assert not any(rules.kind == "password" for rules in operator.recoveries.values()), "else this shows nothing"
    person = add_person(here, role=next(iter(operator.permissions.roles)))
    desk = sit_down(office, add_staff(office, {here.name: "agent"}), here)
    page = desk.get(path(person, "reset-link"))
    assert not page.all("//main//form")
    assert "パスワードを再設定するページがありません" in page.text


def test_sessions_end(here: Portal, desk: PortalClient, person: Person, agent: Staff) -> None:
    assert "開いているログインはありません" in desk.get(path(person, "sessions")).text
    for _ in range(2):
        here.run(lambda tx: open_session(tx, operator_of(here), person.account_id, person.scheme, device="t"))
    confirm = go_on(desk, person, "sessions")
    assert NAME in confirm.text
    commit(desk, person, "sessions")
    left = here.run(lambda tx: tx.scalars(select(LoginSession).where(LoginSession.tenant_id == tx.tenant)).all())
    assert left == []
    assert (audited(here, "sessions.ended_by_support", person, agent).after or {})["ended"] == 2


def test_the_second_step_is_removed_and_the_mail_tells(
    here: Portal, desk: PortalClient, person: Person, agent: Staff
) -> None:
    here.run(
        lambda tx: tx.add(
            SecondFactor(
                tenant_id=tx.tenant, account_id=person.account_id, kind="totp", name="携帯", created_at=tx.now()
            )
        )
    )
    confirm = go_on(desk, person, "second-step")
    assert "携帯" in confirm.text
    commit(desk, person, "second-step")
    gone = here.run(lambda tx: tx.scalars(select(SecondFactor).where(SecondFactor.tenant_id == tx.tenant)).all())
    assert gone == []
    assert mails(here, "second_factor_changed") == ["taro@example.jp"]
    audited(here, "factor.removed_by_support", person, agent)


def test_contact_data_are_corrected_with_before_and_after(
    here: Portal, desk: PortalClient, person: Person, agent: Staff
) -> None:
    def known(tx: Tx) -> None:
        row = tx.get_one(Customer, (tx.tenant, person.customer_id))
        row.email, row.phone, row.address = "taro@example.jp", "000-0000-0001", "青森市"

    here.run(known)
    wrong = go_on(desk, person, "contact", email="no address", phone="abc")
    assert wrong.status == 422
    assert wrong.form_values("//main//form")["email"] == "no address"
    assert go_on(desk, person, "contact").status == 422, "nothing differs"
    assert go_on(desk, person, "contact", email="new@example.jp").status == 200, "what is stored already may stay"
    confirm = go_on(desk, person, "contact", email="new@example.jp", phone="０１７－７２２－０００２")
    assert "taro@example.jp" in confirm.text
    assert "new@example.jp" in confirm.text
    done = commit(desk, person, "contact")
    assert NAME in done.text
    assert mails(here, "profile_changed") == ["new@example.jp", "taro@example.jp"]
    entry = audited(here, "profile.corrected", person, agent)
    assert entry.before == {"phone": "000-0000-0001", "email": "taro@example.jp"}
    assert entry.after == {"phone": "017-722-0002", "email": "new@example.jp", "reason": REASON}
    account = here.run(lambda tx: tx.get_one(Account, (tx.tenant, person.account_id)).email)
    assert account == "new@example.jp"


def test_a_postal_code_is_no_secret_of_the_trail(
    here: Portal, desk: PortalClient, person: Person, agent: Staff
) -> None:
    go_on(desk, person, "contact", postal_code="030-0801")
    commit(desk, person, "contact")
    assert (audited(here, "profile.corrected", person, agent).after or {})["postal_code"] == "030-0801"


def test_a_link_brings_no_text_into_a_form(desk: PortalClient, person: Person) -> None:
    page = desk.get(path(person, "contact") + "?email=thief@example.net&reason=0123456789")
    assert page.status == 200
    assert "thief" not in page.text
    assert "0123456789" not in page.text


def test_an_address_that_only_the_account_has_is_corrected(here: Portal, desk: PortalClient, person: Person) -> None:
    field = f"account-{person.account_id.hex}"
    confirm = go_on(desk, person, "contact", **{field: "new@example.jp"})
    assert "taro@example.jp" in confirm.text
    commit(desk, person, "contact")
    assert here.run(lambda tx: tx.get_one(Account, (tx.tenant, person.account_id)).email) == "new@example.jp"
    assert mails(here, "profile_changed") == ["new@example.jp", "taro@example.jp"]


def failed_mail(here: Portal, person: Person, template: str, values: dict[str, Any]) -> uuid.UUID:
    from mypage.db.keys import Vault
    from mypage.mail.service import send_mail

    vault = Vault(here.server.keyring)

    def work(tx: Tx) -> uuid.UUID:
        mail_id = send_mail(
            tx,
            vault,
            template=template,
            recipient="old@example.jp",
            language="ja",
            values=values,
            subject_id=person.account_id,
        )
        tx.flush()
        mark_failed(tx, mail_id, "550 old@example.jp is unknown")
        return mail_id

    return here.run(work)


def test_a_failed_mail_is_sent_again_where_it_may_go(
    here: Portal, desk: PortalClient, person: Person, agent: Staff
) -> None:
    follows = failed_mail(here, person, "card_accepted", {"card": "VISA", "decided_at": here.clock.now(), "pays": True})
    stays = failed_mail(here, person, "profile_changed", {"changed": "電話", "changed_at": here.clock.now()})
    page = desk.get(path(person, "mails"))
    assert "o•••@example.jp is unknown" in page.text
    assert "old@example.jp" not in page.raw.text
    for mail_id in (follows, stays):
        go_on(desk, person, "mails/again", mail=str(mail_id))
        commit(desk, person, "mails/again")
    rows = here.run(
        lambda tx: {
            row.id: (row.state, row.recipient)
            for row in tx.scalars(select(MailMessage).where(MailMessage.tenant_id == tx.tenant))
        }
    )
    assert rows == {follows: ("queued", "taro@example.jp"), stays: ("queued", "old@example.jp")}
    assert {(entry.after or {})["reason"] for entry in trail(here, "mail.sent_again")} == {REASON}
    assert not desk.get(path(person, "mails/again")).all("//main//form"), "both are on their way"


def test_what_was_sent_is_made_anew_or_honestly_not(here: Portal, desk: PortalClient, person: Person) -> None:
    go_on(desk, person, "reset-link")
    commit(desk, person, "reset-link")

    def sent(tx: Tx) -> None:
        for row in tx.scalars(select(MailMessage).where(MailMessage.tenant_id == tx.tenant)):
            row.state, row.sealed, row.sent_at = "sent", None, tx.now()
            tx.add(
                MailMessage(
                    tenant_id=tx.tenant,
                    template="profile_changed",
                    recipient="taro@example.jp",
                    language="ja",
                    message_id="x",
                    state="sent",
                    subject_id=person.account_id,
                    created_at=tx.now() - timedelta(days=1),
                )
            )

    here.run(sent)
    page = desk.get(path(person, "mails"))
    assert page.text.count("作り直して送る") == 1
    assert "内容は残っていません" in page.text
    go_on(desk, person, "mails/again")
    commit(desk, person, "mails/again")
    assert mails(here, "password_reset") == ["taro@example.jp"] * 2


def add_contract(here: Portal, person: Person, *, number: str = "K-1", status: str = "active") -> uuid.UUID:
    contract_id = uuid.uuid4()
    here.run(
        lambda tx: tx.add(
            Contract(
                tenant_id=tx.tenant,
                id=contract_id,
                customer_id=person.customer_id,
                number=number,
                number_key=number,
                name="光1ギガ",
                status=status,
            )
        )
    )
    return contract_id


def test_a_paper_application_runs_until_it_is_settled(
    here: Portal, desk: PortalClient, person: Person, agent: Staff
) -> None:
    contract_id = add_contract(here, person)
    over = add_contract(here, person, number="K-0", status="terminated")
    about = {"about": f"c{contract_id.hex}", "kind": "cancel"}
    for wrong in (
        {"about": f"c{over.hex}"},
        {"about": f"c{uuid.uuid4().hex}"},
        {"kind": "nothing"},
        {"since": "someday"},
        {"since": "2026-11-22"},
        {"until": "2026-11-01"},
        {"note": "x" * 201},
    ):
        assert go_on(desk, person, "papers", **(about | wrong)).status == 422, wrong
    confirm = go_on(desk, person, "papers", **about, since="2026/11/20", until="2026-12-10", note="郵送で受領")
    assert "ご解約（ご契約 K-1 光1ギガ）" in confirm.text
    assert "オンラインで購入・解約ができません" in confirm.text
    commit(desk, person, "papers")
    entry = audited(here, "paper.noted", person, agent)
    assert (entry.after or {})["kind"] == "cancel"
    assert here.run(lambda tx: paper_running(tx, contract_id, "cancel"))
    assert "2026年11月20日から手続き中（期限 2026年12月10日）" in desk.get(f"/customers/{person.customer_id}").text
    assert go_on(desk, person, "papers", **about).status == 422, "one of a kind runs at a time"
    assert go_on(desk, person, "papers", **(about | {"about": f"a{person.account_id.hex}"})).status == 200
    confirm = go_on(desk, person, "papers/settle", outcome="done")
    assert NAME in confirm.text
    commit(desk, person, "papers/settle")
    assert (audited(here, "paper.settled", person, agent).after or {})["outcome"] == "done"
    assert not here.run(lambda tx: paper_running(tx, contract_id, "cancel"))
    assert not desk.get(path(person, "papers/settle")).all("//main//form")


def test_a_login_of_another_customer_or_a_closed_one_is_refused(
    here: Portal, desk: PortalClient, person: Person
) -> None:
    other = add_person(here, "1000002", name="津軽 次郎")
    theirs, _ = credential_of(here, other)
    mine, _ = credential_of(here, person)
    for act in ("unlock", "reset-link"):
        assert go_on(desk, person, act, login=str(theirs)).status == 422
    confirm = go_on(desk, person, "unlock")
    assert confirm.status == 200

    def close(tx: Tx) -> None:
        tx.get_one(Account, (tx.tenant, person.account_id)).status = "closed"

    here.run(close)
    refused = commit(desk, person, "unlock")
    assert refused.status == 422
    assert trail(here, "login.unlocked") == []
    for act in ("unlock", "reset-link", "sessions", "second-step"):
        page = desk.get(path(person, act))
        assert not page.all("//main//form")
        assert desk.post(path(person, act), {"reason": REASON, "login": str(mine)}).status == 422
