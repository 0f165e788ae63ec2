"""TLS over memory: OpenSSL pumped by hand, so that every end of a handshake can be explained.

asyncio's own TLS neither tells the application of a failed handshake nor lets our alert reach the
peer (CPython issue 98078).
"""

import contextlib
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from umbel.core.instants import Clock
from umbel.identity import tls_messages
from umbel.identity.alerts import CLOSE_NOTIFY
from umbel.identity.demands import OurDemand
from umbel.identity.handshake import Ending, HandshakeReport, Role
from umbel.identity.identity_findings import mismatch
from umbel.identity.names import presented_names

from .client_verdict import Chain, ClientJudge, Verdict
from .layer import Ends, LayerEnded
from .tls_observation import Observation, sent_chain, watch

_READ = 65536
"""Bytes asked for at once; OpenSSL gives at most one record (16 kB)."""
_NOT_BELIEVED = "the peer's certificate was refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What is asked of a peer beyond what its context asks."""

    demand: OurDemand | None = None
    """By what its names are judged once OpenSSL has vouched for its chain."""
    judge: ClientJudge | None = None
    """Who says what its chain is worth, in place of the context."""


class _Waiting:
    """What waits on both sides of OpenSSL."""

    def __init__(self) -> None:
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.unsent: list[bytes] = []
        """Bytes of SIP that are not encrypted yet."""


class _Opinion:
    """What we think of the peer; apart from the layer, which its observation must not keep alive."""

    def __init__(self, judge: ClientJudge | None) -> None:
        self._judge = judge
        self.verdict = Verdict()

    def admit(self, chain: Chain) -> None:
        """Judge a chain that the handshake has just brought."""
        if self._judge is not None:
            self.verdict = self._judge.admit(chain)

    def judge(self, sent_chain: Callable[[], Chain]) -> None:
        """Judge the chain of a session that is resumed, or that the observation has missed."""
        if self._judge is not None:
            chain = sent_chain()
            self.verdict = self._judge.judge(chain) if chain else Verdict()


class TlsLayer:
    """One TLS connection, TLS 1.2 or 1.3, in either role."""

    def __init__(
        self,
        context: ssl.SSLContext,
        role: Role,
        clock: Clock,
        *,
        server_name: str | None = None,
        expected: Expected = Expected(),
        after_step: Callable[[], None] = lambda: None,
    ) -> None:
        """Begin; *after_step* is called whenever the handshake has come further."""
        self._role = role
        self._demand = expected.demand
        self._after_step = after_step
        self._clock = clock
        self._opinion = _Opinion(expected.judge)
        self._observation = Observation(clock, self._opinion.admit)
        self._waiting = _Waiting()
        self._tls = context.wrap_bio(
            self._waiting.incoming,
            self._waiting.outgoing,
            server_side=role is Role.SERVER,
            server_hostname=server_name,
        )
        watch(self._tls, self._observation)
        self._has_heard = False
        self._has_carried = False
        self._took: float | None = None

    @property
    def is_ready(self) -> bool:
        """Whether the handshake succeeded, as far as our side can know."""
        return self._took is not None

    @property
    def progress(self) -> str:
        """How far the handshake came, or what came after it."""
        if self._has_carried:
            return "after messages had passed"
        if self.is_ready:
            return "after the handshake, before the first message"
        return self._observation.progress()

    def begin(self) -> None:
        """As a client, say ClientHello; as a server, wait for it."""
        self._shake()

    def receive(self, octets: bytes) -> Iterator[bytes]:
        """Take records; give the bytes of SIP in them, then raise if that was the end."""
        if not self._has_heard:
            self._has_heard = True
            if not tls_messages.looks_like_tls(octets):
                raise LayerEnded(Ending.NOT_TLS, tls_messages.describe_first_bytes(octets))
        self._waiting.incoming.write(octets)
        if not self.is_ready:
            self._shake()
        if self.is_ready:
            yield from self._read()

    def send(self, octets: bytes) -> None:
        """Take bytes of SIP; what is sent in one piece is encrypted in one piece."""
        self._waiting.unsent.append(octets)

    def finish(self) -> None:
        """
        Say close_notify, once both sides have agreed on keys.

        A client that is not believed gets none: OpenSSL then forgets its TLS 1.2 session, which
        would hold the chain that it chose to send, up to 100 kB, for minutes.
        """
        if not self.is_ready or self._opinion.verdict.code:
            return
        with contextlib.suppress(ssl.SSLError):  # It would wait for the peer's close_notify.
            self._encrypt()
            self._tls.unwrap()

    def take_output(self) -> bytes:
        """Give the records that wait to be sent."""
        self._encrypt()
        return self._waiting.outgoing.read()

    def report(self, ends: Ends, ending: Ending, detail: str) -> HandshakeReport:
        """Report all that the handshake showed."""
        seen = self._observation
        took = self._took
        offer, choice = seen.offer, seen.choice
        return HandshakeReport(
            role=self._role,
            local=ends.local,
            remote=ends.remote,
            at=seen.at,
            took=self._clock.now() - seen.began if took is None else took,
            ending=ending,
            detail=detail or self._reservation(),
            versions_offered=offer.versions if offer else (),
            version=choice.version if choice else self._version(),
            ciphers_offered=offer.cipher_suites if offer else (),
            cipher=choice.cipher_suite if choice else self._cipher(),
            server_name=offer.server_name if offer else None,
            own_chain=seen.own_chain,
            peer_chain=self._peer_chain(),
            verify_code=self._opinion.verdict.code,
            verify_text=self._opinion.verdict.text,
            is_somebody_else=self._opinion.verdict.is_somebody_else,
            alerts=tuple(seen.alerts),
            steps=tuple(seen.steps),
            is_resumed=bool(self.is_ready and self._tls.session_reused),
        )

    def _encrypt(self) -> None:
        if self._waiting.unsent:
            octets = b"".join(self._waiting.unsent)
            self._waiting.unsent.clear()
            self._tls.write(octets)

    def _shake(self) -> None:
        try:
            self._step()
        except ssl.SSLWantReadError:
            return
        except ssl.SSLCertVerificationError as error:
            self._opinion.verdict = Verdict(code=error.verify_code, text=error.verify_message)
            raise LayerEnded(
                Ending.REFUSED_BY_US, f"{_NOT_BELIEVED}: {error.verify_message}"
            ) from error
        except ssl.SSLError as error:
            raise self._ended(error) from error
        if not self._observation.peer_chain:
            self._opinion.judge(lambda: sent_chain(self._tls))
        self._took = self._clock.now() - self._observation.began
        self._recognise()

    def _recognise(self) -> None:
        """Refuse a peer that is not the one we meant; OpenSSL has vouched for its chain only."""
        if self._demand is None:
            return
        names = presented_names(b"".join(self._peer_chain()[:1]))
        judgement = self._demand.judge(names, our_role=self._role)
        if not judgement.is_accepted:
            self._opinion.verdict = Verdict(is_somebody_else=True)
            raise LayerEnded(Ending.REFUSED_BY_US, mismatch(judgement, names))

    def _step(self) -> None:
        try:
            self._tls.do_handshake()
        finally:
            self._after_step()

    def _read(self) -> Iterator[bytes]:
        """Give what all records hold that have come, in one piece; then raise if that was the end."""
        records: list[bytes] = []
        failure: ssl.SSLError | None = None
        has_ended = False
        try:
            while octets := self._tls.read(_READ):
                records.append(octets)
                if not self._waiting.incoming.pending and not self._tls.pending():
                    break  # Asked once more, OpenSSL would say so by an exception.
            else:
                has_ended = True  # Reading nothing without an error is how OpenSSL tells of it.
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError as error:
            failure = error
        if records:
            self._has_carried = True
            yield b"".join(records)
        if failure is not None:
            raise self._ended(failure) from failure
        if has_ended:
            raise LayerEnded(
                Ending.CLOSED_BY_PEER,
                f"the peer closed the connection ({CLOSE_NOTIFY}) {self.progress}",
            )

    def _ended(self, error: ssl.SSLError) -> LayerEnded:
        """Say which side ended it, and why."""
        refusal = self._observation.refusal()
        if refusal is not None:
            sentence = f"the peer sent the alert {refusal.description} {self.progress}"
            return LayerEnded(Ending.REFUSED_BY_PEER, sentence)
        reason = (error.reason or str(error)).lower().replace("_", " ")
        return LayerEnded(Ending.REFUSED_BY_US, f"we refused what the peer sent: {reason}")

    def _version(self) -> str | None:
        """Give the version that was agreed on, where nobody saw the ServerHello."""
        return self._tls.version() if self.is_ready else None

    def _cipher(self) -> str | None:
        """Give what OpenSSL calls the cipher, where nobody saw the ServerHello."""
        cipher = self._tls.cipher()
        return cipher[0] if cipher else None

    def _peer_chain(self) -> tuple[bytes, ...]:
        """Give the peer's chain, asking OpenSSL for it where its message was not seen."""
        if self._observation.peer_chain or not self.is_ready:
            return self._observation.peer_chain
        return sent_chain(self._tls)

    def _reservation(self) -> str:
        """Say what is wrong about a handshake that was let go on."""
        if not self.is_ready or not self._opinion.verdict.code:
            return ""
        return f"{_NOT_BELIEVED}: {self._opinion.verdict.text}; its requests are answered with 403"
