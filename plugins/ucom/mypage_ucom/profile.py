"""お客様情報変更, field by field as in the manual (UCOM-122 to UCOM-127)."""

from mypage.plugin import ProfileField, ProfileForm

PROFILE_FORM = ProfileForm(
    title="お客様情報変更",
    titles=("顧客基本情報入力", "顧客基本情報確認", "顧客情報登録完了"),
    leads=(
        "変更する項目を入力し、【次へ進む】ボタンをクリックしてください。",
        "登録内容をご確認いただき、問題ない場合は【登録】ボタンをクリックしてください。",
        "お客様情報の登録が完了しました。",
    ),
    fields=(
        ProfileField(name="name", kind="name", label="氏名", required=True, locked=True),
        ProfileField(name="kana", kind="kana", label="氏名カナ", required=True, locked=True),
        ProfileField(name="birth_date", kind="birth-date", label="生年月日", required=True, locked=True),
        ProfileField(name="gender", kind="choice", label="性別", required=True, choices=("男性", "女性")),
        ProfileField(
            name="occupation",
            kind="choice",
            label="職業",
            required=True,
            choices=("会社員", "自営業", "学生", "主婦", "その他"),
        ),
        ProfileField(name="household", kind="count", label="同居人数", unit="人"),
        ProfileField(name="phone", kind="phone", label="電話番号", required=True),
        ProfileField(name="fax", kind="fax", label="FAX番号"),
        ProfileField(name="mobile", kind="mobile", label="携帯電話番号"),
        ProfileField(name="email", kind="email", label="連絡用メールアドレス"),
    ),
    locked_why=(
        "氏名、生年月日、設置先住所の変更は、書面でのお手続きが必要です。「ご契約内容変更申請」をご覧ください。"
    ),
    notes=("※必須項目以外は、空白にしていれば情報は削除されます。",),
    next="次へ進む",
    commit="登録",
    back="入力画面へ戻る",
    mailed="{address} 宛に、お客様情報変更の完了通知メールを送信しましたのでご確認ください。",
)
