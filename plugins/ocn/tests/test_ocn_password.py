"""認証パスワード変更: the rules, the three pages, the hour until the next change, the five minutes, and the line."""

from __future__ import annotations

import re
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from ocnkit import LOCAL, PASSWORD, Line, line, signed_in, try_login
from sqlalchemy import func, select

import mypage_ocn.plugin as ocn
from mypage.audit.models import AuditEntry
from mypage.auth import credentials, routes_base
from mypage.auth.change_models import PasswordChange
from mypage.auth.cleanup import cleanup
from mypage.auth.credentials import Change
from mypage.auth.errors import TooSoon
from mypage.auth.models import Credential, LoginCounter
from mypage.auth.password_changes import note_change
from mypage.auth.passwords import broken, check
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.forms.models import Draft
from mypage.hooks.passwords import PasswordPolicy
from mypage.hooks.provisioning import ProvisioningDone
from mypage.i18n import load_catalogue, read_po_folder
from mypage.orders.models import ProvisioningJob
from mypage.orders.outcomes import OutcomeHandlers, Outcomes
from mypage.orders.provisioning import Try, begin_try, note_done, note_failed
from mypage.testing.portal import HANG, Answer, MakePortal, Portal, PortalClient
from mypage.web.request import PortalRequest
from mypage.work.models import WorkItem
from mypage_ocn.login import DOMAINS, PASSWORDS, SYMBOLS
from mypage_ocn.names import ONLINE_CHANGE

NEW = "Yuki~26y"
OTHER = "Tsuki<3k"
WAIT = "パスワードは、変更したばかりです。次に変更できるのは{}以降です"
DEVICES = (
    "認証パスワードを変更された場合は、ネットワーク機器等に設定しているパスワード変更も必要となる場合がございます。"
    "あらかじめご確認をお願いいたします。"
)
EFFECTIVE = "新しい認証パスワードが有効となるまで、最大5分程度かかる場合があります。あらかじめご了承ください。"
ONE_HOUR = "パスワード変更後、約1時間、パスワードの変更は実施できません。"
JAPANESE = Path(__file__).parents[3] / "platform" / "mypage" / "i18n" / "locale" / "ja"
ASKED = {"provisioning": {"adapter": "webhook"}}


@pytest.fixture
def portal(make_portal: MakePortal) -> Portal:
    return make_portal("ocn", theme="ocn", plugins={"ocn": ocn})


def customer(portal: Portal) -> Line:
    return line(portal, contract={"features": [ONLINE_CHANGE]})


def enter(browser: PortalClient, new: str = NEW, again: str | None = None, present: str = PASSWORD) -> Answer:
    browser.get("/credentials")
    return browser.submit({"current": present, "password": new, "password_again": new if again is None else again})


def change(browser: PortalClient, new: str = NEW, present: str = PASSWORD) -> Answer:
    """All three pages."""
    entered = enter(browser, new, present=present)
    assert entered.status == 303, entered.errors
    browser.get(entered.location)
    return browser.submit({}, follow=True)


def counted(portal: Portal) -> int:
    wanted = select(func.coalesce(func.sum(LoginCounter.failures), 0)).where(
        LoginCounter.tenant_id == portal.name, LoginCounter.kind.in_(("account", "device"))
    )
    return portal.run(lambda tx: int(tx.scalars(wanted).one()))


def stored(portal: Portal) -> Credential:
    return portal.run(lambda tx: tx.scalars(select(Credential).where(Credential.tenant_id == tx.tenant)).one())


def kept(portal: Portal) -> PasswordChange | None:
    wanted = select(PasswordChange).where(PasswordChange.tenant_id == portal.name)
    return portal.run(lambda tx: tx.scalars(wanted).one_or_none())


def drafts(portal: Portal) -> list[Draft]:
    return portal.run(lambda tx: list(tx.scalars(select(Draft).where(Draft.tenant_id == tx.tenant))))


def policy_of(portal: Portal) -> PasswordPolicy:
    return portal.server.compiled.operators["ocn"].password_policies["line"]


@pytest.mark.req("OCN-16", "OCN-17", "OCN-18", "OCN-19", "OCN-20", "OCN-169")
def test_the_vectors_of_the_rules() -> None:
    """Each refused vector breaks the rule that it is there for, and no two rules say the same."""
    assert (len(SYMBOLS), len(set(SYMBOLS))) == (26, 26)
    assert set(SYMBOLS) | set('"#:@\\|') == {chr(c) for c in range(33, 127) if not chr(c).isalnum()}
    ja = load_catalogue("ja", read_po_folder(JAPANESE))
    for good in ("abc123", "ab!!!!", "ABcd~1", "abcdefg1", "ab{`}12", *(f"ab{sign}cde" for sign in SYMBOLS)):
        assert broken(check(PASSWORDS, good, t=ja)) == (), good
    refused = {
        "abc12": "length",
        "abcdefgh1": "length",
        "a12345": "letters",
        "abcdef": "digits_or_symbols",
        "123456": "letters",
        "!!!!11": "letters",
        **dict.fromkeys(("abc#12", 'abc"12', "abc:12", "abc@12", "abc|12", "abc\\12", "abc 12"), "characters"),
        **dict.fromkeys(("ａｂｃ１２３", "abc！12", "abc\t12", "abc\u00e912"), "characters"),
    }
    said: dict[str, str] = {}
    for bad, rule in refused.items():
        found = {result.code: result.text for result in broken(check(PASSWORDS, bad, t=ja))}
        assert rule in found, bad
        said |= {rule: found[rule].partition("（")[0]}
    assert len(set(said.values())) == len(said) == 4


@pytest.mark.req(
    "OCN-11",
    "OCN-12",
    "OCN-13",
    "OCN-50",
    "OCN-42",
    "OCN-43",
    "OCN-44",
    "OCN-45",
    "OCN-46",
    "OCN-47",
    "OCN-48",
    "OCN-184",
)
def test_the_first_page(portal: Portal) -> None:
    customer(portal)
    page = signed_in(portal).get("/credentials")
    assert page.texts("//h1") == ["認証パスワードの変更"]
    assert page.texts("//ol[@class='steps']/li") == ["STEP1入力", "STEP2確認", "STEP3完了"]
    assert page.texts("//ol[@class='steps']/li[@aria-current='step']") == ["STEP1入力"]
    in_order = (
        "本画面は認証パスワード変更のお申込みページです。",
        "セキュリティの観点からログインパスワードの定期的な変更を推奨しております。",
        "特に、初期パスワードをご利用のお客さまは、パスワードの変更を実施してください。",
        "【注意事項】",
        DEVICES,
        "認証パスワード入力",
        "認証パスワードをご入力ください。",
        "認証ID",
        "現在の認証パスワード",
        "新しい認証パスワード",
        "新しい認証パスワード(確認用)",
        "入力した内容でよろしければ「次へ」ボタンをクリックしてください。",
    )
    places = [page.text.index(words) for words in in_order]
    assert places == sorted(places)
    assert page.texts("//main//form//h2")[0] == "認証パスワード入力"
    assert page.texts("//main//form//h3") == ["認証パスワード"]
    assert page.texts("//main//form//dl/div") == [f"認証IDa12345678@{DOMAINS[0]}"]
    assert page.texts("//main//form//label") == [
        "現在の認証パスワード 必須",
        "新しい認証パスワード 必須",
        "新しい認証パスワード(確認用) 必須",
    ]
    assert page.all("//main//form//input[@type!='hidden']/@type") == ["password"] * 3
    assert page.texts("//main//form//button[@type='submit']") == ["次へ ▶▶"]
    assert page.texts("//main//form//a[contains(@class,'btn')]") == ["◀◀ TOPへ戻る"]
    assert page.all("//main//form//a[contains(@class,'btn')]/@href") == ["/home"]


@pytest.mark.req("OCN-16", "OCN-17", "OCN-18", "OCN-49", "OCN-56", "OCN-58", "OCN-169")
def test_the_notes_below_the_fields(portal: Portal) -> None:
    customer(portal)
    page = signed_in(portal).get("/credentials")
    assert page.texts("//main//form//*[contains(@class,'callout')]//li") == [
        "認証パスワードは6文字以上8文字以下の文字列にしてください。",
        "新しい認証パスワードは、2文字以上のアルファベットと1文字以上の数字、又は記号を用いて作成してください。",
        "認証パスワードに使用可能な文字は以下の通りです。〔A-Z〕〔a-z〕〔0-9〕!$%&'()*+,-./;<=>?[]^_{}`~",
        EFFECTIVE,
        ONE_HOUR,
    ]


@pytest.mark.req("OCN-21", "OCN-51")
@pytest.mark.parametrize(
    ("typed", "field", "says"),
    [
        ({"current": "Wrong12x"}, "current", "パスワードが正しくありません"),
        ({"current": ""}, "current", "現在の認証パスワードを入力してください"),
        ({"password": "abc12", "password_again": "abc12"}, "password", "6文字以上8文字以内"),
        ({"password": "abcdef", "password_again": "abcdef"}, "password", "数字または記号"),
        ({"password": "a12345", "password_again": "a12345"}, "password", "英字"),
        ({"password": "abc#12", "password_again": "abc#12"}, "password", "使えない文字"),
        ({"password": "ａｂｃ１２３", "password_again": "ａｂｃ１２３"}, "password", "使えない文字"),
        ({"password_again": "Yuki~26z"}, "password_again", "確認のためのパスワードが違います"),
        ({"password": PASSWORD, "password_again": PASSWORD}, "password", "現在のパスワードと異なる"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_all_three_are_emptied(
    portal: Portal, typed: dict[str, str], field: str, says: str
) -> None:
    customer(portal)
    before = stored(portal).password_hash
    browser = signed_in(portal)
    browser.get("/credentials")
    answer = browser.submit({"current": PASSWORD, "password": NEW, "password_again": NEW} | typed)
    assert answer.status == 422
    assert len(answer.errors) == 1
    assert says in answer.texts(f"//*[@id='{field}-e']")[0]
    assert answer.all("//main//input[@type='password']/@value") == []
    assert not any(value in answer.raw.text for value in (PASSWORD, NEW) if value)
    assert (drafts(portal), stored(portal).password_hash, kept(portal)) == ([], before, None)


@pytest.mark.req("OCN-51")
def test_a_wrong_present_password_counts_towards_the_lock(portal: Portal) -> None:
    customer(portal)
    browser = signed_in(portal)
    for _ in range(5):
        wrong = enter(browser, present="Wrong12x")
    locked = enter(browser)
    assert (locked.status, locked.errors) == (422, wrong.errors)
    portal.clock.at += timedelta(seconds=31)
    assert enter(browser).status == 303


@pytest.mark.req("OCN-52", "OCN-53", "OCN-54", "OCN-55", "OCN-184")
def test_the_confirm_page_shows_nothing_and_the_last_page_says_what_follows(portal: Portal) -> None:
    customer(portal)
    browser, elsewhere = signed_in(portal), signed_in(portal)
    entered = enter(browser)
    assert NEW not in entered.location
    confirm = browser.get(entered.location)
    assert confirm.texts("//h1") == ["認証パスワードの変更"]
    assert confirm.texts("//ol[@class='steps']/li[@aria-current='step']") == ["STEP2確認"]
    assert "パスワードを変更します。よろしければ、「登録」ボタンをクリックしてください。" in confirm.text
    assert confirm.texts("//main//*[contains(@class,'callout')]//li") == [ONE_HOUR, DEVICES]
    assert not any(secret in confirm.raw.text for secret in (NEW, NEW[:3], PASSWORD, "****", "●●", "argon2"))
    assert confirm.all("//main//table | //main//dl") == []
    assert confirm.texts("//main//form//button") == ["登録"]
    assert confirm.texts("//main//form//a[contains(@class,'btn')]") == ["◀ 戻る"]
    back = browser.get(confirm.all("//main//form//a[contains(@class,'btn')]/@href")[0])
    assert back.texts("//ol[@class='steps']/li[@aria-current='step']") == ["STEP1入力"]
    assert back.all("//main//input[@type='password']/@value") == []
    [draft] = drafts(portal)
    assert not any(secret in str(vars(draft)) for secret in (NEW, NEW[:3], "argon2"))
    assert draft.expires_at - draft.created_at == timedelta(minutes=10)
    done = browser.post("/credentials/confirm", confirm.form_values(), follow=True)
    assert done.texts("//h1") == ["認証パスワードの変更"]
    assert done.texts("//ol[@class='steps']/li[@aria-current='step']") == ["STEP3完了"]
    assert "認証パスワードの変更を受け付けました。" in done.text
    assert done.texts("//main//*[contains(@class,'callout')]//li") == [EFFECTIVE, ONE_HOUR, DEVICES]
    assert NEW not in done.raw.text
    assert drafts(portal) == []
    assert browser.get("/home").status == 200
    assert elsewhere.get("/home").location.startswith("/login")
    assert try_login(portal.client(), password=NEW).status == 303
    assert try_login(portal.client()).status == 422


@pytest.mark.req("OCN-54")
def test_the_second_step_needs_the_first_and_a_second_press_changes_nothing(portal: Portal) -> None:
    customer(portal)
    browser = signed_in(portal)
    before = stored(portal).password_hash
    assert browser.get("/credentials/confirm", follow=True).texts("//main//form//button") == ["次へ ▶▶"]
    assert browser.post("/credentials/confirm", {}).location == "/credentials"
    assert browser.post("/credentials/confirm", {"operation": str(uuid.uuid4())}).status == 409
    strange = enter(signed_in(portal)).location.partition("draft=")[2]
    assert browser.post("/credentials/confirm", {"operation": strange}).status == 409
    assert stored(portal).password_hash == before
    confirm = browser.get(enter(browser).location)
    values = confirm.form_values()
    first = browser.post("/credentials/confirm", values)
    page = browser.get(first.location)
    after = stored(portal)
    again = browser.post("/credentials/confirm", values | {"_csrf": browser.csrf})
    assert (first.status, again.status, again.location) == (303, 303, first.location)
    assert browser.get(again.location).text == page.text
    assert (stored(portal).password_hash, stored(portal).changed_at) == (after.password_hash, after.changed_at)
    portal.clock.at += timedelta(minutes=11)
    assert browser.post("/credentials/confirm", values | {"_csrf": browser.csrf}).location == first.location


@pytest.mark.req("OCN-56", "OCN-57", "OCN-169")
def test_the_next_change_is_possible_after_sixty_minutes_to_the_second(portal: Portal) -> None:
    customer(portal)
    portal.clock.at += timedelta(seconds=30)
    browser = signed_in(portal)
    browser.get("/credentials")
    change(browser)
    changed = portal.clock.at
    says = [WAIT.format("2026年11月21日 13:01")]
    opened = browser.get("/credentials")
    assert (opened.status, opened.texts("//main//*[@role='alert']")) == (200, says)
    assert opened.all("//main//form | //main//input[@type='password']") == []
    typed = {"current": NEW, "password": OTHER, "password_again": OTHER}
    onward = browser.post("/credentials", typed)
    assert (onward.status, onward.texts("//main//*[@role='alert']")) == (422, says)
    browser.post("/logout", {})
    portal.clock.at = changed + timedelta(minutes=59, seconds=59)
    late = signed_in(portal, password=NEW)
    assert late.get("/credentials").texts("//main//*[@role='alert']") == says
    assert late.post("/credentials", typed).status == 422
    portal.clock.at += timedelta(seconds=1)
    assert change(late, OTHER, NEW).status == 200
    assert try_login(portal.client(), password=OTHER).status == 303


@pytest.mark.req("OCN-57")
def test_the_hour_is_looked_at_once_more_when_the_change_is_made(portal: Portal) -> None:
    """A draft of before another change that was made meanwhile."""
    customer(portal)
    browser = signed_in(portal)
    browser.get(enter(browser).location)
    before = stored(portal)
    portal.run(lambda tx: note_change(tx, policy_of(portal), before.id, before.password_hash))
    refused = browser.submit({})
    assert refused.status == 422
    assert refused.texts("//main//*[@role='alert']") == [WAIT.format("2026年11月21日 13:00")]
    assert (drafts(portal), stored(portal).password_hash) == ([], before.password_hash)


@pytest.mark.req("OCN-57")
def test_what_fails_starts_no_hour_and_neither_does_an_import(portal: Portal) -> None:
    customer(portal)
    browser = signed_in(portal)
    assert enter(browser, present="Wrong12x").status == 422
    assert enter(browser, "abc").status == 422
    assert enter(browser).status == 303
    assert kept(portal) is None
    assert change(browser).status == 200


@pytest.mark.req("OCN-57")
def test_of_two_changes_side_by_side_one_is_made(portal: Portal) -> None:
    customer(portal)
    own, vault, policy = stored(portal).id, portal.server.ports.get(Vault), policy_of(portal)
    locked, outcomes = threading.Event(), list[str]()

    def make(tx: Tx, hashed: str) -> None:
        wanted = Change(credential_id=own, password_hash=hashed)
        credentials.change_own(tx, vault, policy, wanted, keep=None, language="ja")

    def first(tx: Tx) -> None:
        credentials.lock_credential(tx, own)
        locked.set()
        make(tx, "first")

    def second() -> None:
        locked.wait(HANG)
        try:
            portal.run(lambda tx: make(tx, "second"))
        except TooSoon as error:
            outcomes.append(f"{error.at - portal.clock.at}")

    waiting = threading.Thread(target=second)
    waiting.start()
    portal.run(first)
    waiting.join(HANG)
    assert outcomes == ["1:00:00"]
    assert stored(portal).password_hash == "first"


@pytest.mark.req("OCN-54", "OCN-57")
def test_two_browsers_that_press_at_once_make_one_change(portal: Portal) -> None:
    customer(portal)
    ready = []
    for password in (NEW, OTHER):
        browser = signed_in(portal)
        ready.append((browser, browser.get(enter(browser, password).location).form_values()))
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda each: each[0].post("/credentials/confirm", each[1]), ready))
    made = [answer.location.startswith("/credentials/done") for answer in answers]
    assert sorted(made) == [False, True]
    opens = [try_login(portal.client(), password=password).status == 303 for password in (NEW, OTHER)]
    assert opens == made


@pytest.mark.req("OCN-55", "OCN-58", "OCN-59")
def test_for_five_minutes_neither_password_counts_towards_the_lock(portal: Portal) -> None:
    customer(portal)
    change(signed_in(portal))
    wrong = try_login(portal.client(), "nobody0001").errors
    for _ in range(8):
        former = try_login(portal.client())
        assert (former.status, former.errors) == (422, wrong)
        assert counted(portal) == 1  # nobody0001
    assert try_login(portal.client(), password=NEW).status == 303
    for _ in range(4):
        assert try_login(portal.client(), password="Wrong12x").status == 422
        assert try_login(portal.client()).status == 422
    assert counted(portal) == 5
    assert try_login(portal.client(), password="Wrong12x").status == 422
    assert try_login(portal.client(), password=NEW).errors == wrong
    portal.clock.at += timedelta(minutes=5)
    assert try_login(portal.client()).status == 422
    assert counted(portal) == 7
    trail = select(func.count()).where(AuditEntry.tenant_id == portal.name, AuditEntry.action == "login.former")
    assert portal.run(lambda tx: tx.scalars(trail).one()) == 12


@pytest.mark.req("OCN-09", "OCN-59")
def test_all_that_fails_takes_as_many_comparisons(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody's ID, a wrong password, the former one, and a locked ID, with and without a change just now."""
    customer(portal)
    line(portal, "quiet00001", number="N2")
    change(signed_in(portal))
    done: list[bool] = []
    real = routes_base.matches

    async def watched(rq: PortalRequest, encoded: str | None, password: str) -> bool:
        done.append(encoded is not None)
        return await real(rq, encoded, password)

    monkeypatch.setattr(routes_base, "matches", watched)

    def comparisons(local: str, password: str) -> int:
        done.clear()
        try_login(portal.client(), local, password)
        return len(done)

    wrong = "Wrong12x"
    tries = [("nobody0001", wrong), ("quiet00001", wrong), (LOCAL, wrong), (LOCAL, PASSWORD), *[(LOCAL, wrong)] * 6]
    assert {comparisons(*each) for each in tries} == {2}
    assert not any(done), "it is locked by now"
    assert comparisons("quiet00001", PASSWORD) == 1


@pytest.mark.req("OCN-59")
def test_the_former_password_is_not_counted_where_it_is_asked_again(portal: Portal) -> None:
    customer(portal)
    browser = signed_in(portal)
    change(browser)
    for _ in range(7):
        browser.get("/reauth")
        assert browser.submit({"password": PASSWORD}).status == 422
    browser.get("/reauth")
    assert browser.submit({"password": NEW}).status == 303


@pytest.mark.req("OCN-58", "OCN-59")
def test_the_former_password_is_wiped_when_its_time_is_over(portal: Portal) -> None:
    customer(portal)
    before = stored(portal).password_hash
    change(signed_in(portal))
    found = kept(portal)
    assert found is not None
    assert (found.former_hash, found.former_until) == (before, portal.clock.at + timedelta(minutes=5))
    portal.clock.at += timedelta(minutes=5) - timedelta(seconds=1)
    portal.run(cleanup)
    assert kept(portal).former_hash == before  # type: ignore[union-attr]
    portal.clock.at += timedelta(seconds=1)
    portal.run(cleanup)
    assert kept(portal).former_hash is None  # type: ignore[union-attr]
    portal.clock.at += timedelta(minutes=55)
    portal.run(cleanup)
    assert kept(portal) is None


def job_of(portal: Portal) -> ProvisioningJob:
    return portal.run(
        lambda tx: tx.scalars(select(ProvisioningJob).where(ProvisioningJob.tenant_id == tx.tenant)).one()
    )


def outcomes_of(portal: Portal) -> Outcomes:
    vault = portal.server.ports.get(Vault)
    return portal.server.ports.get(OutcomeHandlers).of(portal.server.compiled.operators["ocn"], vault)


@pytest.mark.req("OCN-58")
def test_without_another_system_the_line_is_done_with_the_change(portal: Portal) -> None:
    own = customer(portal)
    change(signed_in(portal))
    job = job_of(portal)
    assert (job.state, job.action, job.product, job.subject) == ("done", "change", "auth-password", own.login_id)
    assert (job.concerns, job.concerns_id, job.secret_sealed) == ("credential", stored(portal).id, None)


@pytest.mark.req("OCN-55", "OCN-58")
def test_another_system_is_handed_the_password_sealed_until_it_is_sent(make_portal: MakePortal) -> None:
    portal = make_portal("ocn", plugins={"ocn": ocn}, extensions=ASKED)
    customer(portal)
    browser = signed_in(portal)
    change(browser)
    job, vault = job_of(portal), portal.server.ports.get(Vault)
    assert job.state == "waiting"
    assert NEW.encode() not in bytes(job.secret_sealed or b"")
    assert try_login(portal.client(), password=NEW).status == 303
    tried = portal.run(lambda tx: begin_try(tx, job.id, vault))
    assert isinstance(tried, Try)
    assert (tried.task.secret, NEW in repr(tried.task)) == (NEW, False)
    portal.run(lambda tx: note_done(tx, vault, job.id, ProvisioningDone(), outcomes_of(portal)))
    assert (job_of(portal).state, job_of(portal).secret_sealed) == ("done", None)
    trail = portal.run(lambda tx: [str(vars(e)) for e in tx.scalars(select(AuditEntry).filter_by(tenant_id=tx.tenant))])
    assert trail
    assert not any(NEW in entry for entry in trail)
    assert browser.get("/credentials").all("//main//*[@role='alert']")


@pytest.mark.req("OCN-57", "OCN-58")
def test_what_the_other_system_declines_reaches_staff_and_may_be_changed_anew_at_once(make_portal: MakePortal) -> None:
    portal = make_portal("ocn", plugins={"ocn": ocn}, extensions=ASKED)
    customer(portal)
    browser = signed_in(portal)
    change(browser)
    job = job_of(portal)
    portal.run(lambda tx: note_failed(tx, job.id, "no such line", outcomes=outcomes_of(portal)))
    assert (job_of(portal).state, job_of(portal).secret_sealed) == ("failed", None)
    waiting = portal.run(lambda tx: tx.scalars(select(WorkItem).where(WorkItem.tenant_id == tx.tenant)).one())
    assert (waiting.kind, waiting.subject_id, waiting.title) == ("failure", job.id, "change auth-password")
    operator = portal.server.compiled.operators["ocn"]
    assert [operator.called(code) for code in ("auth-password", "other")] == ["認証パスワード", "other"]
    assert change(browser, OTHER, NEW).status == 200


@pytest.mark.req("OCN-49", "OCN-50", "OCN-52", "OCN-55")
def test_the_pages_in_english(make_portal: MakePortal) -> None:
    portal = make_portal("ocn", plugins={"ocn": ocn}, locale="en")
    customer(portal)
    browser = signed_in(portal)
    pages = [browser.get("/credentials")]
    pages.append(browser.get(enter(browser).location))
    pages.append(browser.submit({}, follow=True))
    pages.append(browser.get("/credentials"))
    for page in pages:
        assert re.search("[\u3040-\u30ff\u4e00-\u9fff]", page.text) is None, page.text
    assert "It can be changed again from Nov 21, 2026 13:00 on" in pages[3].text
