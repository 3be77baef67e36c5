"""The labels of the manual, to the character, as the plugin declares them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mypage.plugin import ASCII_LETTERS, DIGITS, Paragraphs, PublicPage, Question, Recovery, RegistrationField, TextPart
from mypage_actv import pages, plugin

PORTAL = plugin.portal_policy()
LOGIN = plugin.login_page_policy()
SCHEME = plugin.login_scheme_items()[0]
FORM = plugin.registration_items()[0]
FIELDS = [field for group in FORM.groups for field in group.fields]


def field(kind: str) -> RegistrationField:
    return next(f for f in FIELDS if f.kind == kind)


def recovery(kind: str) -> Recovery:
    return next(r for r in plugin.recovery_items() if r.kind == kind)


def texts(page: PublicPage) -> Iterator[str]:
    for block in page.blocks:
        if isinstance(block, Paragraphs):
            yield from (block.heading, *block.paragraphs, *block.bullets)
        else:
            yield from (block.question, *block.answer)


@pytest.mark.req("ACTV-02", "ACTV-86")
def test_the_login_page_is_headed_as_in_the_manual() -> None:
    assert LOGIN.title == "ACT MyPage"
    assert LOGIN.lead == "マイページでは、ご契約内容、ご請求明細の確認ができます。"


@pytest.mark.req("ACTV-03", "ACTV-05", "ACTV-06")
def test_the_login_block() -> None:
    assert len(plugin.login_scheme_items()) == 1
    assert SCHEME.title == "マイページログイン"
    assert SCHEME.row_heading == "マイページ アカウント"
    assert [part.label for part in SCHEME.parts] == ["ログインID"]
    assert isinstance(SCHEME.parts[0], TextPart)
    assert SCHEME.secret == "パスワード"
    assert (SCHEME.clear, SCHEME.submit) == ("クリア", "ログイン")


@pytest.mark.req("ACTV-04")
def test_the_caution_before_the_first_login() -> None:
    assert LOGIN.caution_title == "<ご注意>"
    assert LOGIN.caution == (
        "マイページをご利用いただく際には、マイページアカウント（ログインID・パスワード）の作成が必要です。",
        "作成していない方は、「新規アカウント作成」より、マイページアカウントの作成を行って下さい。",
    )


@pytest.mark.req("ACTV-07", "ACTV-08", "ACTV-67")
def test_two_ways_back_in() -> None:
    assert recovery("login-id").entry == "ログインIDを忘れた場合{こちら}。"
    assert recovery("password").entry == "パスワードを忘れた場合"
    assert [r.kind for r in plugin.recovery_items()] == ["login-id", "password"]


@pytest.mark.req("ACTV-09")
def test_the_entry_of_the_registration() -> None:
    assert FORM.entry == "新規アカウント作成"


@pytest.mark.req("ACTV-14", "ACTV-34", "ACTV-79")
def test_the_login_id() -> None:
    policy = plugin.login_id_policy("mypage")
    assert policy.length == (4, 20)
    assert policy.alphabet == ASCII_LETTERS + DIGITS
    assert field("login").label == "ログインID"
    assert field("login").help == "ログインIDは、半角英数4文字以上20文字以内で入力してください。"


@pytest.mark.req("ACTV-15", "ACTV-35", "ACTV-79")
def test_the_password() -> None:
    policy = plugin.password_policy("mypage")
    assert policy.length == (6, 50)
    assert policy.alphabet == ASCII_LETTERS + DIGITS
    assert field("password").label == "パスワード"
    assert field("password").help == "パスワードは、半角英数6文字以上50文字以内で入力してください。"


@pytest.mark.req("ACTV-17", "ACTV-22")
def test_the_paper_with_the_codes() -> None:
    assert FORM.paper_picture == ("「マイページ」設定情報のお知らせ", "①お客様番号 :", "②認証コード : - -")
    assert field("proof-code").parts == 3
    assert "「マイページ認証コード通知書」" in FORM.paper_lines[0]


@pytest.mark.req("ACTV-18", "ACTV-19", "ACTV-21", "ACTV-23", "ACTV-84")
def test_what_is_said_about_the_paper() -> None:
    assert FORM.paper_lines[1:] == (
        "お客様番号および認証コードはすべて半角文字です。",
        "文字見本をご確認いただき、大文字、小文字、数字のご入力にご注意ください。",
        "お客様番号および認証コードは第三者に知られないよう、お客様ご自身の管理をお願いいたします。",
        "お持ちでない場合は、青森ケーブルテレビ窓口(0120-442-208)までお問合せください。",
    )


@pytest.mark.req("ACTV-25")
def test_the_public_navigation() -> None:
    public = plugin.public_page_items()
    assert [p.title for p in public] == ["トップページ", "よくある質問と回答", "注意事項・ご利用規約", "重要事項説明書"]
    assert [p.slug for p in public] == ["", "faq", "terms", "important"]
    assert all(p.blocks for p in public if p.slug)
    assert all(isinstance(b, Question) for b in pages.FAQ)


@pytest.mark.req("ACTV-26", "ACTV-71")
def test_the_text_size_switch() -> None:
    sizes = PORTAL.text_sizes
    assert sizes is not None
    assert (sizes.label, sizes.standard, sizes.large) == ("文字サイズ", "標準", "大きく")


@pytest.mark.req("ACTV-27", "ACTV-73")
def test_the_header() -> None:
    assert (PORTAL.top_label, PORTAL.logout_label) == ("TOP", "ログアウト")


@pytest.mark.req("ACTV-28", "ACTV-59", "ACTV-60", "ACTV-62", "ACTV-64")
def test_the_five_functions_in_order() -> None:
    entries = [entry for section in plugin.menu_items() for entry in section.entries]
    assert [(e.label, e.route) for e in entries] == [
        ("ご契約内容参照", "contract"),
        ("ご請求明細", "bills"),
        ("インボイス（適格請求書）", "invoices"),
        ("クレジットカード変更", "card"),
        ("ID・パスワード変更", "credentials"),
    ]


@pytest.mark.req("ACTV-59", "ACTV-60", "ACTV-62", "ACTV-64")
def test_pages_are_titled_as_their_entries() -> None:
    assert plugin.contract_view_policy().title == "ご契約内容参照"
    assert plugin.billing_view_policy().bills_title == "ご請求明細"
    assert plugin.billing_view_policy().invoices_title == "インボイス（適格請求書）"
    assert plugin.card_change_policy().title == "クレジットカード変更"
    change = plugin.credential_change_items()[0]
    assert (change.title, change.login, change.password) == ("ID・パスワード変更", True, True)


@pytest.mark.req("ACTV-29", "ACTV-57", "ACTV-81")
def test_the_notices() -> None:
    view = plugin.notice_view_policy()
    assert view.title == "お知らせ"
    assert view.lead == "お知らせ情報をご覧になれます。"
    assert view.empty == "青森ケーブルテレビからのお知らせはありません。"


@pytest.mark.req("ACTV-30", "ACTV-82")
def test_the_telephone() -> None:
    contact = PORTAL.contact
    assert contact is not None
    assert (contact.title, contact.phone) == ("お電話でのお問合せ", "0120-442-208")
    assert contact.hours == "受付時間 9:00~17:30"


@pytest.mark.req("ACTV-31", "ACTV-32", "ACTV-33")
def test_the_head_of_the_registration() -> None:
    assert FORM.title == "マイページアカウント作成"
    assert FORM.steps[0] == "内容"
    assert FORM.lead == (
        "※※※ ここで入力する項目は、大変重要な情報となります。 ※※※",
        "※※※ 必ず控えておくことをお願い致します。 ※※※",
    )
    assert FORM.groups[0].heading == "マイページアカウント"
    assert [f.kind for f in FORM.groups[0].fields] == ["login", "password", "password-again", "email"]


@pytest.mark.req("ACTV-34", "ACTV-35", "ACTV-36", "ACTV-37", "ACTV-40", "ACTV-41", "ACTV-42")
def test_seven_fields_in_order() -> None:
    assert [f.label for f in FIELDS] == [
        "ログインID",
        "パスワード",
        "パスワード(確認)",
        "メールアドレス1",
        "お客様番号",
        "認証コード",
        "画像認証",
    ]


@pytest.mark.req("ACTV-36", "ACTV-37")
def test_help_of_the_second_password_and_the_address() -> None:
    assert field("password-again").help == "確認のため、再度、パスワードの入力をお願いします。"
    assert field("email").help == "ご利用可能なメールアドレスを入力してください"


@pytest.mark.req("ACTV-38", "ACTV-39", "ACTV-83")
def test_notes_below_the_address() -> None:
    assert field("email").notes == (
        "ドメイン指定などのメール受信制限を利用されている場合、",
        "以下のドメインからのメールが受信できるよう設定をお願いします。",
        "%(mail_domain)s",
        "※ 弊社プライバシーポリシーに準じて、",
        "弊社からのお知らせなどに使用させていただく場合がございます。",
    )


@pytest.mark.req("ACTV-40", "ACTV-41", "ACTV-22", "ACTV-19")
def test_help_of_number_and_code() -> None:
    start = "「マイページ認証コード通知書」に記載されております"
    assert field("customer-number").help == start + "『お客様番号』を入力して下さい。"
    assert field("proof-code").help == start + "『認証コード』を入力して下さい。"
    assert field("proof-code").notes == ("大文字、小文字、数字のご入力にご注意ください。",)


@pytest.mark.req("ACTV-42")
def test_the_picture() -> None:
    assert field("captcha").help == "画面に表示されている数字をご入力ください。"
    assert FORM.captcha_digits == 4


@pytest.mark.req("ACTV-43")
def test_the_buttons_of_the_registration() -> None:
    assert (FORM.back, FORM.next) == ("戻る", "次へ")


@pytest.mark.req("ACTV-52")
def test_the_activation_mail_is_the_operators() -> None:
    mail = next(m for m in plugin.mail_text_items() if m.name == "activation")
    assert mail.subject.startswith("【青森ケーブルテレビ】")
    assert mail.opening


@pytest.mark.req("ACTV-53", "ACTV-87")
def test_the_message_after_activation() -> None:
    assert LOGIN.activated == "アカウントを認証しました。"


@pytest.mark.req("ACTV-61")
def test_bills_reach_two_years_back() -> None:
    assert plugin.billing_view_policy().months == 24


@pytest.mark.req("ACTV-77", "ACTV-85")
def test_nothing_can_be_ordered() -> None:
    routes = {entry.route for section in plugin.menu_items() for entry in section.entries}
    assert routes == {"contract", "bills", "invoices", "card", "credentials"}


@pytest.mark.req("ACTV-78")
def test_one_role() -> None:
    assert SCHEME.role == "holder"
    assert not hasattr(plugin, "permission_policy")


@pytest.mark.req("ACTV-71", "ACTV-86")
def test_the_names() -> None:
    assert (PORTAL.company, PORTAL.portal_name) == ("青森ケーブルテレビ", "MyPage")
    assert PORTAL.customer_number_label == "お客様番号"


@pytest.mark.req("ACTV-23", "ACTV-70", "ACTV-84")
def test_who_cannot_go_on_is_given_the_telephone() -> None:
    faq = " ".join(text for page in plugin.public_page_items() for text in texts(page))
    assert "青森ケーブルテレビ窓口(0120-442-208)までお問合せください。" in faq
    assert "メールを受け取れない場合は、お電話でお問合せください。" in faq
