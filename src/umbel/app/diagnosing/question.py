"""What ``umbel diagnose`` is asked, and its answer."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from umbel.app.administration import open_administration
from umbel.app.settings import Settings
from umbel.core.errors import Mistake, PeerError, Unavailable
from umbel.diagnosis.certificate_check import CertificateCheck, check_files
from umbel.diagnosis.diagnosis import Diagnosis
from umbel.diagnosis.matrix import SiteDiagnosis
from umbel.identity.rules import Rule
from umbel.net.clock import SystemClock
from umbel.sip.hop import Transport

from .address import diagnose_address
from .outfit import Asked, outfit, read_file
from .site import diagnose_site
from .walk import Destination, destination

Answer = CertificateCheck | SiteDiagnosis | Diagnosis


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Everything that a person asked for."""

    peers: tuple[str, ...] = ()
    """Gateways of the store, or ``HOST`` or ``HOST:PORT``."""
    files: tuple[Path, ...] = ()
    """Certificates and keys, checked together."""
    transport: Transport | None = None
    rule: Rule | None = None
    """How the hosts judge our certificate; ``None``: nobody knows."""
    names: tuple[str, ...] = ()
    """Names, one of which a host's certificate must carry; empty: its own."""
    asked: Asked = field(default_factory=Asked)


async def answer(question: Question, settings: Settings | None) -> list[Answer]:
    """Look at all that was asked for; at every gateway where nothing was."""
    answers: list[Answer] = []
    if question.files:
        answers.append(_check(question, settings))
    hosts: Sequence[str] = question.peers
    if settings is not None and (question.peers or not question.files):
        found, hosts = await _gateways(question, settings)
        answers += found
    elif not question.peers and not question.files:
        raise Mistake(
            "nothing to diagnose, and no settings",
            expected="HOST, HOST:PORT or PEM files; or settings, whose gateways are diagnosed",
            where="umbel diagnose",
        )
    answers += await _hosts(hosts, question, settings)
    return answers


async def _gateways(
    question: Question, settings: Settings
) -> tuple[list[SiteDiagnosis], Sequence[str]]:
    """Diagnose those that are gateways of the store; give the others as they are."""
    try:
        async with open_administration(settings) as admin:
            known = (await admin.configuration()).gateways
            names = [one for one in question.peers if one in known]
            if question.peers and not names:
                return [], question.peers
            diagnosis = await diagnose_site(question.asked, settings, admin, names)
    except Unavailable:
        if not question.peers:
            raise
        return [], question.peers  # A host can be looked at without a store.
    return [diagnosis], [one for one in question.peers if one not in names]


async def _hosts(
    hosts: Sequence[str], question: Question, settings: Settings | None
) -> list[Diagnosis]:
    """Walk to every host, all at once."""
    ways = [_destination(host, question.transport) for host in hosts]
    if not ways:
        return []
    equipment = outfit(question.asked, settings)
    return await asyncio.gather(
        *(
            diagnose_address(way, equipment, rule=question.rule, names=question.names)
            for way in ways
        )
    )


def _check(question: Question, settings: Settings | None) -> CertificateCheck:
    """Check the files; whose they are, and who is trusted, the settings may know."""
    asked = question.asked
    tls = settings.tls if settings is not None else None
    trust = asked.trust or (Path(tls.trust) if tls is not None else None)
    node = asked.node or (settings.node.name if settings is not None else "")
    return check_files(
        [read_file(path) for path in question.files],
        node=node,
        trust=read_file(trust).certificates if trust is not None else (),
        at=SystemClock().wall(),
    )


def _destination(host: str, transport: Transport | None) -> Destination:
    try:
        return destination(host, transport)
    except (PeerError, ValueError) as error:
        raise Mistake(
            f'"{host}": {error}',
            expected="a gateway, HOST or HOST:PORT, or PEM files",
            where="umbel diagnose",
        ) from error
