"""SIP's way to the network: listeners, connections, and sending to a hop (RFC 3261 section 18)."""

import asyncio
import errno
import itertools
import os
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from umbel.core.errors import PeerError, Unavailable
from umbel.core.instants import Clock
from umbel.identity.demands import OurDemand
from umbel.identity.handshake import HandshakeReport, Role
from umbel.sip.hop import Hop, Source, Transport
from umbel.trace.entry import Entry

from .admission import Admission, RefusalWatcher
from .connection_origin import ConnectionKey, ConnectionOrigin
from .connection_table import ConnectionTable
from .credentials import Credentials
from .layer import Address, Layer, PlainLayer
from .limits import ConnectionLimits
from .listeners import Listener, Listening, cannot_listen, check_address
from .stream import StreamConnection, Surroundings
from .tap import Tap
from .tls_identity import TlsIdentity
from .tls_secrets import SecretsWatcher
from .udp import UdpSocket, bind

_BACKLOG: Final = 512
"""Connections that the kernel keeps while we are busy."""
_KEEP_ALIVE: Final = b"\r\n\0 "
"""What phones send by UDP, in some mixture, to keep their firewall open. It asks for nothing."""
_CHECK_PARTS: Final = 4
"""Limits are looked at so many times within the shortest of them."""


class Signalling:
    """Takes and sends SIP messages. One per node; everything happens in one event loop."""

    def __init__(
        self,
        *,
        on_message: Callable[[bytes, Source], None],
        on_handshake: Callable[[HandshakeReport], None],
        on_malformed: Callable[[bytes, Source, PeerError], None],
        clock: Clock,
        tls: TlsIdentity | None = None,
        limits: ConnectionLimits | None = None,
    ) -> None:
        self.on_message = on_message
        self._on_handshake = on_handshake
        self._on_malformed = on_malformed
        self._tap = Tap(clock)
        self._connections = ConnectionTable()
        limits = limits or ConnectionLimits()
        self._around = Surroundings(user=self, clock=clock, limits=limits, tap=self._tap)
        self._admission = Admission(limits, clock, self._connections)
        self._credentials = Credentials(tls)
        self._listening = Listening()
        self._opening: set[asyncio.Task[None]] = set()
        self._names = itertools.count(1)
        self._check: asyncio.TimerHandle | None = None

    @property
    def connections(self) -> int:
        """How many connections live."""
        return len(self._connections)

    @property
    def refused(self) -> int:
        """How many connections were turned away: there were too many, or they came too fast."""
        return self._admission.refused

    def set_tls_identity(self, tls: TlsIdentity) -> None:
        """Use another identity for connections that begin from now on; the others live on."""
        self._credentials.replace(tls)

    def judge_servers_by(self, demand_on: Callable[[Hop], OurDemand]) -> None:
        """Have TLS servers prove what *demand_on* says, in place of the host of the request.

        It is asked before each send: a connection that proved less is not used for it.
        """
        self._credentials.demand_on = demand_on

    def watch_traffic(self, watcher: Callable[[Entry], None] | None) -> None:
        """Tell *watcher* of all that passes from now on; ``None``: tell nobody, as at first."""
        self._tap.watcher = watcher

    def watch_secrets(self, watcher: SecretsWatcher | None) -> None:
        """Give the secrets of TLS handshakes from now on to *watcher*; ``None``: to nobody.

        Whoever has them reads along: nobody watches unless an administrator asks for a trace.
        """
        self._credentials.watch_secrets(watcher)

    def watch_connections(self, watcher: Callable[[str, str], None]) -> None:
        """Tell *watcher* the name of each connection that is gone, and why."""
        self._connections.on_removed = lambda gone: watcher(
            gone.origin.name, f"{gone.peer}: {gone.why_ended}"
        )

    def watch_refusals(self, watcher: RefusalWatcher) -> None:
        """Tell *watcher* of each connection that is turned away before a byte of it is read."""
        self._admission.watcher = watcher

    async def listen(self, listener: Listener) -> int:
        """Take SIP at an address; give the port. ``Mistake`` where that is not possible."""
        if listener.transport is Transport.TLS:
            self._credentials.identity_for(listener)
        check_address(listener)
        try:
            if listener.transport is Transport.UDP:
                return self._listen_udp(listener)
            return await self._listen_tcp(listener)
        except OSError as error:
            raise cannot_listen(listener, error) from error

    async def send(self, data: bytes, hop: Hop) -> str:
        """Send a message to a hop, or raise ``Unavailable`` with the reason.

        Gives the name of the connection that carried it; empty with UDP.

        What is sent in one turn of the loop to the same hop leaves in that order: the bytes are
        handed over before the first wait. On a connection just opened this waits until the peer
        has taken it, so that a late refusal is told to whom it concerns.
        """
        if (name := self.send_at_once(data, hop)) is not None:
            return name
        try:
            connection = self._accepted_from(hop) or self._leading_to(hop)
            await connection.send(data)
        except Unavailable as error:
            self._tap.failed(data, hop, str(error))
            raise
        return connection.origin.name

    def send_at_once(self, data: bytes, hop: Hop) -> str | None:
        """Send as ``send`` does where nothing has to be waited for; ``None``: nothing was sent."""
        if hop.transport is Transport.UDP:
            self._send_datagram(data, hop)
            return ""
        connection = self._accepted_from(hop)
        if connection is None or not connection.is_known_to_be_up:
            return None
        try:
            connection.send_at_once(data)
        except Unavailable as error:
            self._tap.failed(data, hop, str(error))
            raise
        return connection.origin.name

    def answer(self, data: bytes, source: Source, port: int) -> None:
        """
        Send what answers a message that has just come: by the same connection, or to *port*.

        ``Unavailable`` where that cannot be, as with ``send``.
        """
        if source.transport is Transport.UDP:
            back = Hop(
                transport=Transport.UDP, address=source.address, port=port, local=source.local
            )
            self._send_datagram(data, back)
            return
        connection = self._connection_of(source)
        try:
            if connection is None or not connection.is_known_to_be_up:
                peer = f"{source.transport} from {source.address}"
                raise Unavailable(f"{peer}: the connection is closed")
            connection.send_at_once(data)
        except Unavailable as error:
            self._tap.failed(data, source.hop_back(), str(error))
            raise

    def welcome(self, source: Source) -> None:
        """Take note that a message of *source* was let in: what brought it is no stranger's."""
        if (connection := self._connection_of(source)) is not None:
            connection.welcome()

    def drop(self, name: str | None, why: str) -> None:
        """Close one connection, or all of them, whatever still goes on by it."""
        for connection in self._connections:
            if name in (None, connection.origin.name):
                connection.close(why)

    async def close(self) -> None:
        """Stop listening, and close every connection in good order."""
        self._listening.close()
        for task in self._opening:
            task.cancel()
        self.drop(None, "this node is shutting down")
        await self._connections.wait_until_empty()
        self._credentials.close()
        if self._check is not None:
            self._check.cancel()

    # --- asked by connections -------------------------------------------------------------------

    def admits(self, connection: StreamConnection) -> bool:
        """Enter an accepted connection, unless it is one too many."""
        is_admitted = self._admission.admits(connection)
        if is_admitted:
            self._enter(connection)
        return is_admitted

    def deliver(self, message: bytes, source: Source) -> None:
        """Take one whole message."""
        self._tap.received(message, source)
        try:
            self.on_message(message, source)
        finally:
            self._tap.answered()

    def complain(self, octets: bytes, source: Source, error: PeerError) -> None:
        """Take note of bytes that are no message."""
        self._tap.received(octets, source, str(error))
        self._on_malformed(octets, source, error)

    def note(self, report: HandshakeReport, connection: str) -> None:
        """Take the report of a connection's handshake."""
        self._tap.shaken(connection, report)
        self._on_handshake(report)

    def forget(self, connection: StreamConnection) -> None:
        """Take out a connection that is gone."""
        self._connections.remove(connection)

    # --- listening ------------------------------------------------------------------------------

    def _listen_udp(self, listener: Listener) -> int:
        bound = bind(listener.address, listener.port)

        def take(datagram: bytes, remote: Address) -> None:
            if datagram.strip(_KEEP_ALIVE):
                self._listening.note_heard(remote, listening)
                self.deliver(datagram, _datagram_source(remote, listening.local))

        listening = UdpSocket(bound, take, self._around.clock)
        self._listening.sockets.append(listening)
        return listening.local[1]

    def _send_datagram(self, data: bytes, hop: Hop) -> None:
        remote = hop.address, hop.port
        try:
            bound = self._listening.udp_socket_towards(remote, hop.local)
            bound.send(data, remote)
        except Unavailable as error:
            self._tap.failed(data, hop, str(error))
            raise
        self._tap.sent(data, _datagram_source(remote, bound.local), hop.domain)

    async def _listen_tcp(self, listener: Listener) -> int:
        server = await asyncio.get_running_loop().create_server(
            lambda: self._accepted(listener),
            listener.address,
            listener.port,
            backlog=_BACKLOG,
        )
        self._listening.servers.append(server)
        port: int = server.sockets[0].getsockname()[1]
        return port

    def _connection_of(self, source: Source) -> StreamConnection | None:
        return self._connections.named(source.connection) if source.connection else None

    def _accepted(self, listener: Listener) -> StreamConnection:
        origin = ConnectionOrigin(
            name=self._new_name(), transport=listener.transport, role=Role.SERVER
        )
        clock = self._around.clock
        layer: Layer = PlainLayer(Role.SERVER, clock)
        if listener.transport is Transport.TLS:
            layer = self._credentials.accept(listener, origin.name, clock)
        return StreamConnection(origin, layer, self._around)

    # --- opening --------------------------------------------------------------------------------

    def _accepted_from(self, hop: Hop) -> StreamConnection | None:
        """Find the accepted connection that the hop names: an answer goes where its request came."""
        named = self._named(hop)
        return named if named is not None and named.origin.key is None else None

    def _leading_to(self, hop: Hop) -> StreamConnection:
        """Find the connection that the hop names, or one to the same place, or open one."""
        key, named = self._credentials.key_for(hop), self._named(hop)
        its = named.origin.key if named is not None else None
        if named is not None and its is not None and (not hop.domain or its.is_of_same_peer(key)):
            return named
        return self._connections.leading_to(key) or self._open(hop, key)

    def _named(self, hop: Hop) -> StreamConnection | None:
        named = self._connections.named(hop.connection) if hop.connection else None
        return named if named is not None and named.origin.transport is hop.transport else None

    def _open(self, hop: Hop, key: ConnectionKey) -> StreamConnection:
        """Begin a connection; it takes messages at once and sends them when it is open."""
        origin = ConnectionOrigin(
            name=self._new_name(),
            transport=hop.transport,
            role=Role.CLIENT,
            key=key,
        )
        clock = self._around.clock
        layer: Layer = PlainLayer(Role.CLIENT, clock)
        if key.demand is not None:
            layer = self._credentials.open(hop, key.demand, origin.name, clock)
        connection = StreamConnection(origin, layer, self._around)
        self._enter(connection)
        task = asyncio.get_running_loop().create_task(self._dial(connection, hop))
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)
        return connection

    async def _dial(self, connection: StreamConnection, hop: Hop) -> None:
        within = self._around.limits.opening
        try:
            async with asyncio.timeout(within):
                await asyncio.get_running_loop().create_connection(
                    lambda: connection, hop.address, hop.port
                )
        except TimeoutError as error:
            # The kernel's own time-out carries an error number, ours does not.
            connection.fail_to_open(
                f"no answer to the TCP connection within {within:g} s"
                if error.errno is None
                else network_says(error)
            )
        except OSError as error:
            connection.fail_to_open(network_says(error))

    def _new_name(self) -> str:
        return f"connection-{next(self._names)}"

    def _enter(self, connection: StreamConnection) -> None:
        self._connections.add(connection)
        if self._check is None:
            self._check_later()

    # --- limits ---------------------------------------------------------------------------------

    def _check_later(self) -> None:
        limits = self._around.limits
        shortest = min(limits.confirmation, limits.closing, limits.handshake, limits.half_message)
        self._check = asyncio.get_running_loop().call_later(
            shortest / _CHECK_PARTS, self._check_limits
        )

    def _check_limits(self) -> None:
        self._check = None
        now = self._around.clock.now()
        try:
            for connection in self._connections:
                connection.check(now)
        finally:
            if len(self._connections):
                self._check_later()


@lru_cache(maxsize=4096)
def _datagram_source(remote: Address, local: Address) -> Source:
    return Source(
        transport=Transport.UDP,
        address=remote[0],
        port=remote[1],
        local_address=local[0],
        local_port=local[1],
    )


def network_says(error: OSError) -> str:
    """Say why TCP could not be had, as plainly as the error number allows."""
    match error.errno:
        case errno.ECONNREFUSED:
            return "connection refused (nothing listens there, or a firewall rejects it)"
        case None:
            return str(error)
        case number:
            return os.strerror(number).lower()
