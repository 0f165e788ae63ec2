"""Our ACK to a 2xx: a request that is no transaction and is never answered (section 13.2.2.4)."""

from collections import deque

from umbel.core.instants import Instant
from umbel.sip.dialog import Dialog
from umbel.sip.hop import Hop
from umbel.sip.message import Request

from .requests import copy_of
from .wire import Wire


class Acknowledgement:
    """The ACK of one 2xx, sent again with each repetition of the 2xx."""

    def __init__(
        self,
        wire: Wire,
        dialog: Dialog,
        invite: Request,
        *,
        first: Hop | None = None,
        last_resort: Hop | None = None,
    ) -> None:
        self._wire = wire
        self._uri = dialog.next_hop
        self._request = dialog.ack(invite)
        self._last_resort = last_resort
        self._branch = wire.new_branch()
        self._hops: deque[Hop] = deque([first] if first else [])
        self._seeking: str | None = None
        self._is_sought = False
        wire.watch_sending(self._branch, self._try_next_hop)

    def send(self, now: Instant) -> None:
        """Send it, first or again."""
        if self._hops:
            self._transmit()
        elif not self._is_sought:
            self._seek()

    def close(self) -> None:
        """Care no longer whether it arrives: no repetition of the 2xx can come."""
        self._wire.watch_sending(self._branch, None)
        if self._seeking is not None:
            self._wire.stop_seeking(self._seeking)

    def resolved(self, hops: list[Hop], now: Instant) -> None:
        """Take the hops and send it by the first."""
        self._seeking = None
        self._hops.extend(hops)
        self._add_last_resort()
        self._transmit()

    def resolution_failed(self, reason: str, now: Instant) -> None:
        """Send it by the last resort, or not at all: the peer's BYE will tell."""
        self._seeking = None
        self._add_last_resort()
        if self._hops:
            self._transmit()

    def _seek(self) -> None:
        self._is_sought = True
        self._seeking = self._wire.seek(self._uri, self)

    def _add_last_resort(self) -> None:
        if self._last_resort is not None and self._last_resort not in self._hops:
            self._hops.append(self._last_resort)

    def _try_next_hop(self, now: Instant) -> None:
        """Take the news that the first hop failed."""
        if len(self._hops) > 1:
            self._hops.popleft()
            self._transmit()
        elif not self._is_sought:
            self._hops.clear()
            self._seek()

    def _transmit(self) -> None:
        hop = self._hops[0]
        request = copy_of(self._request)
        via = self._wire.identity.via(hop, self._branch)
        request.headers.prepend("Via", str(via))
        self._wire.transmit(bytes(request), hop, self._branch)
