"""HTTP connections that a stop does not cut: what is on its way when SIGTERM comes is still answered."""

from __future__ import annotations

from uvicorn.protocols.http.flow_control import CLOSE_HEADER
from uvicorn.protocols.http.h11_impl import H11Protocol

LINGER_SECONDS = 1.0
"""How long a connection without a request stays open in a stop: a request may be on the wire already, unread by us."""


class LeavingProtocol(H11Protocol):
    """Tells clients of a process that stops to go elsewhere, instead of hanging up on them.

    Closing a connection whose request has not been read resets it, and the client never knows whether it counted.
    """

    _stopping = False

    def shutdown(self) -> None:
        """Called once per open connection when the process stops."""
        if self._stopping:
            super().shutdown()
            return
        self._stopping = True
        if self.cycle is None or self.cycle.response_complete:
            self.loop.call_later(LINGER_SECONDS, self._hang_up)
        else:
            self._answer_last()

    def handle_events(self) -> None:
        """Read what has arrived; a request that begins after the stop is the connection's last."""
        super().handle_events()
        if self._stopping:
            self._answer_last()

    def _answer_last(self) -> None:
        cycle = self.cycle
        if cycle is None or cycle.response_complete:
            return
        cycle.keep_alive = False
        if not cycle.response_started and CLOSE_HEADER not in cycle.default_headers:
            cycle.default_headers = [*cycle.default_headers, CLOSE_HEADER]

    def _hang_up(self) -> None:
        if not self.transport.is_closing():
            super().shutdown()
