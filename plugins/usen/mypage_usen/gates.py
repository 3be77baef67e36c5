"""What stands between login and portal: the confirmation of the first login, then a card that can pay."""

from mypage.plugin import FirstLogin, FirstLoginVariant, Gate

NET_ID, NET_PASSWORD = "01 NET ID", "01 NET パスワード"

GATES = (
    Gate(name="first-login", condition="unconfirmed", route="first-login", alone=True, step="ご契約内容の確認"),
    Gate(
        name="card",
        condition="card-missing",
        route="card",
        allowed=frozenset({"card-start", "card-return", "card-result", "card-confirm", "card-complete", "contact"}),
        step="カード情報の登録",
        then="マイページのご利用",
    ),
)

FIRST_LOGIN = FirstLogin(
    over="確認画面",
    title="はじめに、ログイン情報をご確認ください",
    submit="確認",
    login_title="マイページのログイン情報",
    login_label="ログインID",
    number_note="※お問合せ時等に必要となる番号です。",
    missing="準備中です。お問合わせください。",
    variants=(
        FirstLoginVariant(
            name="USEN光01(04）／01 NET v4",
            plans=frozenset({"v4"}),
            title="プロバイダ接続情報",
            secrets=(NET_ID, NET_PASSWORD),
            lead=(
                "IPv4はプロバイダサービスご利用の際に『01 NET ID』と『01 NET パスワード』が必要となります。"
                "必ずご確認ください。"
            ),
            note="この画面は「確認」を押すと二度と表示されません。メモを取るか、印刷してください。",
        ),
        FirstLoginVariant(name="USEN光01(06）／01 NET v6", plans=frozenset({"v6"})),
        FirstLoginVariant(name="USEN光01(ISPなし）"),
    ),
)
