"""Which IP addresses the gateways' host names have now, to recognise their calls by."""

import asyncio
import socket
from collections.abc import Iterable

from umbel.core.instants import Duration
from umbel.directory.objects import Gateway
from umbel.directory.peers import is_ip_address
from umbel.directory.ports import Configuration

RENEW_EVERY: Duration = 60.0
"""Seconds between two looks at DNS."""

_PATIENCE: Duration = 5.0


class GatewayAddresses:
    """Asks the system's resolver, so that /etc/hosts counts; what DNS does not know stays away."""

    def __init__(self) -> None:
        self.by_gateway: dict[str, frozenset[str]] = {}
        self._gateways: tuple[Gateway, ...] = ()

    async def watch(self, configuration: Configuration) -> None:
        """Take the gateways of a new configuration, and look each up at once."""
        self._gateways = tuple(configuration.gateways.values())
        await self.renew()

    async def renew(self) -> None:
        """Look up every gateway's host name."""
        found = await asyncio.gather(*(_addresses(gateway) for gateway in self._gateways))
        self.by_gateway = {
            gateway.name: addresses
            for gateway, addresses in zip(self._gateways, found, strict=True)
        }

    async def follow(self) -> None:
        """Renew from time to time; ends by being cancelled."""
        while True:
            await asyncio.sleep(RENEW_EVERY)
            await self.renew()


async def _addresses(gateway: Gateway) -> frozenset[str]:
    if is_ip_address(gateway.address):
        return frozenset({gateway.address})
    try:
        async with asyncio.timeout(_PATIENCE):
            found = await asyncio.get_running_loop().getaddrinfo(
                gateway.address, None, type=socket.SOCK_STREAM
            )
    except (OSError, UnicodeError, TimeoutError):
        return frozenset()
    return frozenset(_texts(info[4] for info in found))


def _texts(addresses: Iterable[tuple[str | int | bytes, ...]]) -> Iterable[str]:
    return (str(address[0]).partition("%")[0] for address in addresses)
