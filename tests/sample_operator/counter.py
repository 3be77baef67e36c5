"""A payment port of behaviour, not data: an operator whose cards are changed at a counter only."""

from mypage.plugin import CardSetupRequest, CardSetupResult, CardSetupStarted, GatewayRefused


class CounterOnly:
    """Refuses every card on the portal, so that no customer is sent anywhere."""

    def __init__(self, desk: str) -> None:
        """`desk` is where cards are changed."""
        self.desk = desk

    async def start_card_setup(self, request: CardSetupRequest) -> CardSetupStarted:
        """Always GatewayRefused: nothing has happened and repeating will not help."""
        raise GatewayRefused("bad_request")

    async def card_setup(self, *, idempotency_key: str, reference: str | None) -> CardSetupResult:
        """Nothing was ever begun."""
        raise GatewayRefused("not_found")

    async def register(self, reference: str, idempotency_key: str) -> CardSetupResult:
        """Nothing was ever begun."""
        raise GatewayRefused("not_found")

    async def discard(self, reference: str) -> None:
        """There is no card to forget."""
