"""凪ネット: お客さまページ. It differs from the shipped operators in every hook."""

from collections.abc import Mapping

from mypage.plugin import (
    ACCOUNT_CHANGE,
    ACCOUNT_MANAGE,
    ACCOUNT_READ,
    ASCII_LETTERS,
    BILL_READ,
    CARD_CHANGE,
    CONTRACT_READ,
    CREDENTIAL_CHANGE,
    DIGITS,
    FOR_ALL,
    GUIDANCE,
    HOME,
    INVOICE_READ,
    MAILBOX_CHANGE,
    NOTICE_READ,
    OPTION_READ,
    PAPERS,
    PROFILE_CHANGE,
    REQUEST_FILE,
    REQUEST_READ,
    SLOT_CHANGE,
    SLOT_READ,
    SUMMARY_READ,
    AccountDeletion,
    AccountField,
    AccountSteps,
    ApplicationStep,
    AutoEnd,
    BillingView,
    Bundle,
    CardChange,
    CardLabels,
    CardRows,
    ChargedMonths,
    ChoicePart,
    ContactBlock,
    ContactPoints,
    ContactTopic,
    ContractCondition,
    ContractPolicy,
    ContractView,
    CredentialChange,
    DeskPolicy,
    Entry,
    FirstLogin,
    FirstLoginVariant,
    Gate,
    Guidance,
    IdentifierPolicy,
    Landing,
    Licence,
    LinkLine,
    LoginPageText,
    LoginScheme,
    Mailboxes,
    MailText,
    MenuSection,
    NameReservation,
    NoticeView,
    Overview,
    PaperKind,
    Paragraphs,
    PasswordPolicy,
    PaymentGateway,
    PermissionMatrix,
    Portal,
    PrintedAt,
    Product,
    ProductPage,
    ProfileField,
    ProfileForm,
    ProvisioningAdapter,
    PublicPage,
    Question,
    Quota,
    Recovery,
    Remarks,
    RequestCatalogue,
    Sentence,
    SessionPolicy,
    SlotPage,
    Slots,
    SubAccounts,
    Summary,
    TenantSettings,
    Termination,
    TextPart,
    ThrottlePolicy,
    TierPrice,
    UnitPrice,
    WorkQuestion,
    WorkReason,
    WorkRule,
    hookimpl,
    hours,
    minutes,
    symbols,
)
from sample_operator import berths, leaving
from sample_operator.berth_words import BERTH_PAGE
from sample_operator.counter import CounterOnly
from sample_operator.requests import CATALOGUE
from sample_operator.slips import SlipsOnly

MAIL = "mail"


class NagiSettings(TenantSettings, frozen=True, kw_only=True):
    """What a tenant of 凪ネット says besides the settings of every tenant."""

    harbour: str


@hookimpl
def portal_policy() -> Portal:
    """Names and words of every page; no switch of the text size."""
    return Portal(
        company="凪ネット",
        portal_name="お客さまページ",
        customer_number_label="ご契約者番号",
        top_label="ホーム",
        logout_label="サインアウト",
        contact=ContactBlock(title="凪ネット窓口", phone="0120-000-773", hours="平日 10:00~16:00"),
        honorific="さま",
    )


@hookimpl
def menu_items() -> list[MenuSection]:
    """Money first, under headings. Changing a card is done at the counter and so has no entry."""
    return [
        MenuSection(
            heading="お支払い",
            entries=(Entry("ご利用料金", "bills", "bill"), Entry("適格請求書", "invoices", "tag", "控えの保存")),
        ),
        MenuSection(
            heading="ご契約",
            entries=(
                Entry("ご契約の内容", "contract"),
                Entry("パスワードの変更", "credentials", "key"),
                Entry("ご連絡先", "profile", "user"),
                Entry("ご家族のサインイン", "accounts", "user"),
                Entry("沖の天気だより", "option", params={"slug": "weather"}),
                Entry("お引っこし", "guidance", params={"slug": "moving"}),
                Entry("お別れ", "termination"),
                Entry("書面のうけつけ", "requests", "inbox"),
            ),
        ),
    ]


@hookimpl
def public_page_items() -> list[PublicPage]:
    """One page of our own and a link to our site."""
    return [
        PublicPage(
            slug="guide",
            title="ご利用案内",
            lead="お客さまページでできることをご案内します。",
            blocks=(
                Paragraphs(("料金とご契約の内容をご覧になれます。",), heading="できること"),
                Question("カードを変えるには。", ("凪ネット窓口でうけたまわります。",)),
            ),
        ),
        PublicPage(slug="site", title="凪ネットのサイト", url="https://nagi.example/"),
    ]


@hookimpl
def landing_items() -> list[Landing]:
    """A reader comes for the bills."""
    return [Landing(route="bills", roles=frozenset({"reader"}))]


@hookimpl
def guidance_items() -> list[Guidance]:
    """Moving house is for the holder; who may pay in cash is said to everybody, with the counter's own page."""
    return [
        Guidance(
            slug="moving",
            title="お引っこし",
            permission=PROFILE_CHANGE,
            why="線をつなぎかえるため、窓口でうけたまわります。",
            phone="0120-000-773",
            hours="平日 10:00~16:00",
        ),
        Guidance(
            slug="counter",
            title="窓口でのお支払い",
            leads_to=("窓口のページ", "https://nagi.example/counter"),
            note="窓口のページには、べつの合言葉が必要です。",
        ),
    ]


@hookimpl
def profile_form_items() -> list[ProfileForm]:
    """How one is reached, and which harbour is near; the number of boats is asked, too."""
    return [
        ProfileForm(
            title="ご連絡先",
            titles=("ご連絡先の入力", "ご連絡先の確認", "ご連絡先の変更"),
            fields=(
                ProfileField(name="mail", kind="email", label="メール", required=True),
                ProfileField(name="call", kind="mobile", label="けいたい電話"),
                ProfileField(name="harbour", kind="choice", label="近くの港", choices=("北の港", "南の港")),
                ProfileField(name="boats", kind="count", label="舟の数", unit="そう"),
                ProfileField(name="named", kind="name", label="お名前", locked=True, help="窓口で変えられます。"),
            ),
        )
    ]


@hookimpl
def permission_policy() -> PermissionMatrix:
    """The holder may do all, a reader of the family only read bills, and crew change their own account."""
    everything = {HOME, CONTRACT_READ, BILL_READ, INVOICE_READ, CARD_CHANGE, CREDENTIAL_CHANGE, NOTICE_READ}
    more = {PROFILE_CHANGE, GUIDANCE, SUMMARY_READ, ACCOUNT_MANAGE, "family.more"}
    more |= {SLOT_READ, SLOT_CHANGE, REQUEST_READ, REQUEST_FILE}
    accounts = {
        each + reach
        for each in (ACCOUNT_READ, ACCOUNT_CHANGE, MAILBOX_CHANGE, OPTION_READ, "weather")
        for reach in ("", FOR_ALL)
    }
    return PermissionMatrix(
        {
            "holder": frozenset(everything | more | accounts | leaving.MAY),
            "reader": frozenset({HOME, BILL_READ, GUIDANCE}),
            "crew": frozenset({HOME, GUIDANCE, ACCOUNT_READ, ACCOUNT_CHANGE, OPTION_READ, "weather"}),
        }
    )


@hookimpl
def sub_account_items() -> list[SubAccounts]:
    """Two people besides the holder, who sign in as it does; without kana, and out at once when they are deleted."""
    return [
        SubAccounts(
            scheme=MAIL,
            quota="family",
            roles={"crew": "乗組員", "reader": "帳場"},
            title="ご家族のサインイン",
            fields=(
                AccountField(kind="name", label="お名前", parts=("みょう字", "下のお名前")),
                AccountField(kind="role", label="できること"),
                AccountField(kind="login", label="メールアドレス"),
                AccountField(kind="password", label="暗証", again="暗証（確認）"),
            ),
            register=AccountSteps(titles=("ご家族をふやす", "ふやすまえの確認", "ご家族がふえました"), guide=""),
            deletion=AccountDeletion(notes=("すぐにサインアウトされます。",)),
        )
    ]


@hookimpl
def mailbox_items() -> list[Mailboxes]:
    """We have no mail: notes to the family go to whatever address the holder names; nobody is asked to consent."""
    return [
        Mailboxes(
            title="お知らせの送り先",
            confirm_title="送り先の確認",
            done_title="送り先がきまりました",
            lead="ご家族へのお知らせをどこへ送るかをきめます。",
            address_label="送り先",
            present_label="いまの送り先",
            date_label="きめた日",
            next="たしかめる",
            commit="きめる",
            back="書きなおす",
            done_other=(Sentence("%(address)s にお知らせを送りました。{ご家族のようす}にもどれます。", "overview"),),
        )
    ]


@hookimpl
def overview_policy() -> Overview:
    """Who is in the family; our contracts have a page of their own."""
    return Overview(
        title="ご家族のようす",
        own_title="わたしのサインイン",
        contract_title="ご契約のあらまし",
        quotas_title="なんにんまで",
        accounts_title="ご家族のかた",
        add="ふやす",
        none="まだどなたもいません。",
        facts_title="サインインのこと",
        hint_title="送り先のないかたが%(count)s人います",
    )


@hookimpl
def quota_items() -> list[Quota]:
    """The family, which can be bought more room."""
    return [Quota(name="family", label="ご家族", counts="sub-accounts", base=2)]


@hookimpl
def product_items() -> list[Product]:
    """Room for the family, charged from its first month on and not in its last; the weather, to each by mail."""
    return [
        Product(
            code="family-more",
            name="ご家族の追加",
            holder="contract",
            price=UnitPrice(monthly=100, once=800, months=ChargedMonths(first=True, last=False)),
            permission="family.more",
            adds={"family": 2},
            auto_end=AutoEnd(("family",)),
            once_label="はじめの手数料",
        ),
        Product(
            code="weather",
            name="沖の天気だより",
            holder="account",
            price=TierPrice(totals=(0, 280)),
            permission="weather",
            needs=frozenset({"mail-address"}),
            licence=Licence(
                pin_label="合言葉", activation_label="合言葉のつかいかた", activation=("窓口で見せます。",)
            ),
            mailed=True,
        ),
        *berths.PRODUCTS,
        leaving.LINE,
    ]


@hookimpl
def product_page_items() -> list[ProductPage]:
    """Two pages, in words of our own."""
    weather = ("沖の天気だより", "天気だよりの確認", "天気だよりの受付")
    more = ("ご家族の追加", "追加の確認", "追加の受付")
    return [
        ProductPage(
            slug="more",
            title="ご家族の追加",
            products=("family-more",),
            permission="family.more",
            buy_titles=more,
            end_titles=more,
            buy="ふやす",
            end="もどす",
            commit="これでよい",
            back="やめる",
            price_label="月々",
            held="ふやしています",
            not_held="ふやしていません",
            done_heading="お受けした内容",
        ),
        ProductPage(
            slug="weather",
            title="沖の天気だより",
            products=("weather",),
            permission=OPTION_READ,
            buy_titles=weather,
            end_titles=weather,
            buy="受けとる",
            end="とめる",
            commit="これでよい",
            back="やめる",
            account_label="受けとるかた",
            holdings_title="天気だよりの合言葉",
            holdings_link="合言葉を見る",
            bought=(Sentence("あすの朝から %(address)s へお送りします。"),),
            done_heading="お受けした内容",
        ),
    ]


@hookimpl
def request_catalogue_items() -> list[RequestCatalogue]:
    """Three forms, and an entry that opens another page."""
    return [CATALOGUE]


@hookimpl
def settings_policy() -> type[TenantSettings]:
    """Each tenant names its harbour."""
    return NagiSettings


@hookimpl
def login_scheme_items() -> list[LoginScheme]:
    """A mail address in two parts: its name is typed, its domain chosen."""
    return [
        LoginScheme(
            name=MAIL,
            title="サインイン",
            parts=(
                TextPart(
                    "local",
                    "メールアドレス（@の前）",
                    help="@の前だけを入力します。",
                    forbidden="@",
                    hint="@からうしろは、となりで選びます。",
                ),
                ChoicePart("domain", "ドメイン", ("nagi.example", "sea.nagi.example"), empty="選んでください"),
            ),
            joined="{local}@{domain}",
            secret="暗証",
            submit="入る",
        )
    ]


@hookimpl
def login_page_policy() -> LoginPageText:
    """A title, one sentence, and where the address is printed."""
    return LoginPageText(
        title="凪ネット お客さまページ",
        lead="いつもご利用ありがとうございます。",
        printed=(PrintedAt("メールアドレス", "加入証のおもて"),),
    )


@hookimpl
def password_policy(scheme: str) -> PasswordPolicy:
    """Long passwords of any characters; the last three may not come back."""
    return PasswordPolicy(length=(12, 64), history=3)


@hookimpl
def login_id_policy(scheme: str) -> IdentifierPolicy:
    """Mail addresses that we gave out ourselves."""
    return IdentifierPolicy(length=(5, 64), alphabet=ASCII_LETTERS + DIGITS + symbols("@._-"))


@hookimpl
def recovery_items() -> list[Recovery]:
    """A forgotten password only: the address is printed on the contract."""
    return [
        Recovery(
            kind="password",
            scheme=MAIL,
            entry="暗証をお忘れのかたは{こちら}へ",
            title="暗証をお忘れのかた",
            lead="メールアドレスを入力してください。設定しなおすご案内をお送りします。",
            login_label="メールアドレス",
            link_life=hours(3),
        )
    ]


@hookimpl
def credential_change_items() -> list[CredentialChange]:
    """The password can be changed, the address cannot."""
    return [
        CredentialChange(
            scheme=MAIL,
            title="パスワードの変更",
            login=False,
            password=True,
            password_label="新しい暗証",
            password_again_label="新しい暗証（確認）",
            notes=Remarks("ごらんください", ("ほかで使っていない暗証にします。",)),
        )
    ]


@hookimpl
def throttle_policy() -> ThrottlePolicy:
    """Three mistakes are free, then waits begin at a minute."""
    return ThrottlePolicy(free=3, first_wait=minutes(1))


@hookimpl
def session_policy() -> SessionPolicy:
    """A quarter of an hour without use."""
    return SessionPolicy(idle=minutes(15))


@hookimpl
def gate_items() -> list[Gate]:
    """Whose address was never confirmed reads the notices, which say how; the core's gate stands before it."""
    return [
        Gate(name="confirm-address", condition="unverified-email", route="notices", allowed=frozenset({"notices-one"}))
    ]


@hookimpl
def contract_view_policy() -> ContractView:
    """The title of the contract page."""
    return ContractView(title="ご契約の内容")


@hookimpl
def contract_policy() -> ContractPolicy:
    """Nobody joins the family, and nobody needs the weather of a sea that one is leaving."""
    return ContractPolicy(
        conditions=(
            ContractCondition(
                permissions=frozenset({"family.more", "weather"}),
                states=frozenset({"preparing", "active", "suspended", "paper"}),
                refusal="ご契約の終わりをうけたまわっているため、お申し込みになれません。",
            ),
        )
    )


@hookimpl
def notice_view_policy() -> NoticeView:
    """The words of the notices."""
    return NoticeView(title="凪だより", empty="新しい凪だよりはありません。")


@hookimpl
def desk_policy() -> DeskPolicy:
    """Things are done on the day; the office is closed for the summer feast, and works on the last days of the year."""
    return DeskPolicy(
        kinds={
            "order": WorkRule(
                days=0,
                reasons=(WorkReason(code="storm", label="しけで行けない", told="しけのため、うかがえませんでした。"),),
                questions=(
                    WorkQuestion(code="pier", label="桟橋の番号", text="どの桟橋か、港の窓口にお知らせください。"),
                ),
            ),
            "request": WorkRule(
                reasons=(WorkReason(code="papers", label="証がたりない", told="許可証がたりませんでした。"),),
                questions=(WorkQuestion(code="boat", label="どの舟か", text="舟の名をおしらせください。"),),
            ),
        },
        usual=WorkRule(days=5),
        answer_days=10,
        closed=((1, 1), (1, 2), (1, 3), (8, 13), (8, 14)),
        papers=(*PAPERS, PaperKind(code="berth", label="係留場所のお届け", stops=True)),
        tell_secret_shown=False,
        secrets_an_hour=2,
    )


@hookimpl
def mail_text_items() -> list[MailText]:
    """Our own subject of the mail that resets a password."""
    return [MailText(name="password_reset", subject="【凪ネット】暗証の再設定")]


@hookimpl
def billing_view_policy() -> BillingView:
    """One year of bills."""
    return BillingView(bills_title="ご利用料金", invoices_title="適格請求書", months=12)


@hookimpl
def card_change_policy() -> CardChange:
    """The words of the card form, without a list of brands."""
    labels = CardLabels(
        title="お支払いカード",
        number="カードの番号",
        expiry="カードの期限",
        security_code="裏面の番号",
        holder="カードのお名前",
        submit="進む",
        cancel="やめる",
    )
    return CardChange(
        title="カードの変更",
        labels=labels,
        confirm="このカードにする",
        back="入力にもどる",
        review=True,
        rows=CardRows(number="番号", masked="・・・・%(last4)s", holder="お名前"),
        held=("窓口の者がお名前を確かめます。",),
    )


@hookimpl
def make_payment_gateway(name: str, settings: Mapping[str, str]) -> PaymentGateway | None:
    """The gateway `counter`: cards are changed at the counter of the tenant's harbour."""
    if name != "counter":
        return None
    if "desk" not in settings:
        raise ValueError("counter needs desk, the counter where cards are changed")
    return CounterOnly(settings["desk"])


@hookimpl
def make_provisioning_adapter(name: str, settings: Mapping[str, str]) -> ProvisioningAdapter | None:
    """The adapter `slips`: staff do everything by hand."""
    if name != "slips":
        return None
    if "tray" not in settings:
        raise ValueError("slips needs tray, where the slips lie")
    return SlipsOnly(settings["tray"])


@hookimpl
def termination_items() -> list[Termination]:
    """How one leaves."""
    return [leaving.LEAVING]


@hookimpl
def slot_items() -> list[Slots]:
    return [berths.BERTHS]


@hookimpl
def slot_page_items() -> list[SlotPage]:
    """In other words than the shipped operator's, and with fewer patterns."""
    return [BERTH_PAGE]


@hookimpl
def make_name_reservation(name: str, settings: Mapping[str, str]) -> NameReservation | None:
    return berths.make(name, settings)


@hookimpl
def first_login_items() -> list[FirstLogin]:
    """A greeting that nobody has to confirm: no gate leads to it. Boats with a beacon learn its code."""
    return [
        FirstLogin(
            title="ようこそ、みなとへ",
            submit="うけとりました",
            login_title="サインインのしかた",
            login_label="メールアドレス",
            missing="まだありません。窓口でおたずねください。",
            lead="はじめに一度だけお見せします。",
            variants=(
                FirstLoginVariant(
                    name="灯台つき", plans=frozenset({"beacon"}), title="灯台の合図", secrets=("灯台の合図",)
                ),
                FirstLoginVariant(name="岸壁だけ"),
            ),
        )
    ]


@hookimpl
def summary_items() -> list[Summary]:
    """A second page about the berths beside the home page; nothing is paid there."""
    return [
        Summary(
            title="係留のようす",
            over="船主さま",
            number_note="無線ではこの番号をお伝えください。",
            services_title="係留",
            none="係留はありません。",
            before="これから",
            after="係留中",
            progress_label="準備のようす",
            no_progress="準備はまだ始まっていません。",
            steps=(ApplicationStep("survey", "岸壁のしらべ"), ApplicationStep("ropes", "もやい綱")),
            place_label="岸壁",
            bundles=(Bundle(plans=frozenset({"beacon"}), name="灯台（無料）"),),
            bundle_label="そなえつけ",
            rows_title="そのほか",
            rows=(LinkLine(label="潮見表", value="海の案内所", link="ひらく", url="https://tide.example/"),),
        )
    ]


@hookimpl
def contact_items() -> list[ContactPoints]:
    """Two windows, one of them by telephone only."""
    return [
        ContactPoints(
            title="みなとの窓口",
            lead="船のことは港務所へ。",
            topics=(
                ContactTopic(label="船", phone="0120-000-773", note="昼のあいだ"),
                ContactTopic(label="潮", url="https://tide.example/", link="海の案内所"),
            ),
            back="ホームへ",
        )
    ]
