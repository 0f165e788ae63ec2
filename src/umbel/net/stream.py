"""One TCP or TLS connection that carries SIP, accepted or opened (RFC 3261 section 18)."""

import asyncio
from dataclasses import dataclass, replace
from typing import Protocol, cast

from umbel.core.errors import PeerError, Unavailable
from umbel.core.instants import Clock, Instant
from umbel.identity.handshake import Closer, Ending, HandshakeReport, Role
from umbel.sip.framing import Ping, StreamFramer
from umbel.sip.hop import Source

from .connection_origin import ConnectionOrigin
from .connection_state import State, Times
from .dead_peers import notice_dead_peers
from .layer import Ends, Layer, LayerEnded, shown
from .limits import ConnectionLimits
from .pending_sends import PendingSends
from .tap import Tap
from .traffic import Traffic, closer_of

_KNOWN_TO_BE_UP = (State.UP, State.LEAVING)
_PONG = b"\r\n"
"""The answer to a keep-alive (RFC 5626 section 3.5.1)."""


class UnfinishedMessage(PeerError):
    """A message whose end did not come."""


class ConnectionUser(Protocol):
    """Whom connections deliver to."""

    def admits(self, connection: "StreamConnection") -> bool:
        """Say whether an accepted connection may stay, before a byte of it is read."""
        ...

    def deliver(self, message: bytes, source: Source) -> None:
        """Take one whole message."""
        ...

    def complain(self, octets: bytes, source: Source, error: PeerError) -> None:
        """Take note of bytes that are no message."""
        ...

    def note(self, report: HandshakeReport, connection: str) -> None:
        """Take the report of a connection's handshake."""
        ...

    def forget(self, connection: "StreamConnection") -> None:
        """Take note that the connection is gone."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What all connections share."""

    user: ConnectionUser
    clock: Clock
    limits: ConnectionLimits
    tap: Tap


class StreamConnection(asyncio.Protocol):
    """Frames messages, keeps limits, and knows why it ended."""

    def __init__(self, origin: ConnectionOrigin, layer: Layer, around: Surroundings) -> None:
        now = around.clock.now()
        self.origin = origin
        self.state = State.OPENING
        self.ends = Ends(local=("", 0), remote=("", 0))
        self.why_ended = ""
        self._layer = layer
        self._around = around
        self._framer = StreamFramer(around.limits.message)
        self._pending = PendingSends()
        self._tcp: asyncio.Transport | None = None
        self._times = Times(entered=now, active=now)
        self._source = self._source_with(None)
        self._traffic = Traffic()

    # --- asked by Signalling --------------------------------------------------------------------

    @property
    def is_usable(self) -> bool:
        """Whether requests can be sent on it, now or once it is open."""
        return self.state in (State.OPENING, State.SHAKING, State.UNCONFIRMED, State.UP)

    @property
    def takes_messages(self) -> bool:
        """Whether answers can be sent on it still."""
        return self.is_usable or self.state is State.LEAVING

    def send(self, message: bytes) -> asyncio.Future[None]:
        """Send, now or as soon as the connection is open.

        The future is done when the connection is known to be up; it fails with ``Unavailable``.
        """
        outcome = self._pending.wait()
        if self.state in (State.OPENING, State.SHAKING):
            self._pending.hold(message)
        elif self.state in (State.UNCONFIRMED, State.UP, State.LEAVING):
            self._write(message)
            self._tell_sent(message)
        else:
            self._pending.fail(f"{self.peer}: the connection is closed")
        if self.is_known_to_be_up:
            self._pending.confirm()
        return outcome

    @property
    def is_known_to_be_up(self) -> bool:
        """Whether a message can be sent on it of which nothing has to be waited for."""
        return self.state in _KNOWN_TO_BE_UP

    def send_at_once(self, message: bytes) -> None:
        """Send on a connection that is known to be up; ``Unavailable`` where that cuts it."""
        self._write(message)
        if not self.takes_messages:
            raise Unavailable(f"{self.peer}: {self.why_ended}")
        self._tell_sent(message)

    def welcome(self) -> None:
        """Learn that a message of the peer was let in: it is no stranger."""
        self._traffic.is_welcome = True

    def close(self, why: str) -> None:
        """Close in good order."""
        if self.state is State.OPENING:
            self.fail_to_open(why)
        else:
            self._end(None, why)

    def fail_to_open(self, reason: str) -> None:
        """Learn that TCP could not be had."""
        self._pending.fail(f"{self.peer}: {reason}")
        self._enter(State.CLOSED)
        if self._tcp is not None:
            self._tcp.abort()
        else:
            self._around.user.forget(self)

    def check(self, now: Instant) -> None:
        """Act on the limits that *now* has gone past."""
        limits, lived = self._around.limits, now - self._times.entered
        match self.state:
            case State.SHAKING if lived > limits.handshake:
                self._end(Ending.TIMED_OUT, f"nothing more came {self._layer.progress}")
            case State.UNCONFIRMED if lived > limits.confirmation:
                self._confirm()
            case State.UP:
                self._check_traffic(now)
            case State.LEAVING if lived > limits.closing:
                self.close("what came was not SIP")
            case State.CLOSING if lived > limits.closing and self._tcp is not None:
                self._tcp.abort()
            case _:
                pass

    @property
    def peer(self) -> str:
        """The other end, for people."""
        key = self.origin.key
        if key is None:
            return f"{self.origin.transport} from {shown(self.ends.remote)}"
        name = f" ({key.domain})" if key.domain else ""
        return f"{self.origin.transport} to {shown((key.address, key.port))}{name}"

    # --- called by asyncio ----------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, unless the connection is one too many or nobody wants it any more."""
        tcp = self._tcp = cast(asyncio.Transport, transport)
        local, remote = (tcp.get_extra_info(of) for of in ("sockname", "peername"))
        if local and remote:
            self.ends = Ends(local=local[:2], remote=remote[:2])
            self._source = self._source_with(None)
        if self.state is not State.OPENING or not remote or not self._is_admitted():
            self.fail_to_open("the peer reset the connection at once")
            return
        tcp.set_write_buffer_limits(high=self._around.limits.unread)
        notice_dead_peers(tcp.get_extra_info("socket"), self._around.limits.unacknowledged)
        self._enter(State.SHAKING)
        self._layer.begin()
        self._advance()

    def data_received(self, data: bytes) -> None:
        """Take bytes from the network."""
        self._times.active = self._around.clock.now()
        if self.state is State.SHAKING and not self._may_shake_on(len(data)):
            return
        self._traffic.is_coming = True  # What answers this goes out in one piece.
        try:
            for octets in self._layer.receive(data):
                self._advance()
                self._hear(octets)
                if self.state not in (State.UNCONFIRMED, State.UP):
                    return
            self._advance()
        except LayerEnded as end:
            self._end(end.ending, end.detail)
        finally:
            self._traffic.is_coming = False
            self._flush()

    def eof_received(self) -> None:
        """Learn that the peer will send nothing more."""
        self._end(Ending.CLOSED_BY_PEER, f"the peer closed the connection{self._progress}")

    def connection_lost(self, exc: Exception | None) -> None:
        """Learn that TCP is gone."""
        match exc:
            case TimeoutError():
                detail = f"the peer's machine is gone{self._progress}"
                self._end(Ending.TIMED_OUT, detail, Closer.NETWORK)
            case OSError():
                self._end(Ending.RESET_BY_PEER, f"the peer reset the connection{self._progress}")
            case _:
                self._end(None, f"an error of our own: {exc!r}")
        self._enter(State.CLOSED)
        self._around.user.forget(self)

    def pause_writing(self) -> None:
        """Cut a peer that does not read, before what waits for it fills our memory."""
        waiting = self._around.limits.unread
        self._end(None, f"the peer does not read: more than {waiting} bytes wait for it")
        if self._tcp is not None:
            self._tcp.abort()

    # --- inside ---------------------------------------------------------------------------------

    @property
    def _progress(self) -> str:
        return "" if self._traffic.has_come else f" {self._layer.progress}"

    @property
    def _is_stranger(self) -> bool:
        """Whether it came to us, and neither a good certificate nor a message says from whom."""
        shaken = self._source.handshake
        is_known = self._traffic.is_welcome or (shaken is not None and shaken.is_verified)
        return self.origin.role is Role.SERVER and not is_known

    @property
    def _has_begun(self) -> bool:
        """Whether it is used for what it was opened for."""
        return not self._is_stranger and (self.origin.role is Role.CLIENT or self._traffic.has_come)

    def _is_admitted(self) -> bool:
        return self.origin.role is Role.CLIENT or self._around.user.admits(self)

    def _enter(self, state: State) -> None:
        self.state = state
        self._times.entered = self._around.clock.now()

    def _advance(self) -> None:
        """Send what the layer has to say and, once it is ready, what waited for it."""
        if self.state is State.SHAKING and self._layer.is_ready:
            self._enter(State.UNCONFIRMED)
            for message in self._pending.take_unsent():
                self._write(message)
                self._tell_sent(message)
        self._flush()

    def _tell_sent(self, message: bytes) -> None:
        key = self.origin.key
        self._around.tap.sent(message, self._source, key.domain if key else "")

    def _write(self, octets: bytes) -> None:
        self._times.active = self._around.clock.now()
        self._traffic.sent += len(octets)
        self._layer.send(octets)
        self._flush()

    def _flush(self) -> None:
        if self._traffic.is_coming and self.state is State.UP:
            return
        output = self._layer.take_output()
        # asyncio logs each write to a peer that is gone, and peers can cause thousands.
        if output and self._tcp is not None and not self._tcp.is_closing():
            self._tcp.write(output)

    def _confirm(self) -> None:
        """Count the connection as up: the peer spoke SIP, or had its time to refuse us."""
        report = self._layer.report(self.ends, Ending.SUCCEEDED, "")
        if report is not None:
            report = self._traffic.added_to(report)
        self._source = self._source_with(report)
        self._enter(State.UP)
        self._pending.confirm()
        if report is not None:
            self._around.user.note(report, self.origin.name)

    def _hear(self, octets: bytes) -> None:
        """Take bytes of SIP."""
        self._traffic.received += len(octets)
        if self.state is State.UNCONFIRMED:
            self._confirm()
        try:
            while frames := self._framer.feed(octets):
                self._take(frames)
                octets = b""  # What the framer cannot read it tells after what it can.
            self._note_half_message()
            self._check_stranger()
        except PeerError as error:
            if self.is_usable:
                self._leave()
            self._around.user.complain(self._framer.rest, self._source, error)

    def _take(self, frames: list[bytes | Ping]) -> None:
        self._times.message_began = None
        pings = 0
        for frame in frames:
            if isinstance(frame, Ping):
                pings += 1
            else:
                self._around.user.deliver(frame, self._source)
        if pings and self.takes_messages:
            self._write(_PONG * pings)

    def _may_shake_on(self, octets: int) -> bool:
        """Say whether the peer may send so many bytes more in its handshake; else it is ended."""
        limit = self._around.limits.handshake_octets
        self._traffic.shaken += octets
        if self._traffic.shaken > limit:
            self._end(Ending.REFUSED_BY_US, f"more than {limit} bytes {self._layer.progress}")
        return self._traffic.shaken <= limit

    def _check_stranger(self) -> None:
        """Take little from whoever has not proved who it is, until a message of it is let in."""
        limit = self._around.limits.first_octets
        if self._is_stranger and self._traffic.received > limit:
            self.close(f"more than {limit} bytes before a message was let in")

    def _note_half_message(self) -> None:
        """Remember since when a message has come in part."""
        times = self._times
        if not self._framer.is_mid_message:
            times.message_began = None
        elif times.message_began is None:
            times.message_began = times.active

    def _leave(self) -> None:
        """Read no more: where one message ends and the next begins is not known any longer."""
        self._times.message_began = None
        self._enter(State.LEAVING)
        if self._tcp is not None:
            self._tcp.pause_reading()

    def _check_traffic(self, now: Instant) -> None:
        limits, times = self._around.limits, self._times
        patience = limits.silence_of_strangers if self._is_stranger else limits.silence
        if times.message_began is not None and now - times.message_began > limits.half_message:
            self.close(f"half a message for more than {limits.half_message:g} s")
        elif not self._has_begun and now - times.entered > patience:
            self.close(f"no message was let in for {patience:g} s")
        elif now - times.active > limits.idle:
            self.close(f"idle for {limits.idle:g} s")

    def _end(self, ending: Ending | None, detail: str, closer: Closer | None = None) -> None:
        """End it: what the peer or the network did, or ``None`` for a decision of our own."""
        if self.state in (State.CLOSING, State.CLOSED):
            return
        self.why_ended = detail
        self._report_end(ending, detail, closer or closer_of(ending))
        if self._times.message_began is not None:
            error = UnfinishedMessage(f"the end of the message did not come: {detail}")
            self._around.user.complain(self._framer.rest, self._source, error)
        self._pending.fail(f"{self.peer}: {detail}")
        self._around.tap.ended(self._source, detail)
        self._enter(State.CLOSING)
        self._layer.finish()
        self._flush()
        if self._tcp is not None:
            self._tcp.close()

    def _report_end(self, ending: Ending | None, detail: str, closer: Closer) -> None:
        """Report the handshake, unless SIP that came after it has shown that it held."""
        if self._traffic.has_come or (ending is None and self.state is State.UP):
            return
        if ending is None and self.state is State.SHAKING:
            ending, detail = Ending.REFUSED_BY_US, f"given up {self._layer.progress}: {detail}"
        report = self._layer.report(self.ends, ending or Ending.SUCCEEDED, detail)
        if report is not None:
            ended = replace(report, closed_by=closer, closed_after=self._layer.progress)
            self._around.user.note(self._traffic.added_to(ended), self.origin.name)

    def _source_with(self, handshake: HandshakeReport | None) -> Source:
        (address, port), (local_address, local_port) = self.ends.remote, self.ends.local
        return Source(
            transport=self.origin.transport,
            address=address,
            port=port,
            local_address=local_address,
            local_port=local_port,
            connection=self.origin.name,
            handshake=handshake,
        )
