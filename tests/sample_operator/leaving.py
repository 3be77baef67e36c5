"""How a contract of 凪ネット ends: any day from the tenth business day on, for consumers with a fee that declines."""

from mypage.plugin import (
    TERMINATION,
    TERMINATION_READ,
    EarlyEndFee,
    EndChoice,
    EndDays,
    EndField,
    EndGroup,
    EndOption,
    EndReason,
    Product,
    Termination,
    UnitPrice,
)

MAY = frozenset({TERMINATION, TERMINATION_READ})
"""What ending a contract takes."""
LINE = Product(
    code="line",
    name="海の回線",
    holder="contract",
    price=UnitPrice(monthly=3_800),
    permission="line",
    sold=False,
)
"""The basic fee: it comes with the contract."""

EARLY = EarlyEndFee(months=24, base="line", penalty=3_000, construction=24_000)

LEAVING = Termination(
    titles=("お別れのお手続き", "お別れの確認", "お別れをうけたまわりました"),
    over="お別れ",
    groups=(
        EndGroup(
            title="お別れの日とわけ",
            fields=(
                EndField(name="day", kind="date", label="さいごの日"),
                EndField(name="why", kind="reason", label="わけ"),
                EndField(name="more", kind="detail", label="くわしいわけ", required=False),
            ),
        ),
        EndGroup(
            title="ごれんらく先",
            fields=(
                EndField(name="tel", kind="phone", label="お電話", required=False),
                EndField(name="mail", kind="email", label="メール", again="メール（もういちど）"),
            ),
        ),
    ),
    reasons=(
        EndReason("move", "お引っこし", (EndChoice("inland", "内陸へ"), EndChoice("abroad", "海のむこうへ"))),
        EndReason("else", "ほか"),
    ),
    days=EndDays(earliest=10, latest=30, every_day=True),
    warnings=("お別れのあとは、もとにもどせません。",),
    options=(
        EndOption(label="ご家族の追加", products=("family-more",)),
        EndOption(label="灯台", services=("灯台",), ends=False, stays="灯台は窓口でおわりにします。"),
    ),
    stays_block=True,
    early=EARLY,
    steps=("かく", "みる", "おわり"),
)
