"""What DNS says of a service, and the order to try it in (RFC 3403 NAPTR, RFC 2782 SRV)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate, groupby
from typing import Final

from umbel.core.identifiers import Randomness
from umbel.sip.hop import Transport

SERVICES: Final[Mapping[str, Transport]] = {
    "SIP+D2U": Transport.UDP,
    "SIP+D2T": Transport.TCP,
    "SIPS+D2T": Transport.TLS,
}
"""The services of NAPTR records that we speak (RFC 3263 section 4.1)."""

SERVICE_PREFIXES: Final[Mapping[Transport, str]] = {
    Transport.UDP: "_sip._udp",
    Transport.TCP: "_sip._tcp",
    Transport.TLS: "_sips._tcp",
}
"""What stands before a domain in the name of its SRV records."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamingAuthority:
    """One NAPTR record of a SIP service."""

    order: int
    preference: int
    service: str
    """Such as ``SIPS+D2T``, in upper case."""
    replacement: str
    """The name of the SRV records to ask for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One SRV record."""

    priority: int
    weight: int
    port: int
    target: str
    """A host's name; empty where the domain says that it has no such service."""


def in_order_of_preference(records: Iterable[NamingAuthority]) -> list[NamingAuthority]:
    """Sort by order, then by preference."""
    return sorted(records, key=lambda record: (record.order, record.preference))


def in_order_of_trial(records: Iterable[Service], randomness: Randomness) -> list[Service]:
    """Sort by priority; within one, draw by weight."""
    # Name servers mix records; sorted, the same draw always gives the same order. Those of
    # weight 0 must stand in front, so that they too have a small chance (RFC 2782).
    in_line = sorted(records, key=lambda one: (one.priority, one.weight, one.target, one.port))
    return [
        record
        for _, equal in groupby(in_line, key=lambda one: one.priority)
        for record in _drawn_by_weight(list(equal), randomness)
    ]


def _drawn_by_weight(waiting: list[Service], randomness: Randomness) -> Iterator[Service]:
    while waiting:
        sums = list(accumulate(record.weight for record in waiting))
        drawn = int(randomness.fraction() * (sums[-1] + 1))
        yield waiting.pop(next(index for index, total in enumerate(sums) if total >= drawn))
