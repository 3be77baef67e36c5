"""The hooks about mail addresses and the overview, on two operators, and what a contradiction is told at the start."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mypage_ucom.mail
from mypage.hooks.mailboxes import LocalPart, Mailboxes
from mypage.hooks.markers import hookimpl
from mypage.hooks.overview import Overview, OverviewBlock, OverviewOption
from mypage.hooks.passwords import ASCII_LETTERS, ASCII_LOWER, DIGITS, symbols
from mypage.hooks.portal import Entry
from mypage.hooks.products import Sentence
from mypage.operators.compiling import compile_operator, make_hooks
from mypage.operators.defaults import CoreDefaults
from mypage.operators.loading import load_operator
from mypage.operators.operator import Operator, OperatorError
from mypage.server.routes import all_routes

RULE = LocalPart(length=(3, 15), alphabet=ASCII_LOWER + DIGITS + symbols(".-_"))
PATTERN = re.compile(r"(?=.{3,15}\Z)[a-z0-9]+(?:[._-][a-z0-9]+)*\Z")


def test_hook_mailbox_items(ucom: Operator, nagi: Operator) -> None:
    assert ucom.mailboxes is not None
    assert nagi.mailboxes is not None
    assert ucom.mailboxes.domain and not nagi.mailboxes.domain
    assert ucom.mailboxes.consent and not nagi.mailboxes.consent
    assert ucom.mailboxes.title != nagi.mailboxes.title


def test_hook_overview_policy(ucom: Operator, nagi: Operator, actv: Operator) -> None:
    assert actv.overview == CoreDefaults().overview_policy()
    assert ucom.overview.blocks and not nagi.overview.blocks
    assert len({ucom.overview.title, nagi.overview.title, actv.overview.title}) == 3


@given(st.text(alphabet="abz059._-A@ あ", max_size=17))
def test_a_local_part_holds_what_a_pattern_says(value: str) -> None:
    assert (RULE.broken(value) == "") == (PATTERN.match(value) is not None)


@pytest.mark.parametrize("value", ["abuse", "admin", "hostmaster", "postmaster", "webmaster", "mailer-daemon"])
def test_addresses_of_a_domains_own_business_are_handed_out_to_nobody(value: str) -> None:
    """RFC 2142; a certificate authority mails to five of them (CA/Browser Forum, 3.2.2.4.4)."""
    assert RULE.broken(value) == "reserved"
    assert RULE.broken(f"{value}1") == ""
    assert LocalPart(length=RULE.length, alphabet=RULE.alphabet, reserved=frozenset()).broken(value) == ""


@pytest.mark.parametrize(
    ("length", "alphabet", "told"),
    [
        ((0, 15), ASCII_LOWER + DIGITS, "length must satisfy 1 <= least <= most <= 64"),
        ((3, 65), ASCII_LOWER + DIGITS, "length must satisfy"),
        ((3, 15), ASCII_LETTERS + DIGITS, "an address cannot hold 'A'"),
        ((3, 15), ASCII_LOWER + DIGITS + symbols("@"), "an address cannot hold '@'"),
        ((3, 15), ASCII_LOWER + symbols("-"), "an address needs letters and digits"),
    ],
)
def test_a_rule_that_no_address_can_follow_stops_the_start(length: Any, alphabet: Any, told: str) -> None:
    with pytest.raises(ValueError, match=re.escape(told)):
        LocalPart(length=length, alphabet=alphabet)


def test_own_addresses_need_a_rule_and_a_quota() -> None:
    with pytest.raises(ValueError, match=r"addresses of own\.example need a rule \(local\) and a quota"):
        Mailboxes(title="x", domain="own.example", quota="mail")


def compiled(operator: str, **answers: Any) -> Operator:
    """An operator some of whose answers are others."""

    class Other:
        @hookimpl(tryfirst=True)
        def overview_policy(self) -> Overview | None:
            return answers.get("overview")

        @hookimpl
        def mailbox_items(self) -> list[Mailboxes]:
            return answers.get("mailboxes", [])

    plugin = load_operator(operator)
    routes = {route.name: route.permission for route in all_routes()}
    return compile_operator(make_hooks(operator, plugin, {"other": Other()}), plugin, routes)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (Overview(options=(OverviewOption("x", "boats"),)), "there is no page of products 'boats'"),
        (Overview(account_options=(OverviewOption("x", "boats"),)), "there is no page of products 'boats'"),
        (Overview(blocks=(OverviewBlock("x", "mail"),)), "is a contract's and cannot stand with an account"),
        (Overview(secret=Entry("x", "harbour")), "'x' names route 'harbour'"),
        (Overview(space=Entry("x", "harbour")), "'x' names route 'harbour'"),
        (Overview(hint_title="100% of %(count)s"), "cannot be filled in"),
        (Overview(hint="%(boats)s"), r"it may hold %\(count\)s, %\(accounts\)s"),
    ],
)
def test_an_overview_that_names_what_does_not_exist_stops_the_start(words: Overview, told: str) -> None:
    with pytest.raises(OperatorError, match=f"operator ucom: overview_policy: .*{told}"):
        compiled("ucom", overview=words)


@pytest.mark.parametrize(
    ("boxes", "told"),
    [
        ([Mailboxes(title="x"), Mailboxes(title="y")], "2 Mailboxes are declared; keep one"),
        ([Mailboxes(title="x")], "mail addresses belong to sub-accounts"),
    ],
)
def test_mail_addresses_need_accounts_and_are_declared_once(boxes: list[Mailboxes], told: str) -> None:
    with pytest.raises(OperatorError, match=f"operator actv: mailbox_items: .*{told}"):
        compiled("actv", mailboxes=boxes)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"buy_page": "boats"}, "there is no page of products 'boats'"),
        ({"done_other": (Sentence("to %(boats)s"),)}, r"it may hold %\(address\)s"),
        ({"done_own": (Sentence("see {here}", "harbour"),)}, "names route 'harbour', which does not exist"),
        ({"quota": "boats", "domain": "own.example", "local": RULE}, "quota 'boats' does not exist"),
    ],
)
def test_words_of_addresses_that_cannot_be_shown_stop_the_start(
    changes: dict[str, Any], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mypage_ucom.mail, "MAILBOXES", (Mailboxes(title="x", **changes),))
    with pytest.raises(OperatorError, match=f"operator ucom: mailbox_items: .*{told}"):
        compiled("ucom")
