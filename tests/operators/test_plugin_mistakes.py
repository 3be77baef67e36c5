"""A wrong plugin stops the start with one line that names operator, hook and value."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

import sample_operator.plugin as nagi
from mypage.hooks.auth import CredentialChange, FieldGroup, Gate, Recovery, Registration, RegistrationField
from mypage.hooks.markers import hookimpl
from mypage.hooks.pages import MailText
from mypage.hooks.passwords import CharSet, PasswordPolicy
from mypage.hooks.permissions import CORE_PERMISSIONS, PermissionMatrix
from mypage.hooks.portal import Entry, MenuSection, PublicPage
from mypage.operators import loading
from mypage.operators.compiling import compile_operator, make_hooks
from mypage.operators.loading import load_extensions, load_operator
from mypage.operators.operator import Operator, OperatorError
from mypage.server.routes import all_routes

ROUTES = {route.name: route.permission for route in all_routes()}
PAGES = {route.name for route in all_routes() if route.method == "GET" and "{" not in route.path}


def plugin(**changed: Callable[..., Any]) -> Any:
    """nagi with some hooks answered otherwise."""
    hooks = {n: v for n, v in vars(nagi).items() if hasattr(v, "mypage_impl")}
    return SimpleNamespace(**(hooks | {name: hookimpl(function) for name, function in changed.items()}))


def compiled(made: Any) -> Operator:
    return compile_operator(make_hooks("nagi", made, load_extensions()), nagi, ROUTES, PAGES)


def refused(made: Any) -> str:
    with pytest.raises(OperatorError) as caught:
        compiled(made)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith("operator nagi: ")
    return message.removeprefix("operator nagi: ")


def nothing() -> list[Any]:
    return []


def scheme(**changes: Any) -> Callable[[], Any]:
    return lambda: [dataclasses.replace(nagi.login_scheme_items()[0], **changes)]


def test_the_sample_itself_is_right() -> None:
    assert compiled(plugin()).name == "nagi"


def test_a_misspelt_hook() -> None:
    message = refused(plugin(menu_itmes=nothing))
    assert message.startswith("unknown hook 'menu_itmes' in plugin ")
    assert message.endswith("docs/hooks.md")


def test_a_wrong_argument() -> None:
    message = refused(plugin(password_policy=lambda schema: PasswordPolicy()))
    assert "password_policy" in message
    assert "schema" in message


def test_a_value_of_a_wrong_type() -> None:
    assert refused(plugin(portal_policy=lambda: "凪ネット")) == "portal_policy answered '凪ネット'; it must be Portal"
    assert refused(plugin(menu_items=lambda: [Entry("ホーム", "home")])).startswith(
        "menu_items answered Entry(label='ホーム'"
    )
    one = MenuSection((Entry("ホーム", "home"),))
    assert refused(plugin(menu_items=lambda: one)).endswith("it must be a list of MenuSection")
    assert refused(plugin(settings_policy=lambda: dict)).endswith("it must be a subclass of TenantSettings")


def test_a_hook_that_waits() -> None:
    async def portal_policy() -> Any:
        return nagi.portal_policy()

    message = refused(plugin(portal_policy=portal_policy))
    assert message.startswith("portal_policy answered <coroutine object")


def test_a_menu_entry_without_route_or_label() -> None:
    wrong = plugin(menu_items=lambda: [MenuSection((Entry("料金", "bill"),))])
    assert refused(wrong) == "menu_items: '料金' names route 'bill', which does not exist"
    empty = plugin(menu_items=lambda: [MenuSection((Entry("", "bills"),))])
    assert refused(empty) == "menu_items: the entry of route 'bills' has no label"


def test_an_id_twice() -> None:
    twice = [PublicPage(slug="a", title="A"), PublicPage(slug="a", title="B")]
    assert refused(plugin(public_page_items=lambda: twice)) == "public_page_items: 'a' is declared twice; keep one"
    again = plugin(login_scheme_items=lambda: nagi.login_scheme_items() * 2)
    assert refused(again) == "login_scheme_items: 'mail' is declared twice; keep one"
    core = Gate(name="initial-password", condition="initial-password", route="credentials")
    assert "gate_items: 'initial-password' is declared twice" in refused(plugin(gate_items=lambda: [core]))


def test_the_gate_of_the_second_factor_is_the_cores() -> None:
    loose = Gate(name="mine", condition="second-factor-missing", route="home", allowed=frozenset({"bills"}))
    wrong = "gate_items: 'mine': the gate of second-factor-missing is the core's; remove this one"
    assert refused(plugin(gate_items=lambda: [loose])) == wrong


def test_no_scheme_and_a_scheme_that_lacks_something() -> None:
    empty = plugin(login_scheme_items=nothing, recovery_items=nothing, credential_change_items=nothing)
    assert refused(empty) == "login_scheme_items: there is no login scheme; return at least one"
    assert refused(plugin(login_scheme_items=scheme(submit=""))).startswith("login_scheme_items: 'mail' lacks ")


def test_a_scheme_whose_role_may_nothing() -> None:
    wrong = plugin(login_scheme_items=scheme(role="owner"))
    assert refused(wrong) == "permission_policy: no permissions for role 'owner' of scheme 'mail'"


def test_a_scheme_without_a_policy() -> None:
    assert refused(plugin(password_policy=lambda scheme: 12)).startswith("password_policy answered 12")


def test_what_belongs_to_no_scheme() -> None:
    change = CredentialChange(scheme="phone", title="T", login=False, password=True)
    message = refused(plugin(credential_change_items=lambda: [change]))
    assert message == "credential_change_items: there is no login scheme 'phone' (known: mail)"
    lost = Recovery(kind="password", scheme="phone", entry="E", title="T", lead="L")
    assert refused(plugin(recovery_items=lambda: [lost])) == "recovery_items: there is no login scheme 'phone'"


def test_a_registration_without_its_fields() -> None:
    form = Registration(
        scheme="mail", title="新規登録", entry="E", steps=("1", "2", "3"), lead=(), back="B", next="N",
        groups=(FieldGroup(heading="H", fields=(RegistrationField(kind="login", label="L"),)),),
    )  # fmt: skip
    message = refused(plugin(registration_items=lambda: [form]))
    assert message == "registration_items: '新規登録' must have one field of kind 'password'"


def test_a_permission_that_no_route_demands() -> None:
    matrix = PermissionMatrix({"holder": CORE_PERMISSIONS | {"bills.read"}})
    message = refused(plugin(permission_policy=lambda: matrix))
    assert message == "permission_policy: no route demands bills.read; remove or correct it"


def test_a_gate_that_leads_nowhere() -> None:
    gate = Gate(name="g", condition="unverified-email", route="confirm-mail")
    assert (
        refused(plugin(gate_items=lambda: [gate])) == "gate_items: 'g' names route 'confirm-mail', which does not exist"
    )


def test_a_menu_entry_or_gate_that_leads_to_no_page() -> None:
    for route in ("bills-one", "logout"):
        entry = plugin(menu_items=lambda route=route: [MenuSection((Entry("料金", route),))])
        assert refused(entry) == f"menu_items: '料金' names route '{route}', which no menu can lead to"
    gate = Gate(name="g", condition="unverified-email", route="notices-one")
    message = refused(plugin(gate_items=lambda: [gate]))
    assert message == "gate_items: 'g' names route 'notices-one', which nobody can be led to"


def test_a_condition_or_kind_that_the_core_does_not_know() -> None:
    gate: Any = Gate(name="g", condition="unpaid", route="bills")  # type: ignore[arg-type]
    assert refused(plugin(gate_items=lambda: [gate])).startswith("gate_items: 'g' has condition 'unpaid' (known: init")
    way = dataclasses.replace(nagi.recovery_items()[0], kind="pin")
    assert refused(plugin(recovery_items=lambda: [way])).startswith("recovery_items: kind 'pin' is unknown (known: ")
    mail = MailText(name="welcome", subject="S")
    assert refused(plugin(mail_text_items=lambda: [mail])).startswith("mail_text_items: there is no mail 'welcome' (")


@pytest.mark.parametrize("joined", ["{local}@{dom}", "{local}", "{local}@{domain", "{0}@{domain}"])
def test_parts_that_are_joined_wrongly(joined: str) -> None:
    message = refused(plugin(login_scheme_items=scheme(joined=joined)))
    assert message == f"login_scheme_items: 'mail' joins its parts by '{joined}'; use each of {{local}}, {{domain}}"


@pytest.mark.parametrize(
    ("declared", "says"),
    [
        ({"line": "dsl"}, "line 'dsl' would not hear of passwords that are set by recovery_items"),
        ({"line": "dsl", "password": False, "login": True}, "no password is changed there"),
        ({"password": False}, "changes nothing"),
    ],
)
def test_a_change_of_a_password_that_does_not_fit(declared: dict[str, Any], says: str) -> None:
    [change] = nagi.credential_change_items()
    wrong = plugin(credential_change_items=lambda: [dataclasses.replace(change, **declared)])
    assert says in refused(wrong)


def test_parts_that_cannot_be_filled_in() -> None:
    local, domain = nagi.login_scheme_items()[0].parts
    empty = plugin(login_scheme_items=scheme(parts=(local, dataclasses.replace(domain, values=()))))
    assert refused(empty) == "login_scheme_items: part 'domain' of 'mail' offers nothing to choose from"
    twice = plugin(login_scheme_items=scheme(parts=(local, local)))
    assert refused(twice) == "login_scheme_items: 'mail' has two parts of one name: local, local"


@pytest.mark.parametrize("url", ["javascript:alert(1)", "http://nagi.example", "//nagi.example"])
def test_a_public_page_that_leads_astray(url: str) -> None:
    page = PublicPage(slug="a", title="A", url=url)
    assert refused(plugin(public_page_items=lambda: [page])).startswith("public_page_items: 'A' leads to ")
    slug = PublicPage(slug="../a", title="A")
    assert refused(plugin(public_page_items=lambda: [slug])).startswith("public_page_items: slug '../a' may hold ")


def test_bills_and_cards_that_show_nothing() -> None:
    view = dataclasses.replace(nagi.billing_view_policy(), months=0)
    assert refused(plugin(billing_view_policy=lambda: view)) == "billing_view_policy: months is 0; show at least one"
    card = nagi.card_change_policy()
    short = dataclasses.replace(card, labels=dataclasses.replace(card.labels, order=("number",)))
    assert refused(plugin(card_change_policy=lambda: short)).startswith("card_change_policy: order ('number',) must ")


def test_a_translation_that_asks_for_what_is_not_there(tmp_path: Path) -> None:
    module = ModuleType("astray")
    module.__file__ = str(tmp_path / "plugin.py")
    folder = tmp_path / "locale" / "en"
    folder.mkdir(parents=True)
    (folder / "astray.po").write_text('msgid "ホーム"\nmsgstr "Home of %(name)s"\n', encoding="utf-8")
    with pytest.raises(OperatorError) as caught:
        compile_operator(make_hooks("nagi", plugin(), load_extensions()), module, ROUTES, PAGES)
    expected = "operator nagi: locale/en: 'Home of %(name)s' asks for %(name)s, which 'ホーム' does not have"
    assert str(caught.value) == expected


def test_a_hook_that_raises() -> None:
    def broken() -> Any:
        return {}["menu"]

    assert refused(plugin(menu_items=broken)) == "menu_items raised KeyError: 'menu'"


def test_a_value_that_contradicts_itself() -> None:
    alphabet = CharSet(frozenset("abc"))
    message = refused(plugin(password_policy=lambda scheme: PasswordPolicy(length=(6, 8), digits=1, alphabet=alphabet)))
    assert message == "password_policy: 1 digits are needed, but the alphabet has none"


def test_a_plugin_that_cannot_be_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("half_an_operator")
    monkeypatch.setitem(sys.modules, "half_an_operator", module)
    points = [
        EntryPoint("gone", "no_such_module.plugin", loading.OPERATORS),
        EntryPoint("half", "half_an_operator:plugin", loading.OPERATORS),
    ]
    monkeypatch.setattr(loading, "entry_points", lambda group: points)
    with pytest.raises(OperatorError, match=r"mypage.operators 'gone': no_such_module.plugin cannot be imported"):
        load_operator("gone")
    with pytest.raises(OperatorError, match=r"mypage.operators 'half': .* cannot be imported"):
        load_operator("half")
    with pytest.raises(OperatorError, match=r"operator 'away' is not installed \(installed: gone, half\)"):
        load_operator("away")


def test_two_operators_do_not_meet() -> None:
    hooks = make_hooks("nagi", nagi, load_extensions())
    other = make_hooks("other", plugin(menu_items=nothing), load_extensions())
    assert hooks.items("menu_items", MenuSection)
    assert other.items("menu_items", MenuSection) == ()
