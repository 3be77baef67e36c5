"""UCOM光 レジデンス: 会員専用ツール マイページ. Everything is data; requirement ids are those of REQUIREMENTS.md."""

from mypage.plugin import (
    ASCII_LETTERS,
    ASCII_LOWER,
    DIGITS,
    CardChange,
    CredentialChange,
    DeskPolicy,
    Guidance,
    IdentifierPolicy,
    Landing,
    LoginPageText,
    LoginScheme,
    Mailboxes,
    MailText,
    MenuSection,
    Overview,
    PasswordPolicy,
    PermissionMatrix,
    Portal,
    Product,
    ProductPage,
    ProfileForm,
    PublicPage,
    Quota,
    SessionPolicy,
    SubAccounts,
    TextPart,
    ThrottlePolicy,
    hookimpl,
    minutes,
    symbols,
)
from mypage_ucom import accounts, desk, guidance, mail, options, pages, payment, profile
from mypage_ucom.names import BY_ACCOUNT, BY_NUMBER, HOLDER, USER


@hookimpl
def portal_policy() -> Portal:
    """UCOM-13, UCOM-44, UCOM-188."""
    return pages.PORTAL


@hookimpl
def menu_items() -> list[MenuSection]:
    """UCOM-41 to UCOM-46."""
    return list(pages.MENU)


@hookimpl
def public_page_items() -> list[PublicPage]:
    """UCOM-43."""
    return list(pages.PUBLIC_PAGES)


@hookimpl
def landing_items() -> list[Landing]:
    """UCOM-09 to UCOM-12."""
    return list(pages.LANDINGS)


@hookimpl
def guidance_items() -> list[Guidance]:
    """UCOM-16, UCOM-175, UCOM-178 to UCOM-186."""
    return list(guidance.GUIDANCE)


@hookimpl
def permission_policy() -> PermissionMatrix:
    """UCOM-159 to UCOM-167."""
    return accounts.PERMISSIONS


@hookimpl
def login_page_policy() -> LoginPageText:
    """UCOM-187; the manual has no words around the forms, so these are ours."""
    return pages.LOGIN


@hookimpl
def login_scheme_items() -> list[LoginScheme]:
    """UCOM-01 to UCOM-06."""
    return [
        LoginScheme(
            name=BY_NUMBER,
            title="お客様番号でログイン",
            help=("登録証に記載の番号とパスワードをご用意ください。はじめての方は、こちらからログインしてください。"),
            parts=(TextPart("number", "お客様番号", numeric=True),),
            secret="お客様番号パスワード",
            submit="ログイン",
            role=HOLDER,
        ),
        LoginScheme(
            name=BY_ACCOUNT,
            title="アカウントIDでログイン",
            help=(
                "ご契約者さまがマイページで登録した、ご家族それぞれのIDです。"
                "まだ登録していない方は「お客様番号でログイン」をお使いください。"
            ),
            parts=(TextPart("account", "アカウントID"),),
            secret="アカウントIDパスワード",
            submit="ログイン",
            role=USER,
        ),
    ]


@hookimpl
def login_id_policy(scheme: str) -> IdentifierPolicy:
    """UCOM-17 to UCOM-20."""
    if scheme == BY_NUMBER:
        return IdentifierPolicy(length=(14, 14), alphabet=DIGITS, grouped=True)
    return IdentifierPolicy(
        length=(3, 15), alphabet=ASCII_LOWER + DIGITS + symbols("-"), first=ASCII_LOWER, last=ASCII_LOWER + DIGITS
    )


@hookimpl
def password_policy(scheme: str) -> PasswordPolicy:
    """UCOM-26 to UCOM-34."""
    if scheme == BY_NUMBER:
        return PasswordPolicy(
            length=(6, 10),
            alphabet=ASCII_LETTERS + DIGITS + symbols("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"),
            context="equal",
            echo=3,
            stops=True,
        )
    return PasswordPolicy(
        length=(8, 16),
        alphabet=ASCII_LETTERS + DIGITS + symbols("-_"),
        letters=1,
        digits=1,
        context="equal",
        history="all",
        echo=3,
    )


@hookimpl
def throttle_policy() -> ThrottlePolicy:
    """UCOM-08: five failures, then half an hour."""
    return ThrottlePolicy(free=5, first_wait=minutes(30), longest_wait=minutes(30))


@hookimpl
def session_policy() -> SessionPolicy:
    """UCOM-173."""
    return SessionPolicy(idle=minutes(30))


@hookimpl
def credential_change_items() -> list[CredentialChange]:
    """UCOM-128 to UCOM-131."""
    return [
        CredentialChange(
            scheme=BY_NUMBER,
            title="お客様番号パスワード変更",
            login=False,
            password=True,
            password_label="新パスワード",
            password_again_label="確認のため、再入力ください",
            password_help=(
                "※半角英数字と半角記号で入力してください。"
                "※パスワードは6文字以上10文字以下で入力してください。(10文字以上は入力できません)"
            ),
            present=False,
            id_label="お客様番号",
            lead="変更後のパスワードを入力し、[次へ進む] ボタンをクリックしてください。",
            next="次へ進む",
            confirm_title="お客様番号パスワード変更確認",
            confirm_lead="変更内容をご確認いただき、問題ない場合は[変更] ボタンをクリックしてください。",
            commit="変更",
            back="前画面へ戻る",
            done_title="お客様番号パスワード変更完了",
            plain=True,
        )
    ]


@hookimpl
def profile_form_items() -> list[ProfileForm]:
    """UCOM-122 to UCOM-127."""
    return [profile.PROFILE_FORM]


@hookimpl
def sub_account_items() -> list[SubAccounts]:
    """UCOM-19 to UCOM-28, UCOM-56 to UCOM-79."""
    return list(accounts.SUB_ACCOUNTS)


@hookimpl
def mailbox_items() -> list[Mailboxes]:
    """UCOM-37 to UCOM-40, UCOM-80 to UCOM-93."""
    return list(mail.MAILBOXES)


@hookimpl
def overview_policy() -> Overview:
    """UCOM-11, UCOM-12, UCOM-47 to UCOM-55."""
    return mail.OVERVIEW


@hookimpl
def mail_text_items() -> list[MailText]:
    """UCOM-176."""
    return list(mail.MAIL_TEXTS)


@hookimpl
def product_items() -> list[Product]:
    """UCOM-94 to UCOM-111, UCOM-132 to UCOM-158."""
    return list(options.PRODUCTS)


@hookimpl
def product_page_items() -> list[ProductPage]:
    """UCOM-95 to UCOM-110, UCOM-132 to UCOM-138."""
    return list(options.PRODUCT_PAGES)


@hookimpl
def quota_items() -> list[Quota]:
    """UCOM-24, UCOM-49, UCOM-50, UCOM-100."""
    return list(options.QUOTAS)


@hookimpl
def card_change_policy() -> CardChange | None:
    """UCOM-112 to UCOM-121."""
    return payment.CARD_CHANGE


@hookimpl
def desk_policy() -> DeskPolicy:
    """UCOM-117."""
    return desk.DESK
