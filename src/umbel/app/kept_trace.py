"""The trace that this machine has kept, for ``umbel trace``."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

from umbel.backends.trace_ring import RingReader
from umbel.core.addresses import is_ip_address
from umbel.core.errors import Mistake, Unavailable
from umbel.core.instants import Duration
from umbel.core.json_values import Unreadable
from umbel.directory.objects import Gateway
from umbel.net.system_names import SystemNames
from umbel.trace.entry import CallNamed, Kept, Passage
from umbel.trace.glance import dialogs_in
from umbel.trace.selection import Wanted
from umbel.trace.writing import Origin, read_record

from .administration import open_administration
from .gateway_addresses import without_zones
from .settings import Settings

_DNS_PATIENCE: Duration = 3.0


class KeptTrace:
    """Reads what nodes of this machine have kept, and what they keep from then on."""

    def __init__(self, folder: Path) -> None:
        self._ring = RingReader(folder)
        self._origins: dict[str, Origin] = {}

    def news(self) -> list[Kept]:
        """Give what was not given yet, in the order of time; ``Unavailable`` where it cannot be."""
        return sorted(self._read(), key=lambda kept: kept.moment)

    def _read(self) -> Iterator[Kept]:
        for file, record in self._ring.read():
            try:
                found = read_record(record, self._origins.get(file))
            except Unreadable:
                continue  # Whole, but of an Umbel that wrote otherwise: the rest is still worth it.
            if isinstance(found, Origin):
                self._origins[file] = found
            elif found is not None:
                yield found


def kept_trace(settings: Settings) -> KeptTrace:
    """Give the trace of the settings."""
    return KeptTrace(Path(settings.trace.folder))


async def what_is_wanted(
    settings: Settings, what: str, kept: Iterable[Kept], since: datetime | None
) -> Wanted:
    """
    Say what *what* means: ``all``, a call in *kept*, or a gateway of the store.

    The store is asked only for a gateway, so that a call can be looked at while it is down.
    """
    if what == "all":
        return Wanted(since=since)
    if any(_is_call(one, what) for one in kept):
        return Wanted(call=what, since=since)
    async with open_administration(settings) as administration:
        gateways = {one.name: one for one in await administration.list("gateway")}
    gateway = gateways.get(what)
    if not isinstance(gateway, Gateway):
        raise Mistake(
            f'"{what}"',
            expected="a call that this machine has kept (its name or its Call-ID), the name of a "
            f"gateway ({', '.join(gateways) or 'none yet'}), or all",
            where=f"umbel trace, {settings.trace.folder}",
            do="umbel calls --recent lists calls; each machine keeps the trace of its own nodes",
        )
    return replace(await _of_gateway(gateway), since=since)


def _is_call(kept: Kept, name: str) -> bool:
    match kept.entry:
        case CallNamed(call=call, call_id=call_id):
            return name in (call, call_id)
        case Passage(octets=octets):
            return name.encode() in octets and dialogs_in(octets)[0] == name
        case _:
            return False


async def _of_gateway(gateway: Gateway) -> Wanted:
    """Say how a gateway is known on the wire: by its addresses and by its names."""
    names = {gateway.address, *gateway.certificate_names}
    texts = {gateway.address, *gateway.from_addresses}
    if not is_ip_address(gateway.address):
        texts |= await _addresses_of(gateway.address)
    return Wanted(
        gateway=gateway.name,
        networks=tuple(network for text in sorted(texts) for network in _network(text)),
        names=frozenset(name.lower().rstrip(".") for name in names if not is_ip_address(name)),
    )


async def _addresses_of(name: str) -> frozenset[str]:
    """Ask DNS; without an answer what the trace itself tells of the gateway must do."""
    system = SystemNames(_DNS_PATIENCE)
    try:
        return without_zones(await system.look_up(name))
    except Unavailable:
        return frozenset()
    finally:
        system.close()


def _network(text: str) -> Iterator[IPv4Network | IPv6Network]:
    with suppress(ValueError):  # A name.
        yield ip_network(text, strict=False)
