"""What ``umbel diagnose`` is asked, and its answer."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

from umbel.app.settings import Settings
from umbel.core.errors import Mistake, PeerError
from umbel.diagnosis.certificate_check import CertificateCheck, check_files
from umbel.diagnosis.diagnosis import Diagnosis
from umbel.identity.rules import Rule
from umbel.net.clock import SystemClock
from umbel.sip.hop import Transport

from .address import diagnose_address
from .outfit import Asked, Outfit, outfit, read_file
from .walk import Destination, destination


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Everything that a person asked for."""

    hosts: tuple[str, ...] = ()
    """``HOST`` or ``HOST:PORT``."""
    files: tuple[Path, ...] = ()
    """Certificates and keys, checked together."""
    transport: Transport | None = None
    rule: Rule | None = None
    """How the hosts judge our certificate; ``None``: nobody knows."""
    names: tuple[str, ...] = ()
    """Names, one of which a host's certificate must carry; empty: its own."""
    asked: Asked = field(default_factory=Asked)


async def diagnose_hosts(question: Question, settings: Settings | None) -> list[Diagnosis]:
    """Walk to every host, all at once."""
    equipment = outfit(question.asked, settings)
    ways = [_destination(host, question.transport) for host in question.hosts]
    return await asyncio.gather(*(_walk(way, equipment, question) for way in ways))


def check(question: Question, settings: Settings | None) -> CertificateCheck:
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


async def _walk(way: Destination, equipment: Outfit, question: Question) -> Diagnosis:
    return await diagnose_address(way, equipment, rule=question.rule, names=question.names)


def _destination(host: str, transport: Transport | None) -> Destination:
    try:
        return destination(host, transport)
    except (PeerError, ValueError) as error:
        raise Mistake(
            f'"{host}": {error}',
            expected="a gateway, HOST or HOST:PORT, or PEM files",
            where="umbel diagnose",
        ) from error
