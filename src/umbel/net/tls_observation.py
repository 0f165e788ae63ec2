"""Watches a handshake through OpenSSL's message callback.

The callback is the only way to the peer's chain when a server fails to verify it, and to every
alert with its direction. Python keeps it undocumented, so its absence costs evidence, not service.
"""

import ssl
from collections.abc import Callable
from typing import Final, cast

from umbel.core.instants import Clock
from umbel.identity import tls_messages
from umbel.identity.alerts import CLOSE_NOTIFY, read_alert
from umbel.identity.handshake import Alert, Step
from umbel.identity.tls_hello import (
    ClientHello,
    ServerHello,
    read_client_hello,
    read_server_hello,
)

_ALERT: Final = 21
_HANDSHAKE: Final = 22
_TLS_1_3: Final = 0x0304
_DER: Final = 2
"""``_ssl.ENCODING_DER``."""
_STEPS: Final = 64
"""Steps kept of one connection; a handshake has at most a dozen."""


class Observation:
    """What was seen of one handshake."""

    def __init__(self, clock: Clock, on_peer_chain: Callable[[tuple[bytes, ...]], None]) -> None:
        """Begin; *on_peer_chain* is told what the peer sent before OpenSSL judges it."""
        self._clock = clock
        self.at, self.began = clock.wall(), clock.now()
        self.alerts: list[Alert] = []
        self.steps: list[Step] = []
        self.own_chain: tuple[bytes, ...] = ()
        self.peer_chain: tuple[bytes, ...] = ()
        self.offer: ClientHello | None = None
        self.choice: ServerHello | None = None
        self._on_peer_chain = on_peer_chain

    def take(self, octets: bytes, *, kind: int, version: int, sent_by_us: bool) -> None:
        """Take one decrypted message; *kind* is the content type of its record."""
        if kind == _ALERT:
            alert = read_alert(octets, sent_by_us=sent_by_us)
            if alert is not None:
                self.alerts.append(alert)
        elif kind == _HANDSHAKE and octets:
            self._take_handshake(octets, version, sent_by_us)

    def _take_handshake(self, message: bytes, version: int, sent_by_us: bool) -> None:
        if len(self.steps) < _STEPS:
            self.steps.append(
                Step(
                    sent_by_us=sent_by_us,
                    message=tls_messages.message_name(message),
                    after=self._clock.now() - self.began,
                )
            )
        match message[0]:
            case tls_messages.CLIENT_HELLO:
                # The second one, after a HelloRetryRequest, offers less.
                self.offer = self.offer or read_client_hello(message)
            case tls_messages.SERVER_HELLO:
                self.choice = read_server_hello(message)
            case tls_messages.CERTIFICATE:
                chain = tls_messages.certificates_in(message, is_tls_1_3=version == _TLS_1_3)
                self._take_chain(chain, sent_by_us)
            case _:
                pass

    def _take_chain(self, chain: tuple[bytes, ...], sent_by_us: bool) -> None:
        if sent_by_us:
            self.own_chain = chain
        else:
            self.peer_chain = chain
            if chain:
                self._on_peer_chain(chain)

    def refusal(self) -> Alert | None:
        """Give the last alert of the peer that is a complaint."""
        for alert in reversed(self.alerts):
            if not alert.sent_by_us and alert.description != CLOSE_NOTIFY:
                return alert
        return None

    def progress(self) -> str:
        """Say how far the handshake came."""
        if not self.steps:
            return "before the first message of the handshake"
        last = self.steps[-1]
        return f"after {'our' if last.sent_by_us else 'its'} {last.message}"


class ObservedSslObject(ssl.SSLObject):
    """An ``SSLObject`` that knows who watches it."""

    observation: Observation | None = None


def observe(context: ssl.SSLContext) -> None:
    """Have every connection of *context* tell its ``Observation`` what goes and comes."""
    context.sslobject_class = ObservedSslObject
    # Set below Python's property, which would turn each number into an enum for each record.
    for kind in type(context).__mro__:
        if kind.__name__ == "_SSLContext" and "_msg_callback" in vars(kind):
            vars(kind)["_msg_callback"].__set__(context, _on_message)


def watch(connection: ssl.SSLObject, observation: Observation) -> None:
    """Let *observation* see what the connection, made by an observed context, sends and gets."""
    cast(ObservedSslObject, connection).observation = observation


def sent_chain(connection: ssl.SSLObject) -> tuple[bytes, ...]:
    """Give the chain that the peer sent, of this session's first connection where it is resumed.

    The whole chain is a method of Python's inner object, public since 3.13; else it is the leaf.
    """
    leaf = connection.getpeercert(binary_form=True)
    if not leaf:
        return ()
    give = getattr(getattr(connection, "_sslobj", None), "get_unverified_chain", None)
    chain = give() if give is not None else None
    return tuple(each.public_bytes(_DER) for each in chain) if chain else (leaf,)


def _on_message(
    connection: object, direction: str, version: int, kind: int, _message: int, octets: bytes
) -> None:
    """Be called by OpenSSL, through Python, for each record and each message in it."""
    observation = getattr(connection, "observation", None)
    if isinstance(observation, Observation):
        observation.take(octets, kind=kind, version=version, sent_by_us=direction == "write")
