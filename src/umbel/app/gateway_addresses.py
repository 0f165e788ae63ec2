"""Which IP addresses the gateways' host names have now, to recognise their calls by."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable

from umbel.core import event_catalogue as catalogue
from umbel.core.addresses import is_ip_address
from umbel.core.errors import Unavailable
from umbel.core.events import Events
from umbel.core.instants import Duration
from umbel.directory.objects import Gateway, Transport
from umbel.directory.ports import Configuration

RENEW_EVERY: Duration = 60.0
"""Seconds between two looks at DNS."""

LOOK_UP_PATIENCE: Duration = 5.0
"""Seconds that the system has for each name."""

LookUp = Callable[[str], Awaitable[Collection[str]]]
"""Gives the addresses of a host name, none where it has none; ``Unavailable``: nobody can say."""


class GatewayAddresses:
    """Asks for each name from time to time. While DNS is down, what it said last counts."""

    def __init__(self, look_up: LookUp, events: Events) -> None:
        self.by_gateway: dict[str, frozenset[str]] = {}
        self._look_up = look_up
        self._events = events
        self._gateways: tuple[Gateway, ...] = ()
        self._known: dict[str, frozenset[str]] = {}
        """By host name: what DNS said last."""
        self._without: frozenset[str] = frozenset()
        """Gateways that were told to have no address."""

    async def watch(self, configuration: Configuration) -> None:
        """Take the gateways of a new configuration, and look each up at once."""
        self._gateways = tuple(configuration.gateways.values())
        await self.renew()

    async def renew(self) -> None:
        """Look up every gateway's host name."""
        gateways = self._gateways
        names = sorted({it.address for it in gateways if not is_ip_address(it.address)})
        answers = await asyncio.gather(*(self._ask(name) for name in names))
        if gateways is not self._gateways:
            return  # The configuration changed meanwhile, and its names are being looked up.
        reasons = dict(zip(names, answers, strict=True))
        self._known = {name: found for name, found in self._known.items() if name in reasons}
        self.by_gateway = {it.name: self._addresses(it) for it in gateways}
        self._tell_missing(gateways, reasons)

    async def _ask(self, name: str) -> str:
        """Look a name up, and say why it has no address where it has none."""
        try:
            self._known[name] = without_zones(await self._look_up(name))
        except Unavailable as error:
            return str(error)
        return "there is no such name"

    def _addresses(self, gateway: Gateway) -> frozenset[str]:
        if is_ip_address(gateway.address):
            return frozenset({gateway.address})
        return self._known.get(gateway.address, frozenset())

    def _tell_missing(self, gateways: tuple[Gateway, ...], reasons: dict[str, str]) -> None:
        """Tell of each gateway that cannot be recognised; with TLS its certificate names it."""
        missing = {
            it.name: it
            for it in gateways
            if it.transport is not Transport.TLS and not self.by_gateway[it.name]
        }
        for name in sorted(missing.keys() - self._without):
            address = missing[name].address
            self._events.tell(
                catalogue.GATEWAY_WITHOUT_ADDRESS,
                gateway=name,
                address=address,
                reason=reasons[address],
            )
        self._without = frozenset(missing)


def without_zones(addresses: Iterable[str]) -> frozenset[str]:
    """Give addresses as packets show them: the zone of a link-local one is this machine's affair."""
    return frozenset(address.partition("%")[0] for address in addresses)
