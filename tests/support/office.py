"""A node and real phones around it: all of them speak TLS and SRTP, or all in the clear."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import numpy as np

from .baresip import Line, Phone, phone, write_wav
from .likeness import Samples
from .node import MEDIA_PORTS, NodeUnderTest, node_under_test
from .pki import Authority

PHONE = "phone.umbel.test"
"""The name in the phones' certificate."""

LONG_ENOUGH = 60.0
"""Seconds that a phone stays on the line when it has nothing to say."""

_SITE = """
[[dialplan]]
name = "office"
access_numbers = ["3000"]
{dial_plan}

[[gateway]]
name = "exchange"
address = "127.0.0.1"
probe_every = 0
{gateway}

[[huntgroup]]
name = "all"
gateway = "exchange"
dial_plan = "office"

[[policy]]
name = "standard"

[[attendant]]
name = "reception"
dial_plan = "office"
pilots = ["9000"]
dial_extensions = false

[[attendant.keys]]
key = "1"
label = "Antonio Meucci"
action = "extension"
target = "2001"

[[attendant.keys]]
key = "2"
label = "a message to Antonio Meucci"
action = "mailbox"
target = "2001"

[[mailbox]]
extension = "2001"
name = "Antonio Meucci"
dial_plan = "office"
policy = "standard"
{meucci}
"""


def site(*, gateway: str = "", dial_plan: str = "", meucci: str = "") -> str:
    """
    Give a site of one gateway: an attendant 9000 that leads to Antonio Meucci, 2001.

    Key 1 calls him, key 2 takes a message; voice mail is 3000. *gateway* and *dial_plan* are more
    lines of those objects; *meucci* is where he is reached, empty: at the gateway.
    """
    return _SITE.format(
        gateway=gateway,
        dial_plan=dial_plan,
        meucci=f'sip_uri = "{meucci}"' if meucci else "",
    )


class Office:
    """Makes the node and its phones; each lives for as long as its block."""

    def __init__(self, folder: Path, *, is_secure: bool, media_ports: range = MEDIA_PORTS) -> None:
        self._folder = folder
        self._authority = Authority(folder / "pki") if is_secure else None
        self._media_ports = media_ports
        self._ports: dict[str, int] = {}

    @asynccontextmanager
    async def node(self, meucci: str = "") -> AsyncIterator[NodeUnderTest]:
        """Run the node; *meucci* is where extension 2001 is reached."""
        secured = 'security = "secured"' if self._authority else ""
        trusted = f'transport = "tls"\ncertificate_names = ["{PHONE}"]' if self._authority else ""
        async with node_under_test(
            self._folder / "node",
            site=site(gateway=trusted, dial_plan=secured, meucci=meucci),
            credentials=self._authority.issue("127.0.0.1") if self._authority else None,
            trust=self._authority.trust if self._authority else None,
            media_ports=self._media_ports,
        ) as node:
            self._ports = node.ports
            yield node

    def phone(
        self,
        name: str,
        says: Samples | None = None,
        *,
        answers: bool = False,
        codecs: str = "pcmu,pcma",
    ) -> AbstractAsyncContextManager[Phone]:
        """Run a phone that says something at the beginning of each of its calls."""
        folder = self._folder / name
        folder.mkdir()
        certificate = self._authority.issue(PHONE, "127.0.0.1") if self._authority else None
        words = np.zeros(0, np.int16) if says is None else says
        line = Line(
            name=name,
            source=write_wav(folder / "source.wav", words, after=LONG_ENOUGH),
            certificate=certificate.both if certificate else None,
            srtp=certificate is not None,
            answers=answers,
            codecs=codecs,
        )
        return phone(line, folder)

    async def dial(self, caller: Phone, number: str) -> None:
        """Let a phone call the node."""
        transport = caller.line.transport
        port = self._ports[transport]
        await caller.do("dial", f"sip:{number}@127.0.0.1:{port};transport={transport}")
