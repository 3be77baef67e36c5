"""What the people of 凪ネット can ask for in writing: three forms that use every kind of field."""

from mypage.plugin import (
    DayWindow,
    FileRule,
    RequestCatalogue,
    RequestField,
    RequestForm,
    RequestOption,
    RequestSection,
    When,
)

REASONS = (
    RequestOption("harbour", "港がかわる"),
    RequestOption("boat", "舟がかわる", "舟の名を書いてください。"),
    RequestOption("other", "そのほか"),
)

MOVE = RequestForm(
    code="berth-move",
    title="係留場所のおひっこし",
    lead="あたらしい桟橋へ線をひきなおします。",
    notes=("しけの日は、うかがえません。", "いまの桟橋の線は、はずします。"),
    words="引越 移転 住所",
    popular=True,
    days=5,
    fields=(
        RequestField(name="now", kind="shown", label="いまの桟橋", source="contract.place"),
        RequestField(name="postal", kind="postal", label="郵便番号", fills=("address",)),
        RequestField(name="address", kind="text", label="あたらしい住所", longest=200),
        RequestField(name="reason", kind="radio", label="わけ", options=REASONS),
        RequestField(name="boat", kind="full-width", label="舟の名", longest=20, when=When("reason", ("boat",))),
        RequestField(name="why", kind="area", label="くわしく", longest=300, when=When("reason", ("other",))),
        RequestField(name="day1", kind="date", label="のぞみの日 一", window=DayWindow(first=5, months=3)),
        RequestField(
            name="day2",
            kind="date",
            label="のぞみの日 二",
            required=False,
            unlike=("day1",),
            window=DayWindow(first=5, months=3),
        ),
        RequestField(name="witness", kind="yes-no", label="立ち会うかたがいますか"),
        RequestField(name="who", kind="text", label="立ち会うかた", longest=40, when=When("witness")),
        RequestField(name="who_kana", kind="kana", label="よみ", longest=40, when=When("witness")),
        RequestField(
            name="papers",
            kind="file",
            label="係留の許可証",
            required=False,
            needed_when=When("reason", ("harbour",)),
            files=FileRule(types=("pdf", "png"), most=2, megabytes=2),
        ),
    ),
    done=("桟橋の下見のあと、お知らせします。",),
)

ADDRESS = RequestForm(
    code="slip-mail",
    title="けいたいメールのとどけ",
    fields=(
        RequestField(name="mail", kind="email", label="メール", again="メール（もう一度）"),
        RequestField(name="login", kind="shown", label="サインイン名", source="login"),
        RequestField(
            name="harbour",
            kind="choice",
            label="近くの港",
            options=(RequestOption("n", "北の港"), RequestOption("s", "南の港")),
            required=False,
        ),
    ),
    withdrawable=frozenset({"filed"}),
    no_withdrawal="取り下げは、窓口にお電話ください。",
    warns_twice=False,
    about_contract=False,
    common=False,
)

STOP = RequestForm(
    code="storm-stop",
    title="冬のおやすみ",
    version=3,
    fields=(
        RequestField(name="services", kind="checks", label="やすむもの", offers="services"),
        RequestField(name="others", kind="checks", label="いっしょにやすむ契約", offers="contracts", required=False),
        RequestField(name="month", kind="month", label="やすむ月", window=DayWindow(first_month=1, months=4)),
        RequestField(name="count", kind="digits", label="浮きの数", shortest=1, longest=2),
        RequestField(name="line", kind="note", label="", help="線は春までそのままです。"),
        RequestField(name="agreed", kind="consent", label="春の点検の代金がかかることを知っています"),
        RequestField(name="about", kind="choice", label="かかわる受付", offers="requests", required=False),
    ),
    withdrawable=frozenset(),
    no_withdrawal="おやすみは、取り下げられません。",
    understood="春までつながらないことがわかりました",
    days=1,
)

CATALOGUE = RequestCatalogue(
    title="書面のうけつけ",
    lead="窓口に来なくても、ここから出せます。",
    list_title="出した書面",
    letter="N",
    number_label="うけつけ番号",
    contract_label="ご契約",
    search_label="したいこと",
    next="たしかめる",
    commit="出す",
    back="書きなおす",
    states={"filed": "とどきました", "working": "見ています", "returned": "おかえししました"},
    common=(
        RequestField(name="phone", kind="phone", label="れんらく先", source="customer.phone"),
        RequestField(name="holder", kind="text", label="ご契約者", source="customer.name", locked=True),
    ),
    sections=(
        RequestSection(code="berth", title="桟橋のこと", forms=(MOVE, STOP)),
        RequestSection(
            code="contact",
            title="れんらくのこと",
            forms=(ADDRESS, RequestForm(code="own-data", title="ご連絡先をなおす", opens="profile")),
        ),
    ),
)
