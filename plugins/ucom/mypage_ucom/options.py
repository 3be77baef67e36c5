"""Options: products, their pages and quotas, with all prices (UCOM-94 to UCOM-111, UCOM-132 to UCOM-158).

Amounts are yen without tax; the manual names none but the fee of 3,300円 (税込), see UCOM-139.
"""

from typing import Any

from mypage.plugin import (
    OPTION_READ,
    AutoEnd,
    Licence,
    Paragraphs,
    Product,
    ProductPage,
    Quota,
    Sentence,
    UnitPrice,
)
from mypage_ucom.names import (
    ACCOUNTS_QUOTA,
    FIBER,
    LAN,
    MAIL_OPTIONS,
    MAIL_QUOTA,
    REMOTE_SUPPORT,
    SECURITY_OPTIONS,
    WEB_QUOTA,
)

QUOTAS: tuple[Quota, ...] = (
    Quota(name=ACCOUNTS_QUOTA, label="アカウントID", counts="sub-accounts", base=5),
    Quota(name=MAIL_QUOTA, label="メールアカウント", counts="mail", base=0, base_by_plan={FIBER: 1}),
    Quota(name=WEB_QUOTA, label="Webスペース", counts="web", base=0),
)

_MAIL_TERMS = (
    "申し込み後、すぐにご利用いただけます。",
    "お申し込み後のキャンセルは行いません。",
    "利用開始および解約時の日割り計算は行いません。",
    "利用料金は購入翌月から発生いたします。",
    "解約時は、解約月の当月分の料金が発生いたします。",
    "同月内に、申し込み・解約・申し込みを繰り返された場合は、購入毎の利用料金が発生いたします。",
)
_MAIL_CONSENT = "上記の内容に同意する"

_MAIL_PACK = Product(
    code="mail-pack",
    name="メールパック",
    holder="contract",
    price=UnitPrice(monthly=200),
    permission=MAIL_OPTIONS,
    plans=frozenset({FIBER}),
    consent=_MAIL_CONSENT,
    terms_version="2015-01",
    adds={MAIL_QUOTA: 4},
    auto_end=AutoEnd((MAIL_QUOTA,)),
    online_end=False,
    no_end=(
        "「メールパック」は、単体での解約はできません。"
        "アカウントIDやUCOM光のメールアドレスを解約し、UCOM光のメールアドレスが1個以下になった際に、自動的に解約されます。"
    ),
    description=Paragraphs(
        (
            "「メールパック」は、UCOM光ドメインのメールアドレスを複数ご利用の場合に必要なサービスです。",
            "※ご利用には、別途アカウントIDの取得が必要となります。",
            "※アカウントIDのみの追加は、「アカウントID管理」画面より無料で追加いただけます。",
        ),
        bullets=(
            *_MAIL_TERMS,
            "購入後は、メールアドレスを取得していない場合でも月額利用料がかかります。",
            (
                "UCOM光メールアドレスから他社メールアドレスへの変更、アカウントIDの削除により、UCOM光メールアドレスのご登録数が"
                "基本登録可能数以下となる場合、メールパックは自動的に解約されます。"
            ),
        ),
    ),
)

_MAIL_WEB = Product(
    code="mail-web",
    name="メール&Webスペース",
    holder="contract",
    price=UnitPrice(monthly=300),
    permission=MAIL_OPTIONS,
    plans=frozenset({LAN}),
    consent=_MAIL_CONSENT,
    terms_version="2015-01",
    adds={MAIL_QUOTA: 5, WEB_QUOTA: 5},
    auto_end=AutoEnd((MAIL_QUOTA, WEB_QUOTA)),
    online_end=False,
    no_end=(
        "「メール&Webスペース」は、単体での解約はできません。"
        "アカウントIDやUCOM光のメールアドレスを解約し、UCOM光のメールアドレスが削除されると自動的に解約されます。"
    ),
    description=Paragraphs(
        (
            "「メール&Webスペース」は、UCOM光ドメインのメールアドレスやWebスペースを取得する際にご利用いただくサービスです。",
            "※ご利用には、別途アカウントIDの取得が必要となります。",
            "※アカウントIDのみの追加は、「アカウントID管理」画面より無料で追加いただけます。",
        ),
        bullets=(
            *_MAIL_TERMS,
            "「メール&Webスペース」購入後メールアドレスを利用しない場合でも月額利用料がかかります。",
            (
                "UCOM光メールアドレスから他社メールアドレスへの変更、アカウントIDの削除により、UCOM光メールアドレス、"
                "Webスペースのご登録数が基本登録可能数以下となる場合、メール&Webスペースは自動的に解約されます。"
            ),
        ),
    ),
)

_SECURITY_TERMS = (
    "お申し込み月は無料です。その翌月よりご利用料金の請求が発生します。",
    "購入または解約後のキャンセルはできません。",
    "解約はマイページから行えます。",
    "ご解約月は月額料金の満額請求が発生します。お申し込み月中に解約した場合も同様です。日割り計算は行いません。",
    (
        "同一月内の再申し込みの場合は、その月に解約分のご利用料金の請求が発生し、"
        "その翌月から再購入分（購入月無料）のご利用料金が発生します。"
    ),
)
_SAME_PC = (
    "「セキュリティ360」「セキュリティオンライン」「セキュリティベーシック」は、製品の仕様上、"
    "同一のパソコンではご利用いただけません。"
)
_LICENCE = "1ライセンスにつきパソコン3台までご利用いただけます。"
_INSTALL = (
    "セキュリティオプションサービスで購入したセキュリティソフトは、購入後、ご利用のパソコン本体へのインストールが必要です。"
    "インストールを完了しない場合でも、購入が完了した時点で請求が開始しますのでご注意ください。"
)
_SECURITY_CONSENT = "サービス利用規約に同意する"
_AGREEMENT = (
    "本ソフトは、ご契約者様と同一のご家庭内でのご利用に限ります。第三者への譲渡、貸与はできません。",
    "本ソフトの使用には、提供元の使用許諾契約への同意が必要です。",
)


def _security(code: str, name: str, monthly: int, text: str, *bullets: str) -> Product:
    return Product(
        code=code,
        name=name,
        holder="account",
        price=UnitPrice(monthly=monthly),
        permission=SECURITY_OPTIONS,
        needs=frozenset({"mail-address"}),
        consent=_SECURITY_CONSENT,
        terms=_AGREEMENT,
        terms_version="2015-01",
        licence=Licence(
            pin_label="PIN番号",
            download_label="ダウンロード",
            download_url=f"https://download.ucom.example/{code}",
            activation_label="アクティブ化情報",
            activation=(
                "ソフトをインストールした後に表示される画面に、PIN番号を入力してください。",
                "ご利用のパソコンがインターネットに接続されている必要があります。",
            ),
        ),
        description=Paragraphs((text,), bullets=(*bullets, *_SECURITY_TERMS, _INSTALL)),
        mailed=True,
    )


_SECURITY = (
    _security(
        "security-360",
        "セキュリティ360°",
        500,
        "「セキュリティ360 powered by Symantec」は、シマンテックの「Norton 360」及び「Norton Internet Security」と"
        "同等の機能を有した、セキュリティオプションサービスです。ウイルス対策はもちろんその他セキュリティ対策や、"
        "データのバックアップ・復元、パソコンの自動メンテナンスなどを行います。",
        _LICENCE,
        _SAME_PC,
    ),
    _security(
        "security-online",
        "セキュリティオンライン",
        300,
        "「セキュリティオンライン」は、ウイルスやスパイウェアからパソコンを守る、セキュリティオプションサービスです。",
        _LICENCE,
        _SAME_PC,
    ),
    _security(
        "kids-filter",
        "安心 Kidsフィルター",
        300,
        "「安心 Kidsフィルター」は、お子さまに見せたくないホームページの表示を制限するサービスです。",
        _LICENCE,
    ),
)

_SUPPORT = Product(
    code="remote-support",
    name="UCOM光 リモートサポート",
    holder="contract",
    price=UnitPrice(monthly=500, again=3_000),
    permission=REMOTE_SUPPORT,
    needs=frozenset({"payment"}),
    consent=_SECURITY_CONSENT,
    terms=("リモートサポート窓口でのご対応は、UCOM光 リモートサポートのご契約者様に限ります。",),
    terms_version="2015-01",
    again_label="再申し込み手数料",
    description=Paragraphs(
        ("パソコンやインターネットの設定を、お電話とインターネットを通じた遠隔操作でお手伝いするサービスです。",),
        bullets=(
            "お申し込み後のキャンセルは行いません。",
            "お申し込み後、すぐにご利用いただけます。",
            "利用料金は購入翌月から発生いたします。",
            "解約時は、解約月の当月分の料金が発生いたします。",
            "利用開始および解約時の日割り計算は行いません。",
        ),
    ),
    while_held=Paragraphs(
        ("TEL: 0120-000-0000", "営業時間: 午前9時～午後5時 (年中無休)"), heading="リモートサポート窓口"
    ),
    end_notes=(
        (
            "リモートサポート窓口でのご対応は、UCOM光 リモートサポートのご契約者様に限ります。"
            "解約後にリモートサポート窓口へご連絡をいただいても、いかなる理由においてもご対応いたしかねます。"
        ),
        "再申し込みには、再申し込み手数料 3,300円（税込）が発生いたします。",
    ),
)

PRODUCTS: tuple[Product, ...] = (_MAIL_PACK, _MAIL_WEB, *_SECURITY, _SUPPORT)

_DONE = "お申し込みいただきました内容につきまして手続きが完了しました。"
_MAILED = "%(address)s 宛に、「申込み完了メール」を送信しましたのでご確認ください。"
_CHECK = "お申し込み内容をご確認いただき、問題ない場合は[決定] ボタンをクリックしてください。"

MAIL_PAGE, SECURITY_PAGE, SUPPORT_PAGE = "mail", "security", "support"


def _page(**own: Any) -> ProductPage:
    """The words that all three pages share, and the page's own."""
    words = {
        "confirm_lead": _CHECK,
        "buy": "購入する",
        "end": "解約する",
        "commit": "決定",
        "back": "前画面へ戻る",
        "done_heading": "■お申し込み内容",
        "product_label": "商品名",
        "action_label": "お申込み内容",
        "price_label": "月額利用料",
        "date_label": "お申込み日",
        "description_label": "サービス説明",
        "state_label": "現在のご契約状態",
        "held": "購入済",
        "not_held": "未購入",
    }
    return ProductPage(**(words | own))


PRODUCT_PAGES: tuple[ProductPage, ...] = (
    _page(
        slug=MAIL_PAGE,
        title="メールサービス",
        products=("mail-pack", "mail-web"),
        permission=MAIL_OPTIONS,
        buy_titles=("メールサービス購入", "メールサービス購入確認", "メールサービス購入完了"),
        end_titles=("メールサービス購入", "メールサービス購入確認", "メールサービス購入完了"),
        irrevocable="お申し込み後のキャンセルは行いません。",
        bought=(
            Sentence("メールサービスの購入が完了しました。"),
            Sentence(
                "メールアドレスの登録には、アカウントIDが必要となります。"
                "【{こちら}】よりアカウントIDを登録の後、メールアドレスの登録を行ってください。",
                route="accounts",
            ),
            Sentence(
                "既にアカウントIDをお持ちの方 【{こちら}】から契約アカウント情報の確認を行ってください。",
                route="overview",
            ),
        ),
    ),
    _page(
        slug=SECURITY_PAGE,
        title="セキュリティオプション",
        products=tuple(product.code for product in _SECURITY),
        permission=OPTION_READ,
        buy_titles=(
            "セキュリティオプション購入／解約",
            "セキュリティオプション購入／解約確認",
            "セキュリティオプション購入／解約完了",
        ),
        end_titles=(
            "セキュリティオプション購入／解約",
            "セキュリティオプション購入／解約確認",
            "セキュリティオプション購入／解約完了",
        ),
        lead="購入または解約をするオプションの「購入する」または「解約する」ボタンをクリックしてください。",
        irrevocable="購入または解約後のキャンセルはできません。",
        bought=(
            Sentence(_DONE),
            Sentence(_MAILED),
            Sentence(
                "引き続き、「{こちら}」のオプションのダウンロードとインストールを行ってください。",
                route="option-holdings",
            ),
        ),
        ended=(Sentence(_DONE), Sentence(_MAILED)),
        account_label="アカウントID",
        action_label="お申し込み内容",
        date_label="お申し込み日",
        consent_label="サービス利用規約への同意",
        holdings_title="セキュリティオプション管理",
        holdings_lead=(
            "利用状況を確認する場合は【アクティブ化情報】を、製品をダウンロードする場合は【ダウンロード】をクリックしてください。"
        ),
        holdings_link="ご利用状況／ダウンロード",
    ),
    _page(
        slug=SUPPORT_PAGE,
        title="UCOM光 リモートサポート",
        products=("remote-support",),
        permission=REMOTE_SUPPORT,
        buy_titles=(
            "UCOM光 リモートサポート購入／確認／解約",
            "UCOM光 リモートサポート購入／解約",
            "UCOM光 リモートサポート購入／解約完了",
        ),
        end_titles=(
            "UCOM光 リモートサポート購入／確認／解約",
            "UCOM光 リモートサポート購入／解約",
            "UCOM光 リモートサポート購入／解約完了",
        ),
        both_buttons=True,
        irrevocable="お申し込み後のキャンセルは行いません。",
        bought=(Sentence(_DONE),),
        ended=(Sentence(_DONE),),
        consent_label="サービス利用規約への同意",
    ),
)
