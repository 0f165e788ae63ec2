"""TLS clients that are no gateway: each hears why, in a 403 to its first request."""

import asyncio
import socket
import ssl
from contextlib import AsyncExitStack
from pathlib import Path

from tests.support.node import SITE, NodeUnderTest, node_under_test
from tests.support.pki import Authority, Credentials
from tests.support.sip_wire import OPTIONS

from umbel.core import event_catalogue as catalogue

NAMED = SITE.replace(
    'address = "127.0.0.1"', 'address = "gateway.umbel.test"\ntransport = "tls"'
).replace('from_addresses = ["::1"]\n', "")
"""The only gateway is known by the name in its certificate."""
BY_ADDRESS = SITE.replace('address = "127.0.0.1"', 'address = "127.0.0.1"\ntransport = "tls"')
"""The only gateway is known by its address, and needs no certificate."""


async def ask(
    served: NodeUnderTest, trust: Path, credentials: Credentials | None = None
) -> tuple[str, str]:
    """Send OPTIONS; give the answer's first line and its Warning."""
    context = ssl.create_default_context(cafile=str(trust))
    if credentials is not None:
        context.load_cert_chain(credentials.certificate, credentials.key)
    reader, writer = await asyncio.open_connection("127.0.0.1", served.ports["tls"], ssl=context)
    writer.write(OPTIONS)
    head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)).decode()
    writer.close()
    warnings = [line for line in head.splitlines() if line.startswith("Warning:")]
    return head.splitlines()[0], "".join(warnings)


async def test_who_does_not_prove_a_known_name_is_told_what_was_seen(tmp_path: Path) -> None:
    """No certificate, one of a foreign authority, and a good one with another name."""
    ours, other = Authority(tmp_path / "ours"), Authority(tmp_path / "other")
    async with node_under_test(
        tmp_path / "node", site=NAMED, credentials=ours.issue("127.0.0.1"), trust=ours.trust
    ) as served:
        nobody = await ask(served, ours.trust)
        foreign = await ask(served, ours.trust, other.issue("gateway.umbel.test"))
        unknown = await ask(served, ours.trust, ours.issue("elsewhere.umbel.test"))
        known = await ask(served, ours.trust, ours.issue("gateway.umbel.test"))
        event = await served.told(catalogue.HANDSHAKE_FAILED.number)

    assert [line for line, _ in (nobody, foreign, unknown)] == ["SIP/2.0 403 Forbidden"] * 3
    assert "over TLS with no certificate" in nobody[1]
    assert "not good (unable to get local issuer certificate)" in foreign[1]
    assert "a certificate for elsewhere.umbel.test" in unknown[1]
    assert known == ("SIP/2.0 200 OK", "")
    assert "its requests are answered with 403" in str(event.fields["reason"])


async def test_who_proves_the_name_by_another_rule_only_is_nobody(tmp_path: Path) -> None:
    """Lync's way as a server: an alternative name is of no help."""
    ours = Authority(tmp_path / "ours")
    by_lync = NAMED.replace('transport = "tls"', 'transport = "tls"\nour_rule = "lync"')
    async with node_under_test(
        tmp_path / "node", site=by_lync, credentials=ours.issue("127.0.0.1"), trust=ours.trust
    ) as served:
        alternative = ours.issue("gateway.umbel.test", common_name="um.umbel.test")
        common = ours.issue("um.umbel.test", common_name="gateway.umbel.test")
        by_alternative = await ask(served, ours.trust, alternative)
        by_common = await ask(served, ours.trust, common)

    assert by_alternative[0] == "SIP/2.0 403 Forbidden"
    assert "gateway.umbel.test and the common name um.umbel.test" in by_alternative[1]
    assert by_common[0] == "SIP/2.0 200 OK"


async def test_who_shows_a_bad_certificate_is_not_let_in_by_its_address(tmp_path: Path) -> None:
    """That the handshake is finished for the sake of an answer opens no door."""
    ours, other = Authority(tmp_path / "ours"), Authority(tmp_path / "other")
    async with node_under_test(
        tmp_path / "node", site=BY_ADDRESS, credentials=ours.issue("127.0.0.1"), trust=ours.trust
    ) as served:
        without, _ = await ask(served, ours.trust)
        foreign, _ = await ask(served, ours.trust, other.issue("gateway.umbel.test"))

    assert (without, foreign) == ("SIP/2.0 200 OK", "SIP/2.0 403 Forbidden")


async def test_who_opens_too_many_at_once_is_turned_away_and_that_is_told(tmp_path: Path) -> None:
    """The default lets a peer that restarts open 200 connections together."""
    ours = Authority(tmp_path / "ours")
    async with (
        node_under_test(
            tmp_path / "node", credentials=ours.issue("127.0.0.1"), trust=ours.trust
        ) as served,
        AsyncExitStack() as opened,
    ):
        for _ in range(400):  # At once for the node: the kernel takes them while its loop waits.
            calling = socket.create_connection(("127.0.0.1", served.ports["tls"]))
            opened.callback(calling.close)
        event = await served.told(catalogue.CONNECTION_TURNED_AWAY.number)

    assert event.fields["reason"] == "127.0.0.1 began more than 50 TLS handshakes a second"
