"""What a mail looks like when it leaves."""

from __future__ import annotations

import re
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, default

import lxml.html
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mailkit import REGISTRATION_NUMBER, compile_operators, html_of, text_of

from mypage.hooks.pages import MailText
from mypage.hooks.portal import TenantSettings
from mypage.mail.composing import compose
from mypage.mail.errors import BadMail
from mypage.mail.service import Outgoing
from mypage.operators.tenants import Address, Tenant
from mypage.web.rendering import Templates

COMPILED = compile_operators()
NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
ORIGIN = "https://my.kita.example"
TEMPLATES = {name: Templates(operator.catalogues, None, {}) for name, operator in COMPILED.operators.items()}
LOGIN = f"{ORIGIN}/login"
LINK = f"{ORIGIN}/activate?token=abc-123"
VALUES = {
    "activation": {"link": LINK, "expires_at": NOW, "name": "弘前 りんご"},
    "password_reset": {"link": LINK, "expires_at": NOW},
    "login_id_notice": {"login_id": "ringo01"},
    "credentials_changed": {"changed": "パスワード", "changed_at": NOW},
    "card_changed": {"card": "VISA **** 4242", "changed_at": NOW},
    "card_accepted": {"card": "VISA **** 4242", "decided_at": NOW, "pays": True},
    "card_rejected": {"card": "VISA **** 4242", "decided_at": NOW, "pays": False},
    "second_factor_changed": {"change": "app-added", "factor_name": "my <phone>", "changed_at": NOW},
    "login_locked": {"happened_at": NOW, "until": NOW},
    "secret_shown": {"label": "PPPoE <key>", "contract": "K-1", "shown_at": NOW},
    "option_bought": {
        "product": "Shield",
        "account": "family-001",
        "number": "20261121-ABCDEFGH",
        "at": NOW,
        "waiting": True,
    },
    "option_ended": {"product": "Shield", "account": "family-001", "number": "20261121-ABCDEFGH", "at": NOW},
    "profile_changed": {"changed": "電話番号", "changed_at": NOW},
    "announcement": {"title": "Line works", "text": ("First line", "", "Second"), "link": f"{ORIGIN}/notices/1"},
    "staff_invite": {"name": "Mori", "role": "Agent", "portal": "Kita <portal>", "link": LINK, "expires_at": NOW},
    "staff_role": {"change": "added", "role": "Manager", "portal": "Kita", "link": LOGIN, "changed_at": NOW},
    "slot_application": {
        "customer": "N1",
        "ordered": "Change",
        "labels": ("Address", "Check"),
        "befores": ("a@a.example", "no"),
        "afters": ("b@b.example", "yes"),
        "at": NOW,
    },
    "slot_outcome": {
        "state": "returned",
        "reason": "Please <write> again",
        "customer": "N1",
        "number": "20261121-ABCDEFGH",
        "ordered": "Change",
        "labels": ("Address",),
        "befores": ("a@a.example",),
        "afters": ("b@b.example",),
        "filed_at": NOW,
        "at": NOW,
    },
    "termination_accepted": {
        "number": "E-261121-9F3A2B",
        "number_label": "Receipt number",
        "day": "2026/12/18 (Fri)",
        "contract": "C-1",
        "plan": "Fast <line>",
        "name": "Mori",
        "at": NOW,
        "ends": ("Fast <line>", "Mail accounts (3)"),
        "refused": "Nothing can be changed any more.",
    },
    "mailbox_registered": {"account": "family-001", "address": "ringo@example.jp", "registered_at": NOW},
}


def tenant_of(operator: str, *, theme: str = "plain", prefix: str = "") -> Tenant:
    main = Address(f"my.{operator}.example", prefix)
    return Tenant(
        name=operator,
        operator=operator,
        theme=COMPILED.themes[theme],
        locale="ja",
        main=main,
        addresses=(main,),
        extensions={},
        settings=TenantSettings(
            mail_from=f"mypage@{operator}.example",
            mail_domain=f"{operator}.example",
            issuer_name="x",
            registration_number=REGISTRATION_NUMBER,
        ),
    )


def outgoing(template: str = "activation", language: str = "ja", **values: object) -> Outgoing:
    return Outgoing(
        id=uuid.uuid4(),
        template=template,
        recipient="hanako@example.jp",
        language=language,
        message_id="<1@kita.example>",
        values=VALUES[template] | values,
        created_at=NOW,
        tries=1,
    )


def composed(mail: Outgoing, operator: str = "kita", **tenant: str) -> EmailMessage:
    """The mail as a receiver reads it: composed, sent as bytes, parsed again."""
    of = COMPILED.operators[operator]
    message = compose(
        mail,
        tenant=tenant_of(operator, **tenant),
        operator=of,
        templates=TEMPLATES[operator],
        origin=f"https://my.{operator}.example",
        login_url=f"https://my.{operator}.example/login",
        now=NOW,
    )
    raw = message.as_bytes(policy=SMTP)
    assert raw.isascii(), "an old mail server must be able to carry it"
    assert max(len(line) for line in raw.splitlines()) <= 998
    parsed = message_from_bytes(raw, policy=default)
    assert isinstance(parsed, EmailMessage)
    assert not parsed.defects
    return parsed


@pytest.mark.req("ACTV-52", "ACTV-75")
def test_the_activation_mail_in_the_operators_words() -> None:
    mail = composed(outgoing())
    assert mail["Subject"] == "【北通信】マイページの登録を完了してください"
    assert mail["From"].addresses[0].display_name == "北通信"
    assert mail["From"].addresses[0].addr_spec == "mypage@kita.example"
    assert mail["To"] == "hanako@example.jp"
    assert mail["Message-ID"] == "<1@kita.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"].datetime == NOW
    for body in (text_of(mail), lxml.html.fromstring(html_of(mail)).text_content()):
        assert "弘前 りんご　様" in body
        assert "北通信へのお申込み、ありがとうございます。" in body
        assert "10%引きの適用にも" in body
        assert "リンクを開いて、画面のボタンを押してください。" in body, "own words do not take away what to do"
        assert LINK in body
        assert "2026年11月21日 12:00" in body
        assert "ご登録のお申込みをいただき" not in body, "the core's opening must give way"


def test_text_alone_is_complete_and_html_needs_nothing_from_outside() -> None:
    for template, values in VALUES.items():
        mail = composed(outgoing(template))
        assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
        html = html_of(mail)
        assert not re.search(r"<(img|link|script|iframe)\b|url\(|@import", html), template
        text = "".join(text_of(mail).split())
        said = lxml.html.fromstring(html).xpath("//p[not(@class='url')]|//dt|//dd")
        pieces = ["".join(node.text_content().split()) for node in said]
        for piece in pieces:
            # A button's label says what the link beside it does; in the text the link alone does.
            if piece not in (
                "登録を完了する",
                "新しいパスワードを設定する",
                "お知らせの画面を開く",
                "パスワードを決める",
                "北通信",
            ):
                assert piece in text, template
        if template == "login_id_notice":
            assert LOGIN in text
        assert "link" not in values or str(values["link"]) in text


@pytest.mark.req("UCOM-106")
@pytest.mark.parametrize(("waiting", "title"), [(True, "申込み受付メール"), (False, "申込み完了メール")])
def test_an_order_that_is_still_carried_out_is_not_said_to_be_complete(waiting: bool, title: str) -> None:
    mail = composed(outgoing("option_bought", waiting=waiting))
    assert mail["Subject"].endswith(title)
    for body in (text_of(mail), lxml.html.fromstring(html_of(mail)).text_content()):
        assert ("お手続きを進めています。" in body) == waiting
        assert ("お手続きが完了しました" in body) == (not waiting)


@pytest.mark.req("ACTV-76")
@pytest.mark.parametrize("template", sorted(VALUES))
@pytest.mark.parametrize("operator", ["kita", "minami"])
def test_every_mail_exists_in_both_languages(template: str, operator: str) -> None:
    link = {"link": f"https://my.{operator}.example/x"} if "link" in VALUES[template] else {}
    values = {"changed": "Password"} if "changed" in VALUES[template] else {}
    ja, en = (
        composed(replace(outgoing(template, lang, **link, **values), recipient=f"{lang}@example.jp"), operator)
        for lang in ("ja", "en")
    )
    assert re.search("[ぁ-ん]", ja["Subject"] + text_of(ja))
    assert (ja["Content-Language"], en["Content-Language"]) == ("ja", "en")
    assert 'lang="ja"' in html_of(ja)
    assert 'lang="en"' in html_of(en)
    assert "Replies to it are not read" in text_of(en)
    assert "Replies to it are not read" not in text_of(ja)
    assert "{" not in text_of(ja) + text_of(en)
    assert "%(" not in text_of(ja) + text_of(en)
    assert "\n\n\n" not in text_of(ja)
    # What the operator did not translate stays in its language; the core's sentences never do.
    own = COMPILED.operators[operator]
    rest = text_of(en)
    for word in (own.portal.company, own.portal.portal_name, "弘前 りんご", "お電話", "9時〜17時"):
        rest = rest.replace(word, "")
    if template not in own.mail_texts:
        assert not re.search("[ぁ-んァ-ヶ一-龠]", rest), rest


def test_the_look_is_the_tenants_and_the_words_never_another_operators() -> None:
    kita, minami = composed(outgoing(), theme="actv"), composed(outgoing(link="https://my.minami.example/a"), "minami")
    assert COMPILED.themes["actv"].colours["brand"] in html_of(kita)
    assert COMPILED.themes["actv"].colours["brand"] not in html_of(minami)
    assert COMPILED.themes["plain"].colours["brand"] in html_of(minami)
    assert "北通信" not in str(minami["Subject"]) + str(minami["From"]) + text_of(minami) + html_of(minami)
    assert "10%引き" not in text_of(minami)
    own = COMPILED.operators["kita"]
    with pytest.raises(ValueError, match="belongs to minami"):
        compose(
            outgoing(),
            tenant=tenant_of("minami"),
            operator=own,
            templates=TEMPLATES["kita"],
            origin=ORIGIN,
            login_url=LOGIN,
            now=NOW,
        )


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/activate",
        "http://my.kita.example/activate",
        "https://my.kita.example.evil.example/",
        "https://my.kita.example@evil.example/",
        "https://my.kita.example:8443/",
        "https://other.kita.example/",
        "https://my.kita.example\\@evil.example/",
        "https://my.kita.example/a https://evil.example",
        "https://[",
        "javascript://my.kita.example/%0aalert(1)",
    ],
)
def test_a_link_that_leads_elsewhere_is_refused(link: str) -> None:
    with pytest.raises(BadMail, match="link"):
        composed(outgoing(link=link))
    with pytest.raises(BadMail, match="name"):
        composed(outgoing(name=f"See {link}"))


def test_a_tenant_below_a_prefix_links_into_its_prefix_only() -> None:
    inside = composed(outgoing(link=f"{ORIGIN}/u0020/activate"), prefix="/u0020")
    assert f"{ORIGIN}/u0020/activate" in text_of(inside)
    for path in ("/activate", "/u00201/activate", "/u0020/../u0021/x"):
        with pytest.raises(BadMail, match="link"):
            composed(outgoing(link=ORIGIN + path), prefix="/u0020")


@pytest.mark.parametrize("bad", ["x\r\nBcc: all@example.jp", "x\nBcc: a@b.jp", "x\rBcc: a@b.jp", "x\u2028y", "x\0y"])
def test_no_header_can_be_smuggled_in(bad: str) -> None:
    with pytest.raises(BadMail):
        composed(replace(outgoing(), recipient=f"hanako@example.jp{bad}"))
    with pytest.raises(BadMail):
        composed(replace(outgoing(), message_id=bad))
    own = COMPILED.operators["kita"]
    for broken in (
        replace(own, mail_texts={"activation": MailText(name="activation", subject=bad)}),
        replace(own, portal=replace(own.portal, company=bad)),
    ):
        with pytest.raises(BadMail):
            compose(
                outgoing(),
                tenant=tenant_of("kita"),
                operator=broken,
                templates=TEMPLATES["kita"],
                origin=ORIGIN,
                login_url=LOGIN,
                now=NOW,
            )


def test_markup_in_a_name_stays_text() -> None:
    mail = composed(outgoing(name="<b>花子</b> & 太郎"))
    assert "<b>花子</b> & 太郎" in text_of(mail)
    assert not lxml.html.fromstring(html_of(mail)).xpath("//p/b")
    assert "&lt;b&gt;花子" in html_of(mail)


_LINE = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cf", "Zl", "Zp"]), min_size=1, max_size=200
)


@settings(max_examples=80, deadline=None)
@given(company=_LINE, subject=_LINE)
def test_any_words_survive_the_way(company: str, subject: str) -> None:
    own = COMPILED.operators["kita"]
    company, subject = f"a{company}z", f"a{subject}z".replace("%", "")
    changed = replace(
        own,
        portal=replace(own.portal, company=company),
        mail_texts={"activation": MailText(name="activation", subject=subject, opening=(company * 20,))},
    )
    message = compose(
        outgoing(),
        tenant=tenant_of("kita"),
        operator=changed,
        templates=TEMPLATES["kita"],
        origin=ORIGIN,
        login_url=LOGIN,
        now=NOW,
    )
    raw = message.as_bytes(policy=SMTP)
    parsed = message_from_bytes(raw, policy=default)
    assert isinstance(parsed, EmailMessage)
    assert set(parsed.keys()) == set(message.keys())
    assert len(parsed["From"].addresses) == 1
    assert parsed["From"].addresses[0].addr_spec == "mypage@kita.example"
    squeezed = "".join(subject.split())
    assert "".join(str(parsed["Subject"]).split()) == squeezed
    assert "".join(parsed["From"].addresses[0].display_name.split()) == "".join(company.split())
