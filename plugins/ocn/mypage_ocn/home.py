"""The first page: ご利用状況の確認 (OCN-36 to OCN-41, OCN-173)."""

from mypage.plugin import HomeNotice, HomeRow, StatusHome

SHOWN_IN_MENU = "左側メニューに「認証パスワード変更」メニューの表示がある場合は、オンラインでのお手続きが可能です。"
"""OCN-32."""

HOME_PAGE = StatusHome(
    title="ご利用状況の確認",
    name="kana",
    greeting=("OCNのご利用まことにありがとうございます。", "現在のご利用状況をお知らせします。"),
    notices=(
        HomeNotice(
            title="【お客さまへのお知らせ】",
            lines=("セキュリティの観点からログインパスワードの定期的な変更を推奨しております。", SHOWN_IN_MENU),
        ),
        HomeNotice(
            title="【注意事項】",
            lines=(
                (
                    "認証パスワードを変更された場合は、"
                    "ネットワーク機器等に設定しているパスワード変更も必要となる場合がございます。"
                ),
                "あらかじめご確認をお願いいたします。",
            ),
        ),
    ),
    heading="%(name)s様の登録情報",
    table="■お客様基本情報",
    rows=(
        HomeRow(label="お客様番号", field="number"),
        HomeRow(label="サービス品目", field="contract"),
        HomeRow(label="お名前（カナ）", field="kana", honorific=True),
        HomeRow(label="郵便番号", field="postal-code"),
        HomeRow(label="ご住所", field="address"),
        HomeRow(label="部課名", detail="部課名"),
        HomeRow(label="支払い方法", detail="支払い方法"),
    ),
    ending="廃止のお申込みを受け付けています。廃止処理の完了後は本画面にログインできなくなります。",
)
"""部課名 and 支払い方法 are details of the contract in the feed."""
