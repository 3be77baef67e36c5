"""The words of the pages of berths: two patterns, no tiers in words, no step before the number, ticks that start empty."""

from mypage.plugin import (
    SlotButtons,
    SlotMailWords,
    SlotOptionWords,
    SlotPage,
    SlotPattern,
    SlotStates,
    SlotSteps,
)

BERTH_PAGE = SlotPage(
    code="berths",
    title="係留のばしょ",
    list_title="ばしょの一覧",
    name_label="ばしょの名",
    options={
        "buoy": SlotOptionWords(
            label="浮きのしるし", use="つける", use_not="つけない", terms_title="浮きの約束", stop="つけるのをやめる"
        ),
        "lamp": SlotOptionWords(label="ばしょの灯り", use="つける", use_not="つけない"),
    },
    states=SlotStates(used="つかっています", free="あいています", adding="ふやしています", received="うけとりました"),
    buttons=SlotButtons(change="なおす", remove="あける", add="つかう", cancel="とりけす", commit="たのむ"),
    steps=SlotSteps(prefix="", list="一覧", input="記入", terms="約束", confirm="たしかめ", last="おわり"),
    patterns=(
        SlotPattern(code="name", label="名をかえる", name=True, heading="名がかわります"),
        SlotPattern(code="gear", label="しるしと灯りをかえる", options=True, heading="しるしと灯りがかわります"),
    ),
    paper="紙のお届けの間は、ここではかえられません。",
    secret_label="あいことば",
    again_label="あいことば（もう一度）",
    mail=SlotMailWords(title="お知らせ", ticked=False),
    taken="「%(name)s」はつかえません。べつの名にしてください。",
    cancel_question="とりけしますか。",
)
