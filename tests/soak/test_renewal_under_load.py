"""Two hundred calls are up over TLS while the node's certificate is replaced: none is lost."""

import asyncio
import ssl
from collections import Counter
from contextlib import AsyncExitStack, closing
from pathlib import Path

import pytest
from cryptography import x509
from tests.support.node import NodeUnderTest, node_under_test
from tests.support.pki import Authority, Credentials
from tests.support.program import until
from tests.support.sipp import Target, caller, pause, scenario
from tests.support.sipp_dialog import ACK, ANSWERED, BYE

from umbel.core import event_catalogue as catalogue

pytestmark = [pytest.mark.soak, pytest.mark.peer]

ON_ONE_CONNECTION, ON_THEIR_OWN = 140, 60
CALLS = ON_ONE_CONNECTION + ON_THEIR_OWN
SECONDS_TO_COME = 6
STAYS = scenario(*ANSWERED, ACK, pause(12_000), *BYE)
"""Long enough that all are up at once, also on a busy machine."""


def options(own: Credentials, authority: Authority) -> tuple[str, ...]:
    """Give SIPp its certificate, and as many sockets as it needs."""
    return (
        "-tls_cert", str(own.certificate), "-tls_key", str(own.key),
        "-tls_ca", str(authority.trust), "-max_socket", "1000",
        "-rp", str(SECONDS_TO_COME * 1000),
    )  # fmt: skip


async def serial_shown(node: NodeUnderTest, authority: Authority) -> str:
    """Give the serial number of the certificate that a new connection sees."""
    context = ssl.create_default_context(cafile=str(authority.trust))
    _, writer = await asyncio.open_connection("127.0.0.1", node.ports["tls"], ssl=context)
    with closing(writer):
        shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        return f"{x509.load_der_x509_certificate(shown).serial_number:x}"


async def test_two_hundred_calls_outlive_the_certificate_that_they_began_with(
    tmp_path: Path,
) -> None:
    authority = Authority(tmp_path / "pki")
    own, client = authority.issue("127.0.0.1"), authority.issue("127.0.0.1", common_name="sipp")
    told: Counter[int] = Counter()
    async with (
        node_under_test(tmp_path / "node", credentials=own, trust=authority.trust) as node,
        AsyncExitStack() as stack,
    ):
        node.node.events.add_listener(lambda event: told.update([event.kind.number]))
        crowds = [
            await stack.enter_async_context(
                caller(
                    STAYS,
                    Target(
                        port=node.ports["tls"],
                        transport=transport,
                        options=options(client, authority),
                    ),
                    tmp_path / transport,
                    count=count,
                    rate=count,
                    traces=False,
                )
            )
            for transport, count in (("l1", ON_ONE_CONNECTION), ("ln", ON_THEIR_OWN))
        ]
        await until(
            lambda: node.node.live_things()["dialogs"] == CALLS,
            25,
            lambda: AssertionError(f"they are not all up: {node.node.live_things()}"),
        )
        renewed = authority.issue("127.0.0.1", common_name="renewed")
        own.certificate.write_bytes(renewed.certificate.read_bytes())
        own.key.write_bytes(renewed.key.read_bytes())
        event = await node.told(catalogue.CERTIFICATE_REPLACED.number)

        assert node.node.live_things()["dialogs"] == CALLS
        assert [await crowd.wait(60) for crowd in crowds] == [0, 0]
        await node.until_calls_are_over()

        assert told[catalogue.CALL_ENDED.number] == CALLS
        assert told[catalogue.CALL_FAILED.number] == 0
        assert told[catalogue.HANDSHAKE_FAILED.number] == 0
        assert await serial_shown(node, authority) == event.fields["new_serial"]
