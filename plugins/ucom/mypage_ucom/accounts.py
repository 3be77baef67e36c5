"""アカウントID: what a household hands out (UCOM-17 to UCOM-79), and who may do what (UCOM-159 to UCOM-167)."""

from mypage.plugin import (
    ACCOUNT_CHANGE,
    ACCOUNT_MANAGE,
    ACCOUNT_READ,
    ASCII_LETTERS,
    CARD_CHANGE,
    CREDENTIAL_CHANGE,
    DIGITS,
    FOR_ALL,
    GUIDANCE,
    HOME,
    MAILBOX_CHANGE,
    NOTICE_READ,
    OPTION_READ,
    PROFILE_CHANGE,
    AccountDeletion,
    AccountField,
    AccountSteps,
    FunctionRow,
    PermissionMatrix,
    PermissionTable,
    SubAccounts,
    symbols,
)
from mypage_ucom.names import (
    ACCOUNTS_QUOTA,
    BILLS_OUTSIDE,
    BY_ACCOUNT,
    CINEMA,
    CLUB,
    HOLDER,
    MAIL_OPTIONS,
    MANAGER,
    REMOTE_SUPPORT,
    SECURITY_OPTIONS,
    USER,
)

MASKED = (
    "※パスワードは入力された最初の3文字がそのまま表示され、以降はのぞき防止のため*****表示で伏せています。"
    "大文字/小文字等の入力間違え・確認等にご利用ください。"
)
"""UCOM-61."""

_FIELDS = (
    AccountField(
        kind="login",
        label="アカウントID",
        help=(
            "半角英数字記号(-)がご利用いただけます。3文字以上、15文字以内で入力してください。"
            "先頭は英小文字のみ。末尾は英小文字または数字を使用してください。"
        ),
    ),
    AccountField(kind="name", label="氏名", help="全角", parts=("(姓)", "(名)"), chars="full-width"),
    AccountField(kind="kana", label="氏名カナ", help="全角カナ", parts=("(姓カナ)", "(名カナ)"), chars="katakana"),
    AccountField(
        kind="user-name",
        label="ユーザーネーム",
        help="全角、半角英数字、半角記号(-,_)がご利用いただけます。32文字以内で入力してください。",
        chars="full-width",
        besides=ASCII_LETTERS + DIGITS + symbols("-_"),
        longest=32,
    ),
    AccountField(
        kind="password",
        label="パスワード",
        help=(
            "半角英数字、半角記号(-,_)がご利用いただけます。8文字以上、16文字以内で入力してください。"
            "数字、アルファベットをそれぞれ1文字以上使用してください。"
            "アカウントIDと同じパスワード、過去に使用したことがあるパスワードはご利用になれません。"
        ),
        note=MASKED,
        again="パスワード（再入力）",
        again_help="確認のため、再度ご入力ください。",
    ),
    AccountField(kind="role", label="アカウント権限種別", help="権限については、「ご注意」をご覧ください。"),
)
"""UCOM-57."""

_STEPS = AccountSteps(
    titles=("アカウントID登録／変更", "アカウントID情報登録／変更確認", "アカウントID登録／変更完了"),
    leads=("", "登録内容をご確認いただき、問題ない場合は【登録】ボタンをクリックしてください。"),
    next="次へ進む",
    commit="登録",
    back="入力画面へ戻る",
    done=(
        "お申込みいただきました内容につきまして手続きが完了しました。",
        "引き続き、【ご案内】よりメールアドレスの登録を行ってください。",
    ),
    summary="■お申し込み内容",
    guide_title="ご案内",
    guide="メールアドレスの登録は{こちら}から行えます。",
)
"""UCOM-60, UCOM-63; changing has the same pages (UCOM-70)."""

DELETION_NOTES = (
    "ログイン中のアカウントIDを削除した場合でも、ログアウトするまでログイン状態は維持されます。",
    "アカウントIDを削除すると、同じアカウントID名での再登録はできません。",
    "削除のキャンセルは行えません。",
    "アカウントIDの削除は、即時行われます。",
    (
        "該当のアカウントIDで利用していたメールアドレス、セキュリティオプション等、アカウントIDで設定されたオプションサービスも"
        "同時にご利用いただくことができなくなりますのでご注意ください。"
    ),
    (
        "アカウントIDを削除された場合、各オプションサービスの当月月額利用料金は発生いたします。"
        "日割り計算は行われません。"
    ),
    (
        "同月にアカウントIDの登録・削除・登録およびそれぞれにオプションサービスの申し込みを繰り返した場合、"
        "申し込みの回数ごとの月額利用料が発生いたします。"
    ),
)
"""UCOM-75."""

SUB_ACCOUNTS: tuple[SubAccounts, ...] = (
    SubAccounts(
        scheme=BY_ACCOUNT,
        quota=ACCOUNTS_QUOTA,
        roles={USER: "ユーザー権限", MANAGER: "管理者権限"},
        role_texts={
            USER: "自分のアカウントIDだけを管理します。ご家族にはこちらをおすすめします。",
            MANAGER: "ご契約者さまと同じ手続きができ、お支払いにも関わります。",
        },
        title="アカウントID管理",
        lead="アカウントIDの登録/変更/削除が行えます。",
        fields=_FIELDS,
        add="新規登録",
        full="登録可能数の上限に達しているため、新規登録できません（%(stand)s）。",
        empty="アカウントIDはまだ登録されていません。",
        mail_label="メールアドレス",
        no_mail="未登録",
        delete="削除",
        notes_title="ご注意",
        notes=(
            "アカウントIDは、登録後に変更することはできません。",
            "セキュリティ上、過去に利用したパスワードはご利用いただけません。",
            "管理者権限は、ご契約者さま、またはお支払いに関わる方だけに付けてください。",
            (
                "アカウントIDとパスワードは、このアカウントIDで取得するメールアドレスのIDとパスワードになります。"
                "セキュリティ強化のため、メールアドレスの@前と同じものにならないよう、"
                "また、第三者から推測されにくい文字列にされることをお勧めいたします。"
            ),
        ),
        wrong_mark="*",
        keeps_session=True,
        register=_STEPS,
        change=_STEPS,
        deletion=AccountDeletion(
            titles=("アカウントID情報削除", "アカウントID削除完了"),
            login_label="アカウント",
            notes_label="注意事項",
            notes=DELETION_NOTES,
            commit="削除",
            back="前画面へ戻る",
            done=("アカウントIDの削除が完了しました。",),
            summary="■お申し込み内容",
        ),
    ),
)
"""UCOM-56 to UCOM-79."""

_BY_PHONE = "インフォメーションセンターでの電話受付"
_ON_PAPER = "書面受付"

FUNCTIONS = PermissionTable(
    roles=(HOLDER, MANAGER, USER),
    rows=(
        FunctionRow("契約情報の変更", (PROFILE_CHANGE,), ("○", "○", "×")),
        FunctionRow("お支払い登録情報の確認/変更", (CARD_CHANGE,), ("○", "○", "×")),
        FunctionRow("料金明細照会", (BILLS_OUTSIDE,), ("○※", "×※", "×")),
        FunctionRow("アカウントIDの登録/削除", (ACCOUNT_MANAGE,), ("○", "○", "×")),
        FunctionRow("アカウントIDパスワードの変更", (ACCOUNT_CHANGE,), ("◎", "◎", "○")),
        FunctionRow("メールオプションの購入", (MAIL_OPTIONS,), ("○", "○", "×")),
        FunctionRow("メールアドレスの登録・変更", (MAILBOX_CHANGE,), ("◎", "◎", "○")),
        FunctionRow("メール転送設定", (), ("◎", "◎", "○")),
        FunctionRow("メール自動返信設定", (), ("◎", "◎", "○")),
        FunctionRow("セキュリティオプションの購入/解約", (SECURITY_OPTIONS,), ("◎", "◎", "○")),
        FunctionRow("セキュリティオプション情報確認", (OPTION_READ,), ("◎", "◎", "○")),
        FunctionRow("Webスペースの登録", (), ("◎", "◎", "○")),
        FunctionRow("UCOM光電話の申込/解約", (), ("不可", "不可", "不可"), _BY_PHONE),
        FunctionRow("GATE CALL050の申込/解約", (), ("不可", "不可", "不可"), _ON_PAPER),
        FunctionRow("UCOM光 リモートサポートの申込/解約", (REMOTE_SUPPORT,), ("○", "○", "×")),
        FunctionRow("ギガシネマ with U-NEXTの申込/解約", (CINEMA,), ("○※", "×※", "×")),
        FunctionRow("UCOM光 クラブオフ", (CLUB,), ("○※", "×※", "×")),
        FunctionRow("インターネット回線の解約", (), ("不可", "不可", "不可"), _BY_PHONE),
    ),
)
"""UCOM-159, 18 functions × 3 kinds of login. Functions without a permission have no page in this portal yet: their
screens are in another manual (REQUIREMENTS.md, section 12)."""

_EVERYBODY = frozenset({HOME, GUIDANCE, ACCOUNT_READ})
PERMISSIONS = PermissionMatrix.derived(
    FUNCTIONS,
    {
        HOLDER: _EVERYBODY | {NOTICE_READ, CREDENTIAL_CHANGE, ACCOUNT_READ + FOR_ALL},
        MANAGER: _EVERYBODY | {NOTICE_READ, ACCOUNT_READ + FOR_ALL},
        USER: _EVERYBODY,
    },
)
"""Besides the table: お客様番号パスワード is kind A's alone (UCOM-166), and notices to the holder tell of payments,
which kind C does not see (UCOM-167)."""
