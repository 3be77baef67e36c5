"""The hook about forms that staff work on, on two operators, and what a catalogue that contradicts itself is told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

import pytest

from mypage.hooks.requests import (
    DayWindow,
    FileRule,
    RequestField,
    RequestFieldKind,
    RequestForm,
    RequestOption,
    RequestSection,
    When,
)
from mypage.operators.checking import check_operator
from mypage.operators.operator import Operator, OperatorError
from mypage.server.routes import all_routes

ROUTES = {route.name: route.permission for route in all_routes()}
PICK = RequestField(name="pick", kind="radio", label="x", options=(RequestOption("a", "A"), RequestOption("b", "B")))


def field(name: str, kind: Any, **more: Any) -> RequestField:
    return RequestField(name=name, kind=kind, label="x", **more)


def test_hook_request_catalogue_items(ucom: Operator, nagi: Operator) -> None:
    assert ucom.requests is None
    assert "requests" not in ucom.capabilities
    assert nagi.requests is not None
    assert "requests" in nagi.capabilities
    assert [section.code for section in nagi.requests.sections] == ["berth", "contact"]
    used = {f.kind for form in nagi.requests.forms.values() for f in nagi.requests.fields_of(form)}
    assert used == set(get_args(RequestFieldKind))
    assert nagi.requests.state_word("filed") == "とどきました"
    assert nagi.requests.state_word("done") == "Completed"


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ([field("a b", "text")], "'a b' is used twice, or is no name"),
        ([field("a", "text"), field("a", "text")], "'a' is used twice"),
        ([field("contract", "text")], "'contract' is used twice, or is no name"),
        ([field("a", "colour")], "'a' is of kind 'colour'"),
        ([RequestField(name="a", kind="text", label="")], "'a' has no label"),
        ([field("a", "text", source="moon")], "'a' takes 'moon'"),
        ([field("a", "shown")], "'a' is only shown; give its source"),
        ([field("a", "text", locked=True)], "'a' is only shown; give its source"),
        ([field("a", "choice")], "'a' needs either options or what it offers"),
        ([replace(PICK, offers="services")], "'pick' needs either options or what it offers"),
        ([replace(PICK, options=(RequestOption("a", "A"), RequestOption("a", "B")))], "'pick' has a value twice"),
        ([field("a", "text", options=PICK.options)], "'a' has options, but is of kind 'text'"),
        ([field("a", "text", shortest=5, longest=4)], "'a' takes 5 to 4 characters"),
        ([field("a", "text", again="x")], "'a' is typed twice, but is no mail address"),
        ([field("a", "date", unlike=("b",))], "'a' differs from b"),
        ([field("a", "date", window=DayWindow(months=0))], "'a' has a window that holds no day"),
        ([field("a", "file", files=FileRule(types=()))], "'a' takes files of no type"),
        ([field("a", "file", files=FileRule(megabytes=99))], "'a' takes 3 files of 99 MB"),
        ([field("a", "text", when=When("pick"))], "'a' hangs on 'pick', which is no choice above it"),
        ([PICK, field("a", "text", when=When("pick", ("c",)))], "'a' hangs on 'pick', which is no choice above it"),
        ([field("p", "postal", fills=("a",)), field("b", "text"), field("a", "text")], "'p' has to be followed by"),
        ([field("p", "postal", fills=("a", "b"))], "'p' fills 2 fields"),
        ([], "it has 0 fields"),
    ],
)
def test_a_form_that_contradicts_itself_stops_the_start(nagi: Operator, fields: list[RequestField], told: str) -> None:
    form = RequestForm(code="x", title="x", fields=tuple(fields), common=False)
    _refused(nagi, form, f"x: .*{told}")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"days": -1}, "days is -1"),
        ({"version": 0}, "version is 0"),
        ({"withdrawable": frozenset({"done"})}, "withdrawable names 'done'"),
        ({"withdrawable": frozenset()}, "cannot be withdrawn and does not say how else"),
        ({"permission": "moon"}, "no role holds permission 'moon'"),
        ({"opens": "nowhere", "fields": ()}, "opens 'nowhere'"),
        ({"code": "A B"}, "form 'A B' may hold small letters"),
        ({"about_contract": False, "fields": (field("a", "shown", source="contract.name"),)}, "is about no contract"),
    ],
)
def test_rules_of_a_form_that_cannot_be_met_stop_the_start(nagi: Operator, changes: dict[str, Any], told: str) -> None:
    form = RequestForm(code="x", title="x", fields=(field("a", "text"),), common=False)
    _refused(nagi, replace(form, **changes), told)


def test_a_catalogue_names_each_form_once(nagi: Operator) -> None:
    form = RequestForm(code="x", title="x", fields=(field("a", "text"),))
    twice = (RequestSection(code="s", title="s", forms=(form, form)),)
    assert nagi.requests is not None
    with pytest.raises(OperatorError, match="form 'x' is used twice"):
        check_operator(replace(nagi, requests=replace(nagi.requests, sections=twice)), ROUTES)
    with pytest.raises(OperatorError, match="letter is 'r'"):
        check_operator(replace(nagi, requests=replace(nagi.requests, letter="r")), ROUTES)


def _refused(nagi: Operator, form: RequestForm, told: str) -> None:
    assert nagi.requests is not None
    sections = (RequestSection(code="s", title="s", forms=(form,)),)
    with pytest.raises(OperatorError, match=f"operator nagi: request_catalogue_items: .*{told}") as caught:
        check_operator(replace(nagi, requests=replace(nagi.requests, sections=sections)), ROUTES)
    assert "\n" not in str(caught.value)
