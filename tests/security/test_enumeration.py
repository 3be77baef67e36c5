"""T8: an answer does not tell whether somebody is a customer: same status, same text, same work, same time.

A push compares the work (hashes computed, statements run, mails written), which no busy machine can blur, and prints
the times. `MYPAGE_RING_SIZE` multiplies the samples; from 2,000 a class on (size 100) the times are judged as well.
"""

from __future__ import annotations

import hashlib
import re
import statistics
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import argon2
import pytest
from attackkit import CSRF, Browser, Oracle, Seen
from racekit import SEED, SIZE, Compared, dice, fresh, member, visitor, watch_hashes
from sqlalchemy import event
from sqlalchemy.engine import Engine

from auth.authkit import CODE, EMAIL, PASSWORD, SCHEME, Kit
from mypage.auth import captcha
from mypage.auth.hashing import LegacyKind, PasswordHasher
from mypage.auth.routes_recovery import SLOWEST
from mypage.testing.portal import Portal

SAMPLES = 20 * SIZE
JUDGED = 2_000
WRONG = "Chigau2026"
TOKENS = re.compile(r'(name="(?:_csrf|captcha_token|operation)" value="|captcha/)[^"]+')


@pytest.fixture
def here(place: Callable[..., Portal]) -> Portal:
    return place()


@contextmanager
def statements() -> Iterator[list[str]]:
    """What is sent to the database meanwhile."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def told(seen: Seen, *typed: str) -> tuple[Any, ...]:
    """All of an answer that could tell something: status, names of headers, length, text without tokens.

    What was typed is taken out where it is a whole value: four digits of a captcha may stand in a telephone number.
    """
    text = TOKENS.sub(r"\1", seen.text)
    for each in typed:
        text = text.replace(f'"{each}"', '""')
    location = seen.header("location")
    return seen.status, location, tuple(sorted(name for name, _ in seen.headers)), len(text), text


def locked(here: Portal, oracle: Oracle, kind: str, browser: Browser, path: str, form: dict[str, str]) -> None:
    """Use up the tries of one key."""
    for number in range(5):
        door = visitor(here, peer=f"203.0.113.{100 + number}")
        here.wait(door.send("POST", path, form=form))


Form = dict[str, str]


def login_classes(here: Portal, oracle: Oracle) -> dict[str, Form]:
    """Login IDs of every state, each with a wrong password."""
    kit, hasher = Kit(here), here.server.hasher
    real, digest = hasher.hash(PASSWORD), hashlib.md5(PASSWORD.encode(), usedforsecurity=False).hexdigest()
    names = {state: fresh() for state in ("exists", "missing", "legacy", "no password", "suspended", "locked")}
    member(kit, names["exists"], password_hash=real)
    member(kit, names["legacy"], password_hash=hasher.wrap_legacy(LegacyKind.MD5, digest))
    member(kit, names["no password"], password_hash=real)
    member(kit, names["suspended"], password_hash=real, status="suspended")
    member(kit, names["locked"], password_hash=real)
    oracle.change("UPDATE credential SET password_hash = NULL WHERE login_key = %s", names["no password"])
    names["locked missing"] = fresh()
    return {state: {"login": name, "password": WRONG} for state, name in names.items()}


def forget(here: Portal, oracle: Oracle, *, but: str = "") -> None:
    """No counter but the waiting ones of `but` remembers anything."""
    oracle.change(
        "DELETE FROM login_counter WHERE tenant_id = %s AND (kind <> %s OR blocked_until IS NULL)", here.name, but
    )


def auc(some: Sequence[float], others: Sequence[float]) -> float:
    """How well times tell two classes apart: 0.5 not at all, 1 always."""
    ranked = sorted([(value, 0) for value in some] + [(value, 1) for value in others])
    ranks = sum(rank for rank, (_, which) in enumerate(ranked, 1) if which == 0)
    found = (ranks - len(some) * (len(some) + 1) / 2) / (len(some) * len(others))
    return max(found, 1 - found)


def test_login_tells_nothing_by_answer_or_work(
    here: Portal, oracle: Oracle, monkeypatch: pytest.MonkeyPatch, figure: Callable[[str], None]
) -> None:
    classes = login_classes(here, oracle)
    for state in ("locked", "locked missing"):
        locked(here, oracle, "account", visitor(here), "/login", classes[state])
    hashes = watch_hashes(here, monkeypatch)
    answers, work = {}, {}
    for state, form in classes.items():
        forget(here, oracle, but="account")
        answers[state], work[state] = measured(here, oracle, hashes, visitor(here), "/login", form)
    assert len({told(seen, classes[state]["login"]) for state, seen in answers.items()}) == 1
    assert answers["exists"].status == 422
    free = {work[state] for state in classes if not state.startswith("locked")}
    assert len(free) == 1, work
    assert work["locked"] == work["locked missing"]
    assert {each[0] for each in work.values()} == {1}
    figure(
        f"T8 login: {len(classes)} classes, 1 answer; hashes, statements, mails: {work['exists'][0]}, {len(work['exists'][1])}, 0"
    )


def measured(
    here: Portal, oracle: Oracle, hashes: Compared, browser: Browser, path: str, form: Form
) -> tuple[Seen, tuple[int, tuple[str, ...], int]]:
    """An answer, and the hashes, statements and mails that it took."""
    before, mails = hashes.all, mail_count(oracle, here)
    with statements() as seen:
        answer = here.wait(browser.send("POST", path, form=form))
    return answer, (hashes.all - before, tuple(seen), mail_count(oracle, here) - mails)


def mail_count(oracle: Oracle, here: Portal) -> int:
    """Mails of the tenant."""
    return int(oracle.fetch("SELECT count(*) FROM mail_message WHERE tenant_id = %s", here.name)[0][0])


def test_registration_tells_nothing_by_answer_or_work(
    here: Portal, oracle: Oracle, monkeypatch: pytest.MonkeyPatch, figure: Callable[[str], None]
) -> None:
    """Wrong codes for customer numbers of every state: with a letter, with an account, without a code, of nobody."""
    kit, key = Kit(here), here.server.keyring.derive("captcha", here.name)
    numbers = {
        state: str(uuid.uuid4().int)[:10]
        for state in ("exists", "missing", "account", "no code", "locked", "locked missing")
    }
    for state in ("exists", "no code", "locked"):
        kit.customer(numbers[state])
    member(kit, fresh(), number=numbers["account"])
    oracle.change("UPDATE customer SET proof_hash = NULL WHERE number = %s", numbers["no code"])

    def form(number: str) -> Form:
        challenge = captcha.new_challenge(key, here.clock.now(), 4)
        return {
            "login": fresh(), "password": PASSWORD, "password_again": PASSWORD, "email": EMAIL,
            "customer_number": number, "proof_code_1": "xxxx", "proof_code_2": CODE[1], "proof_code_3": CODE[2],
            "captcha_token": challenge, "captcha": captcha.digits(key, challenge),
        }  # fmt: skip

    path = f"/register/{SCHEME}"
    for state in ("locked", "locked missing"):
        for number in range(5):
            here.wait(visitor(here, peer=f"203.0.113.{number}").send("POST", path, form=form(numbers[state])))
    hashes = watch_hashes(here, monkeypatch)
    answers, work = {}, {}
    for state, number in numbers.items():
        forget(here, oracle, but="customer")
        sent = form(number)
        seen, work[state] = measured(here, oracle, hashes, visitor(here), path, sent)
        answers[state] = told(seen, *sent.values())
    assert len(set(answers.values())) == 1
    assert answers["exists"][0] == 422
    assert len({work[state] for state in numbers if not state.startswith("locked")}) == 1
    assert work["locked"] == work["locked missing"]
    assert {(each[0], each[2]) for each in work.values()} == {(0, 0)}
    figure(
        f"T8 registration: {len(numbers)} classes, 1 answer; hashes, statements, mails: 0, {len(work['exists'][1])}, 0"
    )


@pytest.mark.parametrize("kind", ["password", "login-id"])
def test_recovery_tells_nothing_by_answer_or_time(
    here: Portal, oracle: Oracle, figure: Callable[[str], None], kind: str
) -> None:
    """Only some get a mail, so the work differs; every answer waits for the same moment instead."""
    kit = Kit(here)
    people = {state: member(kit, fresh()) for state in ("exists", "suspended", "no address", "locked")}
    oracle.change("UPDATE account SET status = 'suspended' WHERE id = %s", people["suspended"].account_id)
    oracle.change("UPDATE account SET email = '' WHERE id = %s", people["no address"].account_id)
    codes = {f"proof_code_{n}": part for n, part in enumerate(CODE, 1)}
    forms: dict[str, Form] = {
        state: {"login": who.login} if kind == "password" else {"customer_number": who.number} | codes
        for state, who in people.items()
    }
    forms["missing"] = {"login": fresh()} if kind == "password" else {"customer_number": "0000000001"} | codes
    if kind == "login-id":
        forms["wrong code"] = forms["exists"] | {"proof_code_1": "xxxx"}
    for number in range(6):
        here.wait(visitor(here, peer=f"203.0.113.{number}").send("POST", f"/recover/{kind}", form=forms["locked"]))
    before, seen = mail_count(oracle, here), {}
    for state, form in forms.items():
        seen[state] = here.wait(visitor(here).send("POST", f"/recover/{kind}", form=form))
    assert len({told(answer) for answer in seen.values()}) == 1
    assert seen["exists"].status == 303
    assert mail_count(oracle, here) == before + 1
    least = min(answer.seconds for answer in seen.values())
    figure(
        f"T8 recovery ({kind}): {len(forms)} classes, 1 answer, 1 mail, none before {SLOWEST} s (least {least:.3f} s)"
    )
    assert least >= SLOWEST


def test_the_time_of_a_login_tells_nothing(
    here: Portal, oracle: Oracle, monkeypatch: pytest.MonkeyPatch, figure: Callable[[str], None]
) -> None:
    """At the costs of a real installation, the classes in a random order."""
    hasher, chance = here.server.hasher, dice()
    real = argon2.PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1, type=argon2.Type.ID)
    monkeypatch.setattr(hasher, "_argon", real)
    monkeypatch.setattr(hasher, "_dummy", real.hash("x" * 32))
    classes = {state: form for state, form in login_classes(here, oracle).items() if "locked" not in state}
    began = time.perf_counter()
    for _ in range(5):
        PasswordHasher.verify(hasher, None, WRONG)
    one_hash = (time.perf_counter() - began) / 5
    times: dict[str, list[float]] = defaultdict(list)
    for _ in range(SAMPLES):
        forget(here, oracle)
        for state in chance.sample(list(classes), len(classes)):
            seen = here.wait(visitor(here).send("POST", "/login", form=classes[state]))
            assert seen.status == 422
            times[state].append(seen.seconds)
    worst, median = 0.5, 0.0
    for state in classes.keys() - {"missing"}:
        worst = max(worst, auc(times[state], times["missing"]))
        apart = abs(statistics.median(times[state]) - statistics.median(times["missing"]))
        median = max(median, apart / one_hash)
    figure(
        f"T8 login times: {len(classes)} classes x {SAMPLES}, AUC at most {worst:.3f}, medians {median:.1%} of one hash "
        f"({one_hash * 1000:.0f} ms) apart, seed {SEED}{'' if SAMPLES >= JUDGED else ', not judged'}"
    )
    assert {len(found) for found in times.values()} == {SAMPLES}
    if SAMPLES >= JUDGED:
        assert worst <= 0.55
        assert median < 0.05


def test_the_judge_of_times_is_sharp() -> None:
    """Without a hash for those who do not exist the classes would be told apart."""
    chance = dice()
    quick, slow = [chance.gauss(10, 2) for _ in range(300)], [chance.gauss(40, 2) for _ in range(300)]
    assert auc(quick, slow) > 0.99
    assert auc(slow, [chance.gauss(40, 2) for _ in range(300)]) < 0.56
    assert auc([1.0, 1.0], [1.0, 1.0]) <= 1
    assert Counter(told(Seen(422, (), b"x", 0.0))) == Counter(told(Seen(422, (), b"x", 9.0)))
    assert CSRF.search(TOKENS.sub(r"\1", '<input name="_csrf" value="abc">')) is None
