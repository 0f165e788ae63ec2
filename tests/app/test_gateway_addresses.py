"""A gateway that is named by a host is recognised by the addresses that the name has now."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from tests.support.organisation import LYNC, PBX, configuration_of
from tests.support.told import Told

from umbel.app.gateway_addresses import GatewayAddresses
from umbel.core import event_catalogue as catalogue
from umbel.core.errors import Unavailable
from umbel.directory.objects import Gateway

TRUNK = Gateway(name="trunk", address="trunk.example.org")
SBC = Gateway(name="sbc", address="sbc.example.org")


class Names:
    """DNS, as a test has it: addresses, or what keeps it from answering."""

    def __init__(self, **known: frozenset[str] | Unavailable) -> None:
        self.known = known
        self.asked: list[str] = []
        self.told = Told()
        self.addresses = GatewayAddresses(self.look_up, self.told)

    async def look_up(self, name: str) -> frozenset[str]:
        self.asked.append(name)
        found = self.known.get(name.partition(".")[0], frozenset())
        if isinstance(found, Unavailable):
            raise found
        return found

    async def watch(self, *gateways: Gateway) -> dict[str, frozenset[str]]:
        await self.addresses.watch(configuration_of(*gateways))
        return self.addresses.by_gateway


class TestTheAddressesOfAGateway:
    async def test_are_those_of_its_name(self) -> None:
        names = Names(trunk=frozenset({"192.0.2.1", "2001:db8::1"}))

        assert await names.watch(TRUNK) == {"trunk": frozenset({"192.0.2.1", "2001:db8::1"})}

    async def test_are_as_packets_show_them(self) -> None:
        names = Names(trunk=frozenset({"fe80::1%eth0"}))

        assert await names.watch(TRUNK) == {"trunk": frozenset({"fe80::1"})}

    async def test_are_its_own_without_asking(self) -> None:
        names = Names()

        assert await names.watch(PBX) == {"pbx": frozenset({"10.0.0.1"})}
        assert names.asked == []

    async def test_follow_the_name(self) -> None:
        names = Names(trunk=frozenset({"192.0.2.1"}))
        await names.watch(TRUNK)
        names.known["trunk"] = frozenset({"192.0.2.2"})
        await names.addresses.renew()

        assert names.addresses.by_gateway == {"trunk": frozenset({"192.0.2.2"})}

    async def test_stay_while_dns_is_down(self) -> None:
        names = Names(trunk=frozenset({"192.0.2.1"}))
        await names.watch(TRUNK)
        names.known["trunk"] = Unavailable("DNS cannot say: try again")
        await names.addresses.renew()

        assert names.addresses.by_gateway == {"trunk": frozenset({"192.0.2.1"})}
        assert names.told.events == []

    async def test_are_asked_for_once_for_gateways_of_one_name(self) -> None:
        names = Names(trunk=frozenset({"192.0.2.1"}))
        found = await names.watch(TRUNK, replace(TRUNK, name="spare"))

        assert names.asked == ["trunk.example.org"]
        assert found["spare"] == found["trunk"]

    async def test_are_forgotten_with_the_gateway(self) -> None:
        names = Names(trunk=frozenset({"192.0.2.1"}))
        await names.watch(TRUNK)
        await names.watch(SBC)
        names.known["trunk"] = Unavailable("DNS cannot say")

        assert await names.watch(TRUNK) == {"trunk": frozenset()}


class TestAGatewayWithoutAnAddress:
    async def test_is_told_once_for_as_long_as_it_has_none(self) -> None:
        names = Names()
        await names.watch(TRUNK)
        await names.addresses.renew()

        assert names.told.kinds == [catalogue.GATEWAY_WITHOUT_ADDRESS]
        assert "trunk.example.org of gateway trunk" in names.told.sentences[0]
        assert "there is no such name" in names.told.sentences[0]

    async def test_is_told_again_when_it_loses_it_again(self) -> None:
        names = Names()
        await names.watch(TRUNK)
        names.known["trunk"] = frozenset({"192.0.2.1"})
        await names.addresses.renew()
        names.known["trunk"] = frozenset()
        await names.addresses.renew()

        assert len(names.told.events) == 2

    async def test_is_told_with_what_dns_said(self) -> None:
        names = Names(trunk=Unavailable("DNS cannot say: the server failed"))
        await names.watch(TRUNK)

        assert names.told.events[0].fields["reason"] == "DNS cannot say: the server failed"

    async def test_needs_none_where_its_certificate_names_it(self) -> None:
        names = Names()
        await names.watch(LYNC)

        assert names.told.events == []


class TestAConfigurationThatChangesWhileNamesAreLookedUp:
    async def test_is_the_one_that_counts(self) -> None:
        answered = asyncio.Event()
        look_up = _once(answered, frozenset({"192.0.2.1"}))
        addresses = GatewayAddresses(look_up, Told())
        former = asyncio.create_task(addresses.watch(configuration_of(TRUNK)))
        await asyncio.sleep(0)
        await addresses.watch(configuration_of(PBX))
        answered.set()
        await former

        assert addresses.by_gateway == {"pbx": frozenset({"10.0.0.1"})}


def _once(
    event: asyncio.Event, found: frozenset[str]
) -> Callable[[str], Awaitable[frozenset[str]]]:
    async def look_up(_name: str) -> frozenset[str]:
        await event.wait()
        return found

    return look_up
