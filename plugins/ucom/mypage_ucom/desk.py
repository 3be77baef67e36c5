"""What holds for the work of our staff: until when, what a card is rejected for, and what customers are asked.

No number of days and no reason stands in the manual; these are ours ([inferred]: UCOM-117, UCOM-171).
"""

from mypage.plugin import DeskPolicy, WorkQuestion, WorkReason, WorkRule

_CARDS = WorkRule(
    days=2,
    reasons=(
        WorkReason(
            code="other-person",
            label="ご契約書ご本人名義ではない",
            told="ご契約書ご本人名義ではないカードのため、登録できませんでした。",
        ),
        WorkReason(
            code="company",
            label="法人カードである",
            told="法人名義のカードは、ご登録いただけません。",
        ),
        WorkReason(
            code="guardian-unknown",
            label="親権者様のお名前を確認できない",
            told="親権者様のお名前を確認できないため、登録できませんでした。",
        ),
        WorkReason(code="other", label="その他"),
    ),
    questions=(
        WorkQuestion(
            code="whose",
            label="名義の確認",
            text="ご登録いただいたクレジットカードの名義は、ご契約書ご本人様のお名前でしょうか。\n"
            "お手数ですが、お電話でお知らせください。",
        ),
        WorkQuestion(
            code="guardian",
            label="親権者様の確認",
            text="ご登録いただいたクレジットカードは、親権者様のものでしょうか。\n"
            "親権者様のお名前を、お電話でお知らせください。",
        ),
    ),
)
_ORDERS = WorkRule(
    days=3,
    reasons=(
        WorkReason(
            code="not-possible",
            label="設備の都合でご提供できない",
            told="設備の都合により、ご提供できませんでした。",
        ),
        WorkReason(code="withdrawn", label="お客様のご希望で取り止め", told="ご希望により、取り止めました。"),
    ),
    questions=(
        WorkQuestion(
            code="which",
            label="お申し込み内容の確認",
            text="お申し込みの内容について、確認したいことがあります。\nお手数ですが、お電話でお知らせください。",
        ),
    ),
)
DESK = DeskPolicy(
    kinds={"card_review": _CARDS, "order": _ORDERS, "failure": WorkRule(days=1), "mail": WorkRule(days=3)},
)
