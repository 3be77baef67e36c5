"""お支払い方法変更: the words of the card page and of its review (UCOM-112 to UCOM-121)."""

from mypage.plugin import CardChange

CARD_CHANGE: CardChange | None = None
"""None: the words of the core."""
