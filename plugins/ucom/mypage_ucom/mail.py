"""Mail addresses of アカウントID (UCOM-37 to UCOM-40, UCOM-80 to UCOM-93) and the overview (UCOM-47 to UCOM-55)."""

from mypage.plugin import (
    ASCII_LOWER,
    DIGITS,
    Entry,
    LocalPart,
    Mailboxes,
    MailText,
    Overview,
    OverviewBlock,
    OverviewOption,
    Paragraphs,
    Question,
    Sentence,
    symbols,
)
from mypage_ucom.names import MAIL_QUOTA
from mypage_ucom.options import MAIL_PAGE, SECURITY_PAGE, SUPPORT_PAGE

DOMAIN = "s2.spaaqs.ne.jp"
"""The manual spells it in four ways; this one stands in the screens of the input page."""

_ENDS = (
    "UCOM光メールアドレスから他社メールアドレスへ変更された場合、今まで登録されていたメール、"
    "Webスペースのご利用ができなくなります。"
)
_OWN = (
    Paragraphs(
        (
            (
                "UCOM光の提供するメールアドレスでは、1GBのメールボックスをご利用いただけます。有料で10GBに容量を増設することができます。"
                "また、Webスペース/メール転送サービス/ウイルスチェックサービスをご利用いただくことができます。"
            ),
        ),
        heading="■サービスについて",
        bullets=(
            "お申し込み後のキャンセルは行いません。",
            "お申し込み後、すぐにご利用いただけます。",
            "利用料金は購入翌月から発生いたします。",
            (
                "メールアドレスはアカウントIDに付随し、単体での解約手続きは行いません。"
                "アカウントIDを残したままメールアドレスを解約されたい場合は、「他社のメールアドレスを利用する」設定にご変更ください。"
            ),
            (
                "メールアドレスの変更は費用は発生しませんが、同月内に、取得・解約・取得を繰り返された場合でも、"
                "メールサービス購入毎の費用が発生いたします。"
            ),
            "当月末日までにマイページにて解約されたものに対し、当月での解約を行います。",
            "解約時は、解約月の当月分の料金が発生いたします。",
            "利用開始および解約時の日割り計算は行いません。",
        ),
    ),
    Question("メールアドレス変更時の注意事項", (_ENDS,)),
)
"""UCOM-85. What the folded notes say is not in the manual but for this sentence, which stands with the other choice."""

_OTHER = (
    Paragraphs(
        (
            (
                "セキュリティオプション等、アカウントIDへのメールアドレスの設定が必要で、UCOM光のメールアドレスが不要なお客様については、"
                "既にご利用いただいているフリーメールや携帯電話のメールアドレス、他社のメールアドレスを設定いただくことができます。"
            ),
            "英数字の文字数に制限があるアドレスの場合、必要情報が確認できない場合がありますのでご注意ください。",
        ),
        heading="■サービスについて",
    ),
    Paragraphs(
        (
            _ENDS,
            "その他注意点は、「UCOM光の提供するメールアドレスを取得する」の「メールアドレス変更時の注意事項」もあわせてご覧ください。",
        ),
        heading="■メールアドレス変更時の注意事項",
    ),
)

MAILBOXES: tuple[Mailboxes, ...] = (
    Mailboxes(
        title="メールアドレス登録／変更",
        confirm_title="メールアドレス登録／変更確認",
        done_title="メールアドレス登録／変更完了",
        domain=DOMAIN,
        quota=MAIL_QUOTA,
        local=LocalPart(length=(3, 15), alphabet=ASCII_LOWER + DIGITS + symbols(".-_")),
        lead="メールアドレスを入力し、[次へ進む] ボタンをクリックしてください。",
        confirm_lead="登録内容をご確認いただき、問題ない場合は【登録】ボタンをクリックしてください。",
        own_choice="UCOMの提供するメールアドレスを取得する",
        other_choice="他社のメールを利用する",
        address_label="メールアドレス",
        own_help=(
            "※半角英小文字、半角数字および記号(.-_)がご利用いただけます。",
            "※3文字以上15文字以内で入力してください。",
            "※記号の連続使用、先頭と末尾での使用はできません。",
        ),
        present_label="現在のメールアドレス",
        kind_label="利用メール",
        date_label="お申込み日",
        own_blocks=_OWN,
        other_blocks=_OTHER,
        consent="上記の内容に同意する",
        consent_lead="お申し込みの前に注意事項を必ずお読みになり、「上記の内容に同意する」にチェックしてください。",
        full=(
            "登録可能なUCOM光のメールアドレスがありません。新たにUCOM光のメールアドレスを作成・登録する場合は、"
            "オプションサービスの購入(有料)が必要な場合がございます。"
        ),
        full_link="メールサービスの購入へ進む",
        buy_page=MAIL_PAGE,
        next="次へ進む",
        commit="登録",
        back="入力画面へ戻る",
        summary_title="■お申し込み内容",
        done_own=(
            Sentence("お申し込みいただきました内容につきまして手続きが完了しました。"),
            Sentence(
                "メールソフト設定情報は【{ご案内}】をご参照ください。", route="guidance", params={"slug": "manuals"}
            ),
        ),
        done_other=(
            Sentence("お申込みいただきました内容につきまして手続きが完了しました。"),
            Sentence("%(address)s 宛に、「メールアドレス登録完了メール」を送信しましたのでご確認ください。"),
            Sentence("メールが届かない場合は、再度登録を行ってください。"),
        ),
    ),
)

MAIL_TEXTS: tuple[MailText, ...] = (
    MailText(
        name="mailbox_registered",
        subject="メールアドレス登録完了メール",
        opening=("%(company)s %(portal)sで、メールアドレスの登録が完了しました。",),
    ),
)
"""UCOM-88, UCOM-176."""

OVERVIEW = Overview(
    title="ご契約情報一覧",
    own_title="ユーザー管理",
    contract_title="ご契約基本情報",
    plan_label="ご契約タイプ",
    secret=Entry("お客様番号パスワード", "credentials"),
    change="変更",
    register="登録",
    quotas_title="アカウント登録状況",
    quotas_note="(登録済数/登録可能数)",
    options_title="オプションサービス",
    options=(
        OverviewOption("メールサービス", MAIL_PAGE, named=True),
        OverviewOption("UCOM光 リモートサポート", SUPPORT_PAGE),
    ),
    accounts_title="アカウントID情報一覧",
    add="新規登録",
    none="アカウントIDはまだ登録されていません。",
    facts_title="アカウントID基本情報",
    secret_label="アカウント(パスワード)",
    registered="登録済",
    unregistered="未登録",
    account_options=(OverviewOption("メールサービス", MAIL_PAGE),),
    space_label="Webスペースサービス",
    space=Entry("登録", "guidance", params={"slug": "web-space"}),
    site_label="ホームページアドレス",
    blocks=(OverviewBlock("セキュリティオプション", SECURITY_PAGE, "購入／解約"),),
    hint_title="メールアドレスが未登録のアカウントIDが%(count)s件あります",
    hint="%(accounts)s のメールアドレスを登録すると、セキュリティオプションをご利用いただけます。",
    hint_link="メールアドレスの登録へ進む",
)
