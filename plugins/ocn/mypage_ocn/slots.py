"""Mail accounts with ウイルスチェックサービス: rules, prices and every word (OCN-60 to OCN-119, OCN-156 to OCN-164).

The manual spells the option with a small ィ in some places and a large イ in others: each stands where it was read.
"""

from mypage.plugin import (
    ASCII_LETTERS,
    ASCII_LOWER,
    DIGITS,
    SLOT_CHANGE,
    ChargedMonths,
    Guidance,
    LocalPart,
    MailText,
    Paragraphs,
    PasswordPolicy,
    Product,
    Sentence,
    SlotButtons,
    SlotMailWords,
    SlotOption,
    SlotOptionWords,
    SlotPage,
    SlotPattern,
    Slots,
    SlotStates,
    SlotSteps,
    SlotTier,
    TierPrice,
    UnitPrice,
    symbols,
)

MAIL = "mail"
"""The code of the numbered places of mail accounts."""
VIRUS_CHECK = "virus-check"
ACCOUNT = "mail-account"
PROCEDURES = "mail-procedures"
HOSTS = ("arrow.example.jp", "dune.example.jp", "blue.example.jp")
"""What may follow the @: the system picks one at 登録 (OCN-23, OCN-105). The manual has no list of them."""

SLOTS: tuple[Slots, ...] = (
    Slots(
        code=MAIL,
        product=ACCOUNT,
        at_most=4,
        local=LocalPart(length=(3, 20), alphabet=ASCII_LOWER + DIGITS + symbols("-_.")),
        secret=PasswordPolicy(length=(8, 16), alphabet=ASCII_LETTERS + DIGITS, letters=1, digits=1),
        options=(SlotOption(code=VIRUS_CHECK, product=VIRUS_CHECK),),
        hosts=HOSTS,
    ),
)
"""OCN-61, OCN-170, OCN-178. The two lists of characters are not in the manual (OCN-24, OCN-25)."""

_FROM_NEXT_MONTH = ChargedMonths(first=False, last=True, only=False)

PRODUCTS: tuple[Product, ...] = (
    Product(
        code=ACCOUNT,
        name="複数メールアドレス",
        holder="contract",
        price=TierPrice(totals=(0, 0, 250, 350, 450), months=_FROM_NEXT_MONTH),
        permission=SLOT_CHANGE,
        sold=False,
    ),
    Product(
        code=VIRUS_CHECK,
        name="ウイルスチェックサービス",
        holder="contract",
        price=UnitPrice(monthly=200, months=_FROM_NEXT_MONTH),
        permission=SLOT_CHANGE,
        sold=False,
        terms=(
            "本規約は、メールアカウントごとにご利用いただくウイルスチェックサービスの提供条件を定めるものです。",
            "1. 本サービスは、メールアカウントで送受信されるメールのウイルスを検知し、駆除または削除します。",
            "2. すべてのウイルスの検知と駆除を保証するものではありません。",
            "3. 利用料金は、メールアカウント1個につき月額200円（税込 220円）です。",
            "4. 本サービスの利用をやめるとき、またはメールアカウントを削除するときに、本サービスの提供は終了します。",
            "5. 駆除または削除されたメールは元に戻せません。",
        ),
        consent="規約に同意してウイルスチェックサービスを申し込む",
        terms_version="2024-03",
    ),
)
"""OCN-156 to OCN-164: yen without tax; 192.5 is only shown. A change is charged from the month after it was done."""

GUIDANCE: tuple[Guidance, ...] = (
    Guidance(
        slug=PROCEDURES,
        title="OCNメールアドレスに関する各種手続き",
        why="メールパスワードだけの変更は、カスタマーサポートデスクでは承っておりません。",
        lead="メールパスワードを変更する方法をご案内します。",
        leads_to=("専用ページへ進む", "https://support.ocn.example/mail/"),
        note="専用ページでは、メールアドレスと現在のメールパスワードが必要です。",
    ),
)
"""OCN-176: what is done on another page, which the manual links to (L18-20)."""

MAILS: tuple[MailText, ...] = (
    MailText(
        name="slot_application",
        subject="メールアカウント・ウイルスチェックサービスのお申込み内容のお知らせ",
        opening=(
            "メールアカウント・ウイルスチェックサービスのお申込みを受け付けました。",
            "お申込みの内容は以下の通りです。",
        ),
    ),
)
"""OCN-97, OCN-108."""

_NAME = "メールアカウント"
_CHECK = "ウイルスチェックサービス"
_CHARACTERS_NAME = (
    "メールアカウント：3～20文字の英小文字（a-z）、数字（0-9）、ハイフン（-）、アンダーバー（_）、ピリオド（.）。"
    "記号は先頭と末尾に使えず、続けて使えません。"
)
_CHARACTERS_SECOND = (
    "メールパスワード：8～16文字の英大文字（A-Z）、英小文字（a-z）、数字（0-9）。英字と数字の両方を使います。"
)
_BANK = (
    "「口座振替のご案内」メールのご案内先に設定しているメールアドレスを変更すると、"
    "ご案内先は新しいアドレスに引き継がれます。"
)

_OPTION = SlotOptionWords(
    label=_CHECK,
    column="ウィルス チェック サービス",
    present="ウィルスチェックサービス",
    use="利用する",
    use_not="利用しない",
    terms_title="ウイルスチェックサービス規約",
    terms_lead=(
        "ウイルスチェックサービス規約の内容をご確認ください。",
        "規約に同意する場合は、画面下部の「規約に同意してウイルスチェックサービスを申し込む」ボタンをクリックしてください。",
    ),
    stop="ウイルスチェックサービス申込みをやめる",
)

_PATTERNS = (
    SlotPattern(
        code="1",
        label="ウイルスチェックサービスのみ変更申込みをする。",
        options=True,
        heading="■ ウィルスチェックサービスの変更",
        help=(
            "既にお持ちのメールアドレスにウイルスチェックサービスを追加する場合は、"
            "こちらにチェックして、次へ進んでください。"
        ),
    ),
    SlotPattern(
        code="2",
        label="メールアカウントと、ウイルスチェックサービスを同時に変更申込みする。",
        name=True,
        options=True,
        heading="■ メールアカウント、ウイルスチェックサービスの変更",
    ),
    SlotPattern(
        code="3",
        label="メールアカウントのみ変更申込みをする。",
        name=True,
        heading="■ メールアカウントの変更",
    ),
)

_TIERS = (
    SlotTier(
        count=2,
        name="複数メールアドレス2",
        price="250円（税込 275円）",
        lines=(
            "基本メールアドレスに加えてもうひとつの追加メールアドレスがご利用いただけます。",
            "（追加1メールアドレスあたり、250円（税込 275円）！）",
        ),
    ),
    SlotTier(
        count=3,
        name="複数メールアドレス3",
        price="350円（税込 385円）",
        lines=(
            "基本メールアドレスに加えて2つの追加メールアドレスをご利用いただけます。",
            "（追加1メールアドレスあたり、175円（税込 192.5円）！）",
        ),
    ),
    SlotTier(
        count=4,
        name="複数メールアドレス4",
        price="450円（税込 495円）",
        lines=(
            "基本メールアドレスに加えて3つの追加メールアドレスをご利用いただけます。",
            "（追加1メールアドレスあたり、150円（税込 165円）！）",
        ),
    ),
)

_ADD_HELP = (
    Paragraphs(
        ("メールアドレスの@の前の部分を指します。", "例:) xxx@blue.ocn.ne.jpのxxx部分"),
        heading="メールアカウントとは…",
    ),
    Paragraphs(
        (
            "追加したい希望アカウントを入力してください。",
            "尚、ホスト(@の次)はご指定できません。",
            "ホスト名とは、xxx@●●●.ocn.ne.jpの●●●部分",
            "希望のパスワードをパスワード欄に入力してください。確認のため2回入力して下さい。",
        ),
        heading="メールアカウントの追加",
    ),
    Paragraphs(
        ("ウイルスチェックサービスを「利用する」か「利用しない」かを選択して下さい。",),
        heading="ウイルスチェックサービスの申込み",
    ),
    Paragraphs(
        (
            (
                "・必ず下記の「利用できる文字」をご使用ください。「利用できる文字」以外をご使用された場合は、"
                "工事ができないことや、後からアカウントの変更をしていただくことがあります。"
            ),
            "・ウイルスチェックサービスは1個につき200円(税込 220円) / 月額がかかります。",
            f"・{_BANK}",
        ),
        heading="【ご注意】",
    ),
)

SLOT_PAGES: tuple[SlotPage, ...] = (
    SlotPage(
        code=MAIL,
        title="メールアカウント・ウイルスチェックサービス確認・変更",
        over="メールアカウントおよびウイルスチェック",
        list_title="■追加・変更・削除の申込み",
        limit="最大4個までのメールアカウントをご利用いただけます。",
        intro=(
            Sentence(
                "申込書等にご記入いただく個人情報の取り扱いについては{こちら}をご覧ください。",
                route="public-page",
                params={"slug": "privacy"},
            ),
            Sentence(
                "なお、弊社のプライバシーポリシーに同意の上個人情報をご提供頂けない場合には、"
                "通信サービス等を提供させていただくことができませんので、ご了承くださいますようお願い申し上げます。"
            ),
            Sentence(
                "メールパスワードだけの変更は、{OCNメールアドレスに関する各種手続き}をご覧ください。",
                route="guidance",
                params={"slug": PROCEDURES},
            ),
        ),
        pending_note=("お申込み処理中のメールアカウント及びウィルスチェックサービスはキャンセル（取消し）を行えます。"),
        name_label=_NAME,
        state_label="お申込み状況",
        act_label="お申込み",
        price_title="料金",
        price_lead=(
            "・複数のメールアカウントをお申込みになる場合、ご利用追加メールアカウント数により以下の料金が適用されます。"
        ),
        price_column="【月額使用料金】",
        price_label="月額使用料金",
        tiers=_TIERS,
        price_notes=("・ウィルスチェックサービスは、1個につき200円（税込 220円）／月額がかかります。",),
        states=SlotStates(
            used="変更・削除可能",
            free="追加可能",
            adding="追加のお申込み処理中",
            changing="変更のお申込み処理中",
            removing="削除のお申込み処理中",
            blocked="申込書による変更のお申込み中",
            received="お申込み処理中",
            done="お申込み処理完了",
            cancelled="キャンセル（取消し）済み",
            refused="前回のお申込みは承れませんでした",
        ),
        buttons=SlotButtons(
            change="変更",
            remove="削除",
            add="追加",
            cancel="キャンセル（取消し）",
            next="次へ",
            commit="登録",
            back="戻る",
        ),
        steps=SlotSteps(prefix="STEP", list="一覧", input="入力", terms="規約", confirm="確認", last="完了"),
        options={VIRUS_CHECK: _OPTION},
        paper_title="ご注意",
        paper=(
            "現在申込書によりすでに各種変更のお申込みをされている場合、"
            "本ホームページで変更申込みができない場合があります。"
        ),
        input_title="お申込み内容入力",
        now_lines=(
            "現在のメールアカウント・ウィルスチェックサービスが確認できます。",
            ("メールアカウントの追加・変更・削除のお申込み及びウィルスチェックサービスのお申込みを入力して下さい。"),
        ),
        now_title="現在のご利用状況",
        fields_title="情報を入力してください。",
        patterns_lead=(
            "下記の3つの申込みのパターンから1つを選択し、選択した申込みパターンの申込み内容を入力して下さい。"
        ),
        pattern_mark="←",
        patterns=_PATTERNS,
        name_help=("メールアドレスの@の前の部分を指します。", "尚、ホスト(@の次)はご指定できません。"),
        host="@●●●.example.jp",
        secret_label="メールパスワード",
        again_label="メールパスワード(確認の為再入力)",
        add_help=_ADD_HELP,
        characters_title="メールアカウントとメールパスワードに利用できる文字一覧",
        characters=(_CHARACTERS_NAME, _CHARACTERS_SECOND),
        next_say="入力した内容がよろしければ「次へ」ボタンをクリックして下さい。",
        confirm_title="お申込み内容",
        confirm_lead="お客様が入力されたお申し込み内容は以下の通りです。",
        add_heading="■メールアカウント、ウイルスチェックサービスの追加",
        remove_heading="■メールアカウント、ウイルスチェックサービスの削除",
        before_label="ご利用中の情報",
        after_label="変更後アカウント情報",
        same="変更なし",
        ends="削除",
        count_label="メールアカウントの数",
        warnings=(
            (
                "ご希望のアカウントが既に使用されている場合など、希望のアカウントが予約できず、"
                "変更できない場合があります。"
            ),
            "@以降のホスト名は登録ボタンをクリックした後決まります。",
        ),
        remove_warnings=(
            "削除が完了すると、このメールアドレスではメールを送ることも受け取ることもできません。",
            "ウイルスチェックサービスをご利用中の場合は、あわせて廃止されます。",
        ),
        mail=SlotMailWords(
            title="申込内容がよろしければ",
            lead=(
                "上記お申込み内容を確認のためメールにてお知らせいたしますので送信先を指定して下さい。"
                "チェックされたメールアドレスに送信させていただきます。"
            ),
            none="尚、チェックボックスのチェック全てをはずすと、確認のメールは送信されません。",
        ),
        commit_say="入力した内容がよろしければ「登録」ボタンをクリックして下さい。",
        taken=(
            "ご希望のアカウント「%(name)s」は予約できませんでした。別のメールアカウントを入力してください。"
            "ご契約の内容は変更されていません。"
        ),
        done_title="お申込みを受け付けました",
        done_lines=("お申込み処理中の間は、一覧の画面からキャンセル（取消し）を行えます。",),
        cancel_title="お申込みのキャンセル（取消し）",
        cancel_question="このお申込みをキャンセル（取消し）しますか。",
    ),
)
"""OCN-60 to OCN-119."""
