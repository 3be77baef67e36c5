"""Berths of a boat's name at a harbour: numbered places in other words than a provider's mail accounts."""

from collections.abc import Mapping

from mypage.plugin import (
    ASCII_LOWER,
    DIGITS,
    SLOT_CHANGE,
    ChargedMonths,
    LocalPart,
    NameRefused,
    NameReservation,
    NameWish,
    PasswordPolicy,
    Product,
    ReservationUnavailable,
    SlotOption,
    Slots,
    TierPrice,
    UnitPrice,
)

BERTHS = Slots(
    code="berths",
    product="berth",
    at_most=3,
    local=LocalPart(length=(3, 12), alphabet=ASCII_LOWER + DIGITS),
    secret=PasswordPolicy(length=(6, 10), alphabet=ASCII_LOWER + DIGITS, letters=1, digits=1, common=False),
    options=(SlotOption(code="buoy", product="buoy"), SlotOption(code="lamp", product="lamp")),
    hosts=("east.nagi.example", "west.nagi.example"),
    billed_from="applied",
)
PRODUCTS = (
    Product(
        code="berth",
        name="係留のばしょ",
        holder="contract",
        price=TierPrice(totals=(0, 300, 500, 600), months=ChargedMonths(first=True, last=False)),
        permission=SLOT_CHANGE,
        sold=False,
    ),
    Product(
        code="buoy",
        name="浮きのしるし",
        holder="contract",
        price=UnitPrice(monthly=70),
        permission=SLOT_CHANGE,
        consent="約束を読みました。",
        terms=("浮きは夜に光ります。",),
        terms_version="1",
        sold=False,
    ),
    Product(
        code="lamp",
        name="ばしょの灯り",
        holder="contract",
        price=UnitPrice(monthly=30),
        permission=SLOT_CHANGE,
        sold=False,
    ),
)


class HarbourMaster:
    """Keeps names in memory, once for each id; `kraken` is nobody's, and on a day off nothing is answered."""

    def __init__(self, host: str) -> None:
        self._host, self.kept, self.day_off = host, dict[str, str](), False

    async def reserve(self, wish: NameWish) -> str:
        if self.day_off:
            raise ReservationUnavailable("closed today")
        if wish.local == "kraken" or wish.local in {name for id_, name in self.kept.items() if id_ != wish.id}:
            raise NameRefused
        self.kept[wish.id] = wish.local
        return self._host

    async def release(self, wish: NameWish, host: str) -> None:
        if self.day_off:
            raise ReservationUnavailable("closed today")
        self.kept.pop(wish.id, None)


def make(name: str, settings: Mapping[str, str]) -> NameReservation | None:
    """The adapter `harbourmaster` with the setting `host`."""
    if name != "harbourmaster":
        return None
    if not settings.get("host"):
        raise ValueError("harbourmaster needs host")
    return HarbourMaster(settings["host"])
