"""お支払い方法変更: the words of the card page and of its review (UCOM-112 to UCOM-121).

How long a guardian's card takes cannot be read in the manual (UCOM-171), so the note says no period.
"""

from mypage.plugin import CardChange, CardLabels, CardRows, Sentence

_NAME = "お支払い方法登録／変更"

CARD_CHANGE = CardChange(
    title=_NAME,
    review=True,
    lead="お支払いに利用するクレジットカード情報を入力し、【次へ進む】ボタンをクリックしてください。",
    notes=(
        Sentence("毎月のご利用料金等をお客様指定のクレジットカードでお支払いいただけます。"),
        Sentence("クレジットカードでのお支払いは、ご契約書ご本人名義とさせていただきます。"),
        Sentence(
            "ご契約書本人以外のクレジットカードでの支払いを希望される場合、書面での契約書情報の変更手続きが必要となりますので、"
            "{【ご契約内容変更申請】}をクリックし、申請書にて変更手続きを行ってください。",
            "guidance",
            {"slug": "contract-change"},
        ),
        Sentence(
            "未成年の場合は、ご登録いただいている親権者様のクレジットカードでお申し込みいただけます。"
            "ただしその場合情報の反映にはお時間がかかりますのでご了承ください。"
        ),
        Sentence(
            "ご契約書の名義とカード名義の一致が確認できない場合、登録情報の反映にお時間がかかる場合がございますので、ご了承ください。"
        ),
        Sentence("取扱いクレジットカードは、MasterCard、VISA、JCB、AMERICAN EXPRESS、Diners Clubとなります。"),
        Sentence(
            "クレジットカードの口座引落し日に関しては、お客様のご指定のカード会社の規約に基づく口座引落し日となりますのであらかじめご了承ください。"
        ),
    ),
    current_title="現在のお支払い方法",
    entry_title="新規お支払い方法のご入力",
    consent_label="注意事項への同意",
    consent="クレジットカード支払い注意事項へ同意する",
    start="次へ進む",
    labels=CardLabels(
        title=_NAME,
        expiry="有効期限",
        holder="カード名義",
        holder_given="(名)",
        holder_family="(姓)",
        number="カード番号",
        order=("expiry", "holder", "number", "brand", "security_code"),
        number_help="カード会社は自動判別になります。",
        submit="次へ進む",
        cancel="入力をやめる",
    ),
    rows=CardRows(
        method="お支払い方法",
        method_value="カード",
        brand="カード会社",
        expiry="有効期限",
        number="カード番号",
        holder="カード名義",
        expires="%(month)02d月 / %(year)04d年",
        masked="XXXX-XXXX-XXXX-%(last4)s",
        parts="(名) %(given)s (姓) %(family)s",
    ),
    confirm_title="お支払い方法登録／変更確認",
    confirm_lead="登録内容をご確認いただき、問題ない場合は【登録】ボタンをクリックしてください。",
    confirm="登録",
    back="入力画面へ戻る",
    complete_title="お支払い方法登録／変更完了",
    complete=("お支払い情報登録の必要なサービスを引き続きお申し込みいただけます。",),
    held=(
        "登録までにお時間をいただく場合や、登録できない場合がございますのでご了承ください。",
        "また、この場合はお支払い情報が必要なサービスはご利用いただけません。",
    ),
)
