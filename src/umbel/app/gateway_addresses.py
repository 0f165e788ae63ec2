"""Which IP addresses the gateways' host names have now, to recognise their calls by."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

from umbel.core import event_catalogue as catalogue
from umbel.core.addresses import is_ip_address
from umbel.core.errors import Unavailable
from umbel.core.events import Events
from umbel.core.instants import Duration
from umbel.directory.objects import Gateway, Transport
from umbel.directory.ports import Configuration

RENEW_EVERY: Duration = 60.0
"""Seconds between two looks at DNS."""

_PATIENCE: Duration = 5.0
_NOT_THERE = (socket.EAI_NONAME, socket.EAI_NODATA)

LookUp = Callable[[str], Awaitable[frozenset[str]]]
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
            async with asyncio.timeout(_PATIENCE):
                self._known[name] = await self._look_up(name)
        except TimeoutError:
            return f"DNS did not answer within {_PATIENCE:g} s"
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


class SystemNames:
    """Asks the system's resolver, so that /etc/hosts counts."""

    def __init__(self) -> None:
        # Threads of their own: while DNS is down they all wait, and audio must not wait with them.
        self._threads = ThreadPoolExecutor(4, "umbel-gateway-names")

    async def look_up(self, name: str) -> frozenset[str]:
        """Give the addresses of a host name."""
        return await asyncio.get_running_loop().run_in_executor(
            self._threads, _system_addresses, name
        )

    def close(self) -> None:
        """Ask nothing more."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _system_addresses(name: str) -> frozenset[str]:
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        if isinstance(error, UnicodeError) or error.errno in _NOT_THERE:
            return frozenset()
        raise Unavailable(f"DNS cannot say: {error.strerror}") from error
    return frozenset(str(info[4][0]).partition("%")[0] for info in found)
