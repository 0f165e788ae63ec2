"""Kamailio between the phones and us: proxy, registrar, and the gateway of transfers."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from tests.support.baresip import Line, Phone, phone, write_wav
from tests.support.kamailio import Proxy, kamailio
from tests.support.likeness import Samples, is_heard, melody
from tests.support.node import NodeUnderTest, node_under_test
from tests.support.office import LONG_ENOUGH, site
from tests.support.pki import Authority, Credentials
from tests.support.program import free_port

pytestmark = pytest.mark.peer

PROXY = "proxy.umbel.test"
"""The name in the proxy's certificate."""

WORDS = melody(2.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A proxy, and behind it a node and phones."""

    folder: Path
    proxy: Proxy
    node: NodeUnderTest

    @asynccontextmanager
    async def registered(
        self, extension: str, says: Samples | None = None, *, answers: bool = False
    ) -> AsyncIterator[Phone]:
        """Run a phone that is registered under an extension."""
        folder = self.folder / extension
        folder.mkdir()
        words = np.zeros(0, np.int16) if says is None else says
        line = Line(
            name=extension,
            source=write_wav(folder / "source.wav", words, after=LONG_ENOUGH),
            answers=answers,
            registrar=self.proxy.uri,
            domain=self.proxy.domain,
        )
        async with phone(line, folder) as made:
            await made.program.until("binding]")
            yield made

    async def dial(self, caller: Phone, number: str) -> None:
        """Let a phone call somebody in the proxy's domain."""
        await caller.do("dial", f"sip:{number}@{self.proxy.domain}")


Running = AbstractAsyncContextManager[Network]


def in_the_clear(folder: Path) -> Running:
    """Run a proxy and a node that speak UDP."""
    ports = (free_port(), free_port())
    return _running(folder, ports, f"port = {ports[0]}", "udp", None, None)


def over_mutual_tls(folder: Path, proxy: Authority | None = None) -> Running:
    """Run a proxy and a node that demand each other's certificate; *proxy* issues the proxy's."""
    ports = (free_port(), free_port())
    gateway = f'port = {ports[1]}\ntransport = "tls"\ncertificate_names = ["{PROXY}"]'
    authority = Authority(folder / "pki")
    issued = (proxy or authority).issue(PROXY, "127.0.0.1")
    return _running(folder, ports, gateway, "tls", authority, issued)


@asynccontextmanager
async def _running(
    folder: Path,
    ports: tuple[int, int],
    gateway: str,
    transport: str,
    authority: Authority | None,
    credentials: Credentials | None,
) -> AsyncIterator[Network]:
    trust = authority.trust if authority else None
    async with (
        node_under_test(
            folder / "node",
            site=site(gateway=gateway),
            credentials=authority.issue("127.0.0.1") if authority else None,
            trust=trust,
            requires_certificates=True,
        ) as node,
        kamailio(
            folder / "proxy",
            umbel=f"sip:127.0.0.1:{node.ports[transport]};transport={transport}",
            ports=ports,
            credentials=credentials,
            trust=trust,
            require_client=True,
        ) as proxy,
    ):
        yield Network(folder=folder, proxy=proxy, node=node)


class TestATransfer:
    @pytest.mark.parametrize(
        ("running", "transport"), [(in_the_clear, "udp"), (over_mutual_tls, "tls")]
    )
    async def test_through_the_proxy_connects_two_registered_phones(
        self, tmp_path: Path, running: Callable[[Path], Running], transport: str
    ) -> None:
        of_gray, of_meucci = melody(2, seed=1), melody(2, seed=2)
        async with (
            running(tmp_path) as network,
            network.registered("2002", of_gray) as gray,
            network.registered("2001", of_meucci, answers=True) as meucci,
        ):
            await network.dial(gray, "9000")
            await network.node.until_heard("Welcome")
            await gray.press("1")
            await network.node.until_heard("(transfer: transferred)")
            await network.node.until_no_calls()
            await meucci.until_hears(of_gray)
            await gray.until_hears(of_meucci)

            assert network.proxy.carried("REFER", transport) == 1
            assert network.proxy.carried("NOTIFY", "udp") >= 1
            assert network.proxy.carried("BYE", transport) == 1


class TestASubscriberWithoutAPhone:
    async def test_is_called_by_the_attendant_and_diverted_to_voice_mail(
        self, tmp_path: Path
    ) -> None:
        async with over_mutual_tls(tmp_path) as network, network.registered("2002") as gray:
            await network.dial(gray, "9000")
            await network.node.until_heard("Welcome")
            await gray.press("1")
            await network.node.until_heard("(transfer: transferred)")
            await network.node.until_heard("voice mailbox of Antonio Meucci")
            await gray.press("#")
            await network.node.until_recorded("2001")
            await gray.speak(write_wav(gray.folder / "words.wav", WORDS, before=0.3, after=0.3))
            await gray.until("CALL_CLOSED", count=2)
            await network.node.until_no_calls()

            (message,) = await network.node.messages("2001")
            assert message.caller.number == "2002"
            assert is_heard(WORDS, await network.node.audio(message))


class TestABusySubscriber:
    async def test_is_answered_for_by_voice_mail(self, tmp_path: Path) -> None:
        async with (
            in_the_clear(tmp_path) as network,
            network.registered("2002") as gray,
            network.registered("2001") as meucci,
        ):
            await network.dial(gray, "2001")
            await meucci.until("CALL_INCOMING")
            await meucci.do("hangup")
            await network.node.until_heard("voice mailbox of Antonio Meucci")
            await gray.do("hangup")
            await network.node.until_no_calls()

            assert network.proxy.carried("BYE", "udp") == 1


class TestAProxyOfAnotherAuthority:
    async def test_is_refused_and_told_of(self, tmp_path: Path) -> None:
        stranger = Authority(tmp_path / "stranger")
        async with (
            over_mutual_tls(tmp_path, stranger) as network,
            network.registered("2002") as gray,
        ):
            await network.dial(gray, "9000")
            await gray.until("CALL_CLOSED")
            events = await network.node.administration.events(number=2040)

        assert not network.node.heard
        assert "refused by us: the peer's certificate was refused" in events[0].sentence
