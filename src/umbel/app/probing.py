"""Asks every gateway again and again whether it is there, tells what changes, and keeps it."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from umbel.core import event_catalogue as catalogue
from umbel.core.errors import Unavailable
from umbel.core.events import Category, Events
from umbel.core.identifiers import Randomness
from umbel.core.instants import Clock, Duration
from umbel.diagnosis.attempt import Attempt
from umbel.diagnosis.choosing import Place, in_order, most_telling, unusable
from umbel.diagnosis.explanation import explain
from umbel.diagnosis.gateway_identity import surroundings
from umbel.diagnosis.observation import Direction, Observation, PeeringState
from umbel.diagnosis.ports import Observations
from umbel.diagnosis.standing import TROUBLES, Cadence, Changed, News, Standing
from umbel.directory.objects import Gateway, Status
from umbel.directory.ports import Configuration
from umbel.identity.chains import Trust
from umbel.identity.handshake import HandshakeReport
from umbel.identity.surroundings import Surroundings
from umbel.net.tls_identity import TlsIdentity
from umbel.sip.hop import Hop, Transport
from umbel.sip.uri import Uri
from umbel.ua.events import OptionsAnswered

from .asking import Asker
from .driver import Resolves
from .faults import Faults
from .knocks import SIP_PORTS, with_knocks
from .node_log import Steps
from .offers import gateway_uri
from .snapshot import Snapshot

LONGEST_PATIENCE: Duration = 32.0
"""Seconds that a gateway has to answer; no transaction lasts longer (RFC 3261 section 17.1.2.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What probing needs of its node."""

    node: str
    asker: Asker
    clock: Clock
    randomness: Randomness
    events: Events
    log: Steps
    faults: Faults
    observations: Observations
    certificate: Callable[[], TlsIdentity | None]
    """Gives what the node shows to TLS peers now."""

    def around(self, gateway: Gateway) -> Surroundings:
        """Gather what is known around a handshake with a gateway, to explain it by."""
        tls = self.certificate()
        return surroundings(
            gateway,
            node=self.node,
            own_chain=tls.chain if tls else (),
            trust=Trust(anchors=tls.trust, revocation_lists=tls.revocation_lists)
            if tls
            else Trust(anchors=()),
        )


class Probing:
    """All gateways of the configuration, each with a task of its own."""

    def __init__(self, resolver: Resolves) -> None:
        """*resolver* finds the places of calls; ``resolve`` knows which of them are alive."""
        self._resolver = resolver
        self._outlook: Outlook | None = None
        self._probes: dict[str, _Probe] = {}

    async def begin(self, outlook: Outlook, snapshot: Snapshot) -> None:
        """Ask the gateways of the present configuration, and of each that follows."""
        self._outlook = outlook
        await snapshot.add_listener(self.watch)

    async def watch(self, configuration: Configuration) -> None:
        """Take the gateways of a new configuration; those that changed are asked at once."""
        if (outlook := self._outlook) is None:
            return
        wanted = {one.name: one for one in configuration.gateways.values() if _is_asked(one)}
        for name, probe in list(self._probes.items()):
            if wanted.get(name) != probe.gateway:
                probe.stop()
                del self._probes[name]
        with suppress(Unavailable):  # What is too old shows its age.
            await outlook.observations.keep_only(outlook.node, tuple(configuration.gateways))
        if self._outlook is None:
            return  # Stopped meanwhile: nobody would end what begins now.
        for name, gateway in wanted.items():
            if name not in self._probes:
                self._probes[name] = _Probe(gateway, outlook)

    async def stop(self) -> None:
        """Ask nobody any more."""
        self._outlook = None
        probes, self._probes = self._probes, {}
        for probe in probes.values():
            probe.stop()
        await asyncio.gather(*(probe.task for probe in probes.values()), return_exceptions=True)

    def ask_soon(self) -> None:
        """Ask every gateway at once: something changed that may matter, such as our certificate."""
        for probe in self._probes.values():
            probe.ask_soon()

    def state_of(self, gateway: str) -> PeeringState:
        """Say how we stand with a gateway."""
        probe = self._probes.get(gateway)
        return PeeringState.UNKNOWN if probe is None else probe.standing.state

    # --- what the node tells, and asks ---------------------------------------------------------

    def take_answer(self, event: OptionsAnswered) -> None:
        """Take what came of an OPTIONS of ours."""
        if self._outlook is not None:
            self._outlook.asker.take_answer(event)

    def take_report(self, report: HandshakeReport) -> bool:
        """Take the report of a handshake; say whether probing led to it, and so tells of it."""
        return self._outlook is not None and self._outlook.asker.take_report(report)

    async def resolve(self, uri: Uri) -> list[Hop]:
        """Find the places that a URI leads to; those found unusable come last."""
        hops = await self._resolver.resolve(uri)
        return in_order(hops, frozenset[Place]().union(*self._unusable()))

    def _unusable(self) -> Iterator[frozenset[Place]]:
        return (probe.unusable for probe in self._probes.values())


def _is_asked(gateway: Gateway) -> bool:
    return gateway.probe_every > 0 and gateway.status is not Status.DISABLED


class _Probe:
    """One gateway that is being watched."""

    def __init__(self, gateway: Gateway, outlook: Outlook) -> None:
        self.gateway = gateway
        self.unusable: frozenset[Place] = frozenset()
        self._outlook = outlook
        self._since = outlook.clock.wall()
        self._soon = asyncio.Event()
        self.standing = Standing(
            Cadence(every=gateway.probe_every),
            outlook.clock.now(),
            outlook.randomness.fraction(),
        )
        self.task = asyncio.get_running_loop().create_task(self._run())

    def stop(self) -> None:
        """Ask no more."""
        self.task.cancel()

    def ask_soon(self) -> None:
        """Do not wait for the next turn; a try that is under way may have begun too early to count."""
        self._soon.set()

    async def _run(self) -> None:
        while True:
            await self._until_due()
            # Before anything can fail: a fault of ours must not make us ask without a pause.
            self.standing.put_off(self._outlook.clock.now())
            with self._outlook.faults.contained("asking a gateway by OPTIONS"):
                await self._ask()

    async def _until_due(self) -> None:
        while not self._soon.is_set() and (wait := self._wait()) > 0:
            with suppress(TimeoutError):  # Then it is due.
                async with asyncio.timeout(wait):
                    await self._soon.wait()
        self._soon.clear()

    def _wait(self) -> Duration:
        return self.standing.next_try - self._outlook.clock.now()

    async def _ask(self) -> None:
        clock, gateway = self._outlook.clock, self.gateway
        began = clock.now()
        patience = min(gateway.probe_every, LONGEST_PATIENCE)
        attempts = await self._outlook.asker.ask(gateway_uri(gateway), patience)
        attempt = most_telling(attempts)
        self.unusable = unusable(attempts)
        news = self.standing.take(
            attempt,
            began=began,
            now=clock.now(),
            fraction=self._outlook.randomness.fraction(),
            is_draining=gateway.status is Status.NO_NEW_CALLS,
        )
        self._keep(attempt, news)
        self._log(attempts)
        if news is not None:
            await self._tell(news)

    def _keep(self, attempt: Attempt, news: News | None) -> None:
        if isinstance(news, Changed):
            self._since = attempt.at
        self._outlook.observations.put(
            Observation(
                node=self._outlook.node,
                gateway=self.gateway.name,
                transport=Transport(self.gateway.transport.value.upper()),
                direction=Direction.TO_GATEWAY,
                state=self.standing.state,
                since=self._since,
                at=attempt.at,
                attempt=attempt,
            )
        )

    def _log(self, attempts: Sequence[Attempt]) -> None:
        for attempt in attempts:
            self._outlook.log.step(
                Category.CONNECTIVITY,
                f"gateway {self.gateway.name} was asked by OPTIONS and is "
                f"{self.standing.state.value}",
                host=attempt.hop.address if attempt.hop is not None else attempt.target,
                came_to=attempt.step.value,
                outcome=_message(attempt),
                milliseconds=round(attempt.took * 1000, 1),
            )

    async def _tell(self, news: News) -> None:
        if self.standing.state in TROUBLES:
            await self._tell_trouble(news.attempt)
        elif isinstance(news, Changed) and news.after is PeeringState.DRAINING:
            self._outlook.events.tell(
                catalogue.GATEWAY_DRAINING,
                gateway=self.gateway.name,
                message=_message(news.attempt),
            )
        elif isinstance(news, Changed) and news.before is not PeeringState.UNKNOWN:
            self._outlook.events.tell(
                catalogue.GATEWAY_RECOVERED,
                gateway=self.gateway.name,
                lasted=in_words(news.lasted),
                **self._where(news.attempt),
            )

    async def _tell_trouble(self, tried: Attempt) -> None:
        patience, clock = self.gateway.probe_every, self._outlook.clock
        attempt = await with_knocks(tried, SIP_PORTS, patience=patience, clock=clock)
        why = explain(attempt, self._outlook.around(self.gateway))
        self._outlook.events.tell(
            catalogue.GATEWAY_UNRESPONSIVE,
            gateway=self.gateway.name,
            state=self.standing.state.value,
            message=_message(attempt),
            cause=why.cause,
            evidence=why.evidence,
            subject=why.subject,
            names=why.names,
            rule=why.rule,
            do=why.cure,
            **self._where(attempt),
        )

    def _where(self, attempt: Attempt) -> dict[str, str | int]:
        """Give what Exchange tells of the gateway."""
        transport = Transport(self.gateway.transport.value.upper())
        port = attempt.hop.port if attempt.hop is not None else self.gateway.port
        return {
            "transport": transport.value,
            "address": self.gateway.address,
            "port": port or transport.default_port,
            "code": attempt.status or 0,
        }


def _message(attempt: Attempt) -> str:
    return attempt.problem or f"{attempt.status} {attempt.reason}".strip()


def in_words(seconds: Duration) -> str:
    """Say how long something lasted, in the two largest units."""
    whole = round(seconds)
    days, hours = divmod(whole // 3600, 24)
    minutes, rest = whole // 60 % 60, whole % 60
    parts = ((days, "d"), (hours, "h"), (minutes, "min"), (rest, "s"))
    shown = [f"{number} {unit}" for number, unit in parts if number]
    return " ".join(shown[:2]) or "less than a second"
