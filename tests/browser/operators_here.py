"""The operators whose pages are looked at: every installed one, and the invented one, which differs in every hook."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import sample_operator.plugin as nagi
from mypage.operators.loading import installed_operators, load_operator
from mypage.server.app import Compiled, compile_all


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the tests must know of an operator to walk through its portals."""

    scheme: str
    login_suffix: str
    """Stands behind every login ID that the tests invent."""
    pages: tuple[str, ...]
    recoveries: tuple[str, ...]
    registers: bool
    changes_login: bool
    payment: Mapping[str, str]
    """The payment extension; `{gateway}` stands for the address of the company."""
    settings: Mapping[str, str]
    words: Mapping[str, str]
    """Labels that this operator words otherwise than the first one."""
    sells: tuple[str, str] | None = None
    """A page of products of the contract and one of those of accounts, where there are such."""
    family: str = ""
    """The role of an account that its customers hand out, "" where they hand out none."""
    guidance: tuple[str, ...] = ()
    corrects: bool = False
    """Whether customers correct their own data."""
    ends: bool = False
    """Whether customers end their contract online."""
    short: tuple[str, ...] = ()
    """Pages of portals of few pages, by their routes."""
    lands: str = "/home"
    """Where a login leads."""
    extensions: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """What else a tenant declares."""

    @property
    def changes_card(self) -> bool:
        """Whether a card is changed on the payment company's page."""
        return self.payment.get("adapter") == "hosted-page"


FACTS: Mapping[str, Facts] = {
    "actv": Facts(
        scheme="mypage",
        login_suffix="",
        pages=("faq", "terms", "important"),
        recoveries=("login-id", "password"),
        registers=True,
        changes_login=True,
        payment={"adapter": "hosted-page", "base_url": "{gateway}", "key_env": "MYPAGE_PAYMENT_KEY"},
        settings={},
        words={},
    ),
    "ocn": Facts(
        scheme="line",
        login_suffix="@one.example.jp",
        pages=("privacy", "environment"),
        recoveries=(),
        registers=False,
        changes_login=False,
        payment={},
        settings={},
        words={},
        extensions={"provisioning": {"adapter": "desk"}},
    ),
    "ucom": Facts(
        scheme="customer-number",
        login_suffix="",
        pages=("privacy",),
        lands="/overview",
        recoveries=(),
        registers=False,
        changes_login=False,
        payment={"adapter": "hosted-page", "base_url": "{gateway}", "key_env": "MYPAGE_PAYMENT_KEY"},
        settings={},
        words={
            "カードを変更する": "次へ進む",
            "次へ": "次へ進む",
            "戻る": "入力をやめる",
            "内容をご確認ください": "お支払い方法登録／変更確認",
            "カードを登録しました": "お支払い方法登録／変更完了",
        },
    ),
    "usen": Facts(
        scheme="customer",
        login_suffix="",
        pages=(),
        recoveries=(),
        registers=False,
        changes_login=False,
        payment={"adapter": "hosted-page", "base_url": "{gateway}", "key_env": "MYPAGE_PAYMENT_KEY"},
        settings={},
        words={},
        lands="/summary",
    ),
    "nagi": Facts(
        scheme="mail",
        login_suffix="@nagi.example",
        pages=("guide",),
        recoveries=("password",),
        registers=False,
        changes_login=False,
        payment={"adapter": "counter", "desk": "みなと窓口"},
        settings={"harbour": "みなと"},
        words={
            "ログインID": "メールアドレス",
            "パスワード": "新しい暗証",
            "パスワード(確認)": "新しい暗証（確認）",
            "ID・パスワード変更": "パスワードの変更",
        },
        family="crew",
        sells=("more", "weather"),
        guidance=("moving", "counter"),
        corrects=True,
        short=("summary", "contact", "first-login"),
        ends=True,
    ),
}

OFFICE_FACTS = Facts(
    scheme="staff",
    login_suffix="",
    pages=(),
    recoveries=("password",),
    registers=False,
    changes_login=False,
    payment={},
    settings={},
    words={},
)
"""Of the staff console, which is no operator that is installed."""


def compile_here(theme_folders: Sequence[Path]) -> Compiled:
    """All operators of the tests compiled. An installed one without facts is a KeyError: its pages would not be seen."""
    plugins = {name: load_operator(name) for name in installed_operators()} | {"nagi": nagi}
    assert set(plugins) == set(FACTS), f"tell tests/browser/operators_here.py about {set(plugins) ^ set(FACTS)}"
    return compile_all(theme_folders, plugins=plugins)
