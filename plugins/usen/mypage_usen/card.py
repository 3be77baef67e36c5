"""クレジットカード決済: the words of the payment company's page and of those around it."""

from mypage.plugin import CardBrandChoice, CardChange, CardFirst, CardLabels, CardRows

BRANDS = (
    CardBrandChoice(brand="visa", label="ビザカード（VISA）"),
    CardBrandChoice(brand="mastercard", label="マスターカード（MasterCard）"),
    CardBrandChoice(brand="amex", label="アメリカンエクスプレスカード（AMERICAN EXPRESS）"),
    CardBrandChoice(brand="diners", label="ダイナースクラブカード（DinersCard）"),
    CardBrandChoice(brand="jcb", label="JCBカード（JCB）"),
)

CARD = CardChange(
    title="クレジットカード決済",
    start="クレジットカード決済",
    current_title="お支払いのカード",
    labels=CardLabels(
        title="カード情報登録 入力",
        brand="カード会社",
        brand_empty="カード会社から選択してください",
        number="カード番号",
        number_help="カード番号を入力してください",
        expiry="有効期限",
        expiry_help="カード有効期限（月／年）を入力してください",
        security_code="セキュリティコード",
        security_code_help="カード裏面のセキュリティコード（3桁又は4桁）を入力してください",
        holder="名義人名",
        holder_help="カード名義をローマ字（半角英字 大文字）で入力してください。",
        submit="確認",
        cancel="マイページへ戻る",
    ),
    brands=BRANDS,
    first=CardFirst(
        title="お支払いのカードをご登録ください",
        lead="クレジットカード情報が確定後にログインをすると、マイページが開きます。",
        method_label="支払方法",
        method="クレジットカード",
    ),
    rows=CardRows(
        brand="カード会社",
        number="カード番号",
        expiry="有効期限",
        holder="名義人名",
        expires="%(month)02d／%(year)04d",
        masked="**** **** **** %(last4)s",
        confirmed=("brand", "number", "expiry", "holder"),
    ),
    confirm_title="カード情報登録 確認",
    confirm_lead="登録内容に間違いが無いか、ご確認してください。",
    confirm="登録",
    back="入力へ戻る",
    complete_title="カード情報登録 完了",
    complete=("以下の内容で登録されました。",),
)
