"""The hook about the end of a contract, on two operators, and what one that contradicts itself or the law is told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mypage.hooks.terminations import EarlyEndFee, EndChoice, EndDays, EndField, EndGroup, EndOption, EndReason
from mypage.hooks.terminations import Termination as Rules
from mypage.operators.checking import check_operator
from mypage.operators.compiling import compile_operator, make_hooks
from mypage.operators.loading import load_operator
from mypage.operators.operator import Operator, OperatorError
from mypage.server.routes import all_routes
from sample_operator.leaving import LEAVING

DATE = EndField(name="day", kind="date", label="x")
MAIL = EndField(name="mail", kind="email", label="x", again="y")
FEE = EarlyEndFee(months=24, base="line", penalty=3_000, construction=24_000)


def test_hook_termination_items(nagi: Operator, actv: Operator) -> None:
    ocn = load_operator("ocn")
    there = compile_operator(make_hooks("ocn", ocn, {}), ocn, {route.name: route.permission for route in all_routes()})
    assert there.termination is not None
    assert nagi.termination is not None
    assert actv.termination is None
    assert "termination" in nagi.capabilities
    assert there.termination.early is None
    assert there.termination.stays_block is False
    assert nagi.termination.stays_block is True
    assert there.termination.commit != nagi.termination.commit


def compiled_with(nagi: Operator, rules: Rules) -> None:
    """Check the sample operator with other rules, as its compilation does. Raises OperatorError."""
    check_operator(replace(nagi, termination=rules), {route.name: route.permission for route in all_routes()})


def fields(*given: EndField) -> Rules:
    return replace(LEAVING, groups=(EndGroup(title="x", fields=given),))


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        (fields(DATE), "needs a field of kind 'date' and one of kind 'email'"),
        (fields(DATE, replace(MAIL, again="")), "'mail' gets the receipt: it must be required, and entered again"),
        (
            fields(DATE, MAIL, replace(DATE, name="mail")),
            "the name 'mail' of a field must be small letters, and its own",
        ),
        (fields(DATE, MAIL, replace(DATE, name="other")), "there are 2 fields of kind 'date'; keep one"),
        (fields(DATE, MAIL, EndField(name="d", kind="detail", label="x")), "details belong to reasons"),
        (fields(DATE, MAIL, EndField(name="c", kind="choice", label="x")), "'c' offers nothing to choose from"),
        (replace(LEAVING, reasons=()), "there is a field for the reason, but no reasons"),
        (replace(LEAVING, reasons=(EndReason("a", "x"), EndReason("a", "y"))), "each reason needs a code of its own"),
        (
            replace(LEAVING, reasons=(EndReason("a", "x", (EndChoice("", "y"),)),)),
            "each detail of 'a' needs a code of its own",
        ),
        (replace(LEAVING, days=EndDays(earliest=9, latest=8)), "days run from 9 to 8; the earliest comes first"),
        (replace(LEAVING, done="%(dag)s"), "cannot be filled in"),
        (replace(LEAVING, options=(EndOption(label="x", products=("y",)),)), "names product 'y', which does not exist"),
        (replace(LEAVING, early=replace(FEE, base="weather")), "'weather', which is no product with a monthly price"),
    ],
)
def test_a_form_that_contradicts_itself_stops_the_start(nagi: Operator, rules: Rules, told: str) -> None:
    with pytest.raises(OperatorError, match="operator nagi: termination_items: ") as caught:
        compiled_with(nagi, rules)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.req("OCN-165")
@pytest.mark.parametrize(
    ("fee", "told"),
    [
        (replace(FEE, penalty=3_801), "early: the penalty of 3801 yen is above one month's fee of 3800 yen"),
        (replace(FEE, balance=(24_000, 24_000)), "early: after 1 of 24 months the balance of 24000 yen is above 23000"),
        (replace(FEE, months=0), "early: a period has at least one month"),
        (replace(FEE, construction=-1), "early: an amount is a whole number of yen from 0"),
    ],
)
def test_a_fee_above_what_the_law_permits_stops_the_start(nagi: Operator, fee: EarlyEndFee, told: str) -> None:
    with pytest.raises(OperatorError) as caught:
        compiled_with(nagi, replace(LEAVING, early=fee))
    assert told in str(caught.value)


@pytest.mark.req("OCN-124", "OCN-180")
def test_what_cannot_be_ended_online_says_how_it_is(nagi: Operator) -> None:
    """The path to the end: `mypage check` and the start refuse an option that has none and gives no reason."""
    with pytest.raises(OperatorError, match="'灯台' cannot be ended online and does not say how it is; give stays"):
        compiled_with(nagi, replace(LEAVING, options=(EndOption(label="灯台", services=("灯台",), ends=False),)))
