"""廃止: the end of the line with all its options, asked for once and never taken back (OCN-120 to OCN-152).

The lists of reasons, details and days are not in the manual but for one value each; the others are ours.
"""

from mypage.plugin import (
    EndChoice,
    EndDays,
    EndField,
    EndGroup,
    EndOption,
    EndReason,
    MailText,
    Termination,
)
from mypage_ocn.contract import CHANGES_ARE_OVER
from mypage_ocn.names import VOICE_FEATURE
from mypage_ocn.slots import ACCOUNT, VIRUS_CHECK

WARNINGS = (
    "本画面は、ご利用中のOCN回線及び全てのオプションサービスの廃止を一括して受付けます。",
    (
        "2年自動更新型割引のご利用やキャンペーン等の個別契約期間内でご利用されていて、かつそれらの期間満了前に廃止される場合には、"
        "違約金が発生する場合があります。"
    ),
    "最低利用期間内に廃止を行うと、別に定める額をお払いいただきますのでご注意ください。",
    (
        ".PhoneIPCentrex/ArcstarIPVoice/ArcstarIPVoice（ひかり電話タイプ/ひかり電話アドバンスタイプ）の各オプションサービスは"
        "本画面で廃止できません。弊社営業担当者までお問い合わせください。"
    ),
    (
        "OCN光のオプションサービスである、OCNひかり電話/テレビオプション/OCNリモートサポートサービスは、"
        "本画面でOCN光を廃止すると同時にご利用できなくなります。"
    ),
    CHANGES_ARE_OVER,
    "廃止処理の完了後は本画面にログインできなくなります。",
)
"""OCN-121 to OCN-127, OCN-165."""

_LINES = (
    EndChoice("best-effort", "インターネット接続（ベストエフォート型サービス）"),
    EndChoice("guaranteed", "インターネット接続（帯域確保型サービス）"),
    EndChoice("mobile", "モバイルデータ通信"),
    EndChoice("other", "その他"),
)
REASONS = (
    EndReason("ntt", "他社へ移行（NTTグループその他）", _LINES),
    EndReason("other-company", "他社へ移行（NTTグループ以外）", _LINES),
    EndReason(
        "office",
        "事業所の移転・閉鎖",
        (EndChoice("moved", "移転"), EndChoice("closed", "閉鎖"), EndChoice("merged", "統合")),
    ),
    EndReason(
        "unused", "利用しなくなった", (EndChoice("no-need", "必要がなくなった"), EndChoice("trial", "試用の終了"))
    ),
    EndReason("other", "その他", (EndChoice("other", "その他"),)),
)
"""OCN-130, OCN-131."""
WHY_MOVED = (
    EndChoice("price", "価格"),
    EndChoice("speed", "通信速度"),
    EndChoice("support", "サポート"),
    EndChoice("function", "機能"),
    EndChoice("none", "移行しない"),
    EndChoice("other", "その他"),
)
"""OCN-133."""

LINE_GROUP = EndGroup(
    title="OCN回線情報",
    fields=(
        EndField(name="wanted_on", kind="date", label="廃止希望日"),
        EndField(name="reason", kind="reason", label="廃止理由"),
        EndField(name="detail", kind="detail", label="廃止理由詳細"),
        EndField(name="detail_other", kind="line", label="廃止詳細その他", required=False),
        EndField(name="why_moved", kind="choice", label="移行理由", choices=WHY_MOVED),
        EndField(name="note", kind="text", label="備考", required=False),
    ),
)
"""OCN-128 to OCN-134."""
CONTACT_GROUP = EndGroup(
    title="お客様連絡先",
    lead="本お申込みに関するお客さま連絡先をご入力ください。",
    fields=(
        EndField(name="department", kind="line", label="連絡先部署名", required=False),
        EndField(name="contact_name", kind="line", label="連絡先お客様名"),
        EndField(name="phone", kind="phone", label="連絡先電話番号"),
        EndField(name="fax", kind="fax", label="連絡先FAX番号", required=False),
        EndField(
            name="email",
            kind="email",
            label="連絡先メールアドレス",
            again="連絡先メールアドレス（確認用）",
            note="このメールアドレスに、廃止申込み受付完了のお知らせメールが届きます。",
        ),
    ),
    notes=(
        (
            "本お申込みについて、内容のご確認等でご連絡を差し上げる場合がございますので、"
            "日中帯にご連絡可能なご連絡先を入力してください。"
        ),
    ),
)
"""OCN-135 to OCN-137, OCN-144."""

_SALES = "弊社営業担当者までお問い合わせください。"

TERMINATION = Termination(
    titles=("廃止の受付", "廃止の受付", "廃止の受付"),
    over="廃止申込",
    steps=("入力", "確認", "完了"),
    step_prefix="STEP",
    lead="廃止申込みをする場合は、入力後、画面下部にございます「次へ」ボタンをクリックしてください。",
    warnings=WARNINGS,
    groups=(LINE_GROUP, CONTACT_GROUP),
    reasons=REASONS,
    days=EndDays(earliest=5, latest=45),
    options=(
        EndOption(label="メールアカウント", products=(ACCOUNT,)),
        EndOption(label="ウイルスチェックサービス", products=(VIRUS_CHECK,)),
        EndOption(label="OCNひかり電話", services=("OCNひかり電話",)),
        EndOption(label="テレビオプション", services=("テレビオプション",)),
        EndOption(label="OCNリモートサポートサービス", services=("OCNリモートサポートサービス",)),
        EndOption(
            label=".PhoneIPCentrex/ArcstarIPVoice",
            features=(VOICE_FEATURE,),
            services=(".PhoneIPCentrex", "ArcstarIPVoice"),
            ends=False,
            stays=_SALES,
        ),
    ),
    stays_title="本画面で廃止できないオプションサービスをご利用中です",
    form_title="お申込内容入力",
    choose="選択してください",
    reason_hint="先に廃止理由を選択してください",
    show_details="廃止理由詳細を表示する",
    say_next="入力した内容でよろしければ「次へ」ボタンをクリックしてください。",
    next="次へ",
    back="戻る",
    present_title="現在のご利用状況",
    present_lead="本申込みにより廃止となる回線及びオプションサービス",
    number_label="お客さま番号",
    name_label="お名前",
    contract_label="OCN提供メニュー",
    options_title="オプションのご利用状況",
    held="契約中",
    not_held="契約なし",
    ends_title="%(day)sに、次のすべてが使えなくなります",
    check_title="お申し込み内容の確認",
    edit="入力内容を直す",
    blank="（入力なし）",
    irrevocable="「申し込む」を押すと、廃止が実行され、一切の取り消しは出来ません。よろしいですか？",
    say_commit="確認した内容でよろしければ「申し込む」ボタンをクリックしてください。",
    commit="申し込む",
    refused=CHANGES_ARE_OVER,
    days_gone="選択された廃止希望日は受付できなくなりました。別の日を選択してください。",
    done="%(day)sの廃止のお申込みを受け付けました。",
    done_notes=(
        "%(address)s 宛に、廃止申込み受付完了のお知らせメールをお送りしました。",
        "一切の取り消しは出来ません。",
        "廃止処理の完了後は本画面にログインできなくなります。",
    ),
    number_title="受付番号",
)

MAILS: tuple[MailText, ...] = (
    MailText(
        name="termination_accepted",
        subject="廃止申込み受付完了のお知らせ",
        opening=("廃止のお申込みを受け付けました。",),
    ),
)
"""OCN-149."""
