"""The hook about the customer's own data, on two operators, and what a form that contradicts itself is told."""

from __future__ import annotations

from typing import Any

import pytest

from mypage.hooks.markers import hookimpl
from mypage.hooks.profile import ProfileField, ProfileForm
from mypage.operators.compiling import compile_operator, make_hooks
from mypage.operators.loading import load_operator
from mypage.operators.operator import Operator, OperatorError
from mypage.server.routes import all_routes


def test_hook_profile_form_items(ucom: Operator, nagi: Operator) -> None:
    assert ucom.profile_form is not None
    assert nagi.profile_form is not None
    assert [field.kind for field in nagi.profile_form.fields] == ["email", "mobile", "choice", "count", "name"]
    assert [field.name for field in ucom.profile_form.fields if field.locked] == ["name", "kana", "birth_date"]
    assert ucom.profile_form.commit != nagi.profile_form.commit


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ([("a", "phone"), ("a", "fax")], "'a' is used twice"),
        ([("a b", "phone")], "'a b' is used twice, or is no identifier"),
        ([("a", "email"), ("b", "email")], "there are 2 fields of kind 'email'; keep one"),
        ([("a", "name")], "'a' changes on paper; lock it"),
        ([("a", "choice")], "'a' offers nothing to choose from"),
    ],
)
def test_a_form_that_contradicts_itself_stops_the_start(fields: Any, told: str) -> None:
    class Wrong:
        @hookimpl
        def profile_form_items(self) -> list[ProfileForm]:
            made = tuple(ProfileField(name=name, kind=kind, label="x") for name, kind in fields)
            return [ProfileForm(title="x", titles=("a", "b", "c"), fields=made)]

    plugin = load_operator("actv")
    routes = {route.name: route.permission for route in all_routes()}
    with pytest.raises(OperatorError, match=f"operator actv: profile_form_items: .*{told}"):
        compile_operator(make_hooks("actv", plugin, {"wrong": Wrong()}), plugin, routes)
