"""Asks SIP peers by OPTIONS whether they are there, and finds out how far each try came."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Final

from umbel.core.errors import PeerError, Unavailable
from umbel.core.instants import Clock, Duration
from umbel.diagnosis.attempt import Attempt, Step
from umbel.identity.handshake import Ending, HandshakeReport, Role
from umbel.sip.hop import Hop, Transport
from umbel.sip.unresolved import Unresolved
from umbel.sip.uri import Uri
from umbel.ua.events import OptionsAnswered

from .answers import answered
from .driver import Driver, Resolves

_MOST_KNOWN: Final = 1024
"""Handshakes of living connections that are remembered."""

Place = tuple[str, int, str]
"""Address, port, and the name that is asked for there."""


class Asker:
    """Sends OPTIONS through the user agent, to each host of a peer apart."""

    def __init__(self, driver: Driver, resolver: Resolves, clock: Clock) -> None:
        self._driver = driver
        self._resolver = resolver
        self._clock = clock
        self._waiting: dict[str, asyncio.Future[OptionsAnswered]] = {}
        self._tries: list[_Try] = []
        self._known: dict[Place, HandshakeReport] = {}
        """The last handshake that went well, by where it led: its connection may live."""

    async def ask(self, target: Uri, patience: Duration) -> tuple[Attempt, ...]:
        """Ask every host that *target* leads to, all at once; gives at least one attempt."""
        began = self._clock.now()
        start = Attempt(
            target=target.host,
            port=target.port,
            transport=_transport_of(target),
            at=self._clock.wall(),
            took=0.0,
            step=Step.RESOLVING,
        )
        try:
            async with asyncio.timeout(patience):
                hops = tuple(await self._resolver.resolve(target))
        except Unavailable as error:
            return (unresolved(start, error, took=self._clock.now() - began),)
        except TimeoutError:
            problem = f"DNS did not answer within {patience:g} s"
            return (replace(start, took=patience, problem=problem),)
        start = replace(start, hops=hops)
        asked = (self.ask_hop(start, target, hop, patience) for hop in hops)
        return tuple(await asyncio.gather(*asked))

    # --- what the node tells -------------------------------------------------------------------

    def take_answer(self, event: OptionsAnswered) -> None:
        """Take what came of an OPTIONS; nobody may wait for it any more."""
        waiter = self._waiting.get(event.key)
        if waiter is not None and not waiter.done():
            waiter.set_result(event)

    def take_report(self, report: HandshakeReport) -> bool:
        """Take the report of a handshake; say whether it belongs to a try that is under way."""
        if report.role is not Role.CLIENT:
            return False
        if report.ending is Ending.SUCCEEDED:
            self._remember(report)
        ours = [one for one in self._tries if _belongs(report, one.hop)]
        for one in ours:
            one.reports.append(report)
        return bool(ours)

    def _remember(self, report: HandshakeReport) -> None:
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[_place_of(report)] = report

    # --- one host ------------------------------------------------------------------------------

    async def ask_hop(self, start: Attempt, target: Uri, hop: Hop, patience: Duration) -> Attempt:
        """Ask one host, and complete *start* with what came of it."""
        start = replace(start, hop=hop)
        if hop.transport not in self._driver.agent.transports:
            problem = f"this node has no listener for {hop.transport}, so it asks nobody by it"
            return replace(start, step=Step.CONNECTING, problem=problem)
        began = self._clock.now()
        with self._trying(hop) as attempted:
            answer = await self._answer(target, hop, patience)
        attempt = replace(start, took=self._clock.now() - began)
        if answer is not None and answer.response is not None:
            return answered(attempt, answer.response, answer.source)
        if attempted.reports and attempted.reports[-1].ending is not Ending.SUCCEEDED:
            return _broken(attempt, attempted.reports[-1])
        return self._without_answer(attempt, hop, answer, attempted)

    async def _answer(self, target: Uri, hop: Hop, patience: Duration) -> OptionsAnswered | None:
        """Send OPTIONS and wait; ``None``: nothing came for as long as our patience lasted."""
        key = self._driver.agent.options(target, self._driver.now(), hop=hop)
        waiter: asyncio.Future[OptionsAnswered] = asyncio.get_running_loop().create_future()
        self._waiting[key] = waiter
        self._driver.settle()
        try:
            async with asyncio.timeout(patience):
                return await waiter
        except TimeoutError:
            return None
        finally:
            del self._waiting[key]

    def _without_answer(
        self, attempt: Attempt, hop: Hop, answer: OptionsAnswered | None, attempted: "_Try"
    ) -> Attempt:
        """Tell a connection that could not be had from a peer that says nothing on it."""
        handshake = next(iter(attempted.reports), None)
        if answer is not None and answer.status != 408:
            return replace(
                attempt,
                step=Step.CONNECTING if handshake is None else Step.ASKING,
                problem=answer.reason,
                handshake=handshake,
            )
        handshake = handshake or self._known.get((hop.address, hop.port, _name_of(hop)))
        is_open = hop.transport is not Transport.TLS or handshake is not None
        return replace(
            attempt,
            step=Step.ASKING if is_open else Step.CONNECTING,
            problem=f"no answer to OPTIONS within {attempt.took:.0f} s",
            handshake=handshake,
        )

    @contextmanager
    def _trying(self, hop: Hop) -> "Iterator[_Try]":
        attempted = _Try(hop)
        self._tries.append(attempted)
        try:
            yield attempted
        finally:
            self._tries.remove(attempted)


@dataclass(slots=True, eq=False)
class _Try:
    """A try that is under way, and the handshakes that it led to."""

    hop: Hop
    reports: list[HandshakeReport] = field(default_factory=list)


def _belongs(report: HandshakeReport, hop: Hop) -> bool:
    """Say whether a handshake is one with this hop, by where it led and whom it asked for."""
    if report.remote != (hop.address, hop.port):
        return False
    return report.server_name is None or report.server_name.lower() == _name_of(hop)


def _name_of(hop: Hop) -> str:
    """Give the name that a TLS server there is asked for."""
    return (hop.domain.rstrip(".") or hop.address).lower()


def _place_of(report: HandshakeReport) -> Place:
    address, port = report.remote
    return address, port, (report.server_name or address).lower()


def _broken(attempt: Attempt, report: HandshakeReport) -> Attempt:
    return replace(
        attempt,
        step=Step.IDENTIFYING if report.is_somebody_else else Step.SHAKING_HANDS,
        problem=report.detail,
        handshake=report,
    )


def unresolved(start: Attempt, error: Unavailable, *, took: Duration) -> Attempt:
    """Complete an attempt that found no host to ask."""
    attempt = replace(start, took=took, problem=str(error))
    if isinstance(error, Unresolved):
        return replace(attempt, unresolved=error.why, asked=error.asked)
    return attempt


def _transport_of(target: Uri) -> Transport:
    """Say by which transport a URI wants to be asked."""
    if target.scheme == "sips":
        return Transport.TLS
    try:
        return Transport((target.parameters.get("transport") or "udp").upper())
    except ValueError as error:
        raise PeerError(f"{target}: {error}") from error
