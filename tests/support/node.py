"""A whole node in the test's own process, on free ports of loopback."""

import os
import signal
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from umbel.admin.administration import Administration
from umbel.app.administration import open_administration
from umbel.app.journal import Heard
from umbel.app.node import Node, running_node
from umbel.app.settings import Settings, load_settings
from umbel.core.events import Event
from umbel.diagnosis.observation import Direction, Observation, PeeringState
from umbel.directory.records import CallRecord
from umbel.mailbox.message import Message, MessageState
from umbel.mailbox.ports import OCTETS_OF_A_SECOND

from .likeness import is_heard
from .pki import Credentials
from .program import eventually, free_port, until

MEDIA_PORTS = range(40000, 50000)

SITE = """
[[dialplan]]
name = "office"
access_numbers = ["3000"]
operator = "2000"

[[gateway]]
name = "loopback"
address = "127.0.0.1"
from_addresses = ["::1"]
probe_every = 0

[[huntgroup]]
name = "all"
gateway = "loopback"
dial_plan = "office"

[[policy]]
name = "standard"

[[attendant]]
name = "reception"
dial_plan = "office"
pilots = ["9000"]

[[attendant.keys]]
key = "1"
label = "Antonio Meucci"
action = "extension"
target = "2001"

[[mailbox]]
extension = "2001"
name = "Antonio Meucci"
dial_plan = "office"
policy = "standard"

[[mailbox]]
extension = "2002"
name = "Elisha Gray"
dial_plan = "office"
policy = "standard"
"""


@dataclass(slots=True, eq=False)
class NodeUnderTest:
    """A running node, and what was heard on it."""

    node: Node
    settings: Settings
    administration: Administration
    ports: dict[str, int]
    heard: list[Heard] = field(default_factory=list)

    @property
    def captions(self) -> list[str]:
        """Give what callers heard, in order."""
        return [line.text for line in self.heard if not line.by_caller]

    async def until_heard(self, text: str, within: float = 15) -> None:
        """Wait until some caller hears *text*."""
        await until(
            lambda: any(text in caption for caption in self.captions),
            within,
            lambda: AssertionError(f"nobody heard {text!r}, only {self.captions}"),
        )

    async def until_calls_are_over(self, within: float = 10) -> None:
        """Wait until no call and no media session is left; transactions live on for 32 seconds."""
        busy = ("calls", "media sessions", "dialogs")
        await until(
            lambda: not any(self.node.live_things()[name] for name in busy),
            within,
            lambda: AssertionError(f"still alive: {self.node.live_things()}"),
        )

    async def until_at_rest(self, within: float = 40) -> None:
        """Wait until no live thing is left."""
        await until(
            lambda: not any(self.node.live_things().values()),
            within,
            lambda: AssertionError(f"still alive: {self.node.live_things()}"),
        )

    async def until_no_calls(self, within: float = 15) -> None:
        """Wait until every call is over; transactions may linger (RFC 3261 section 17)."""

        def calls() -> int:
            live = self.node.live_things()
            return live["calls"] + live["legs"] + live["media sessions"]

        await until(
            lambda: not calls(),
            within,
            lambda: AssertionError(f"still alive: {self.node.live_things()}"),
        )

    async def until_recorded(
        self, extension: str, words: NDArray[np.int16] | None = None, within: float = 15
    ) -> None:
        """Wait until *words*, or anything at all, was kept of a message to *extension*."""

        async def is_kept() -> bool | None:
            kept = [await self.audio(message) for message in await self.messages(extension)]
            if words is None:
                return any(len(audio) for audio in kept) or None
            return any(is_heard(words, audio) for audio in kept) or None

        await eventually(
            is_kept,
            within,
            lambda: AssertionError(f"it was not recorded; heard was {self.captions}"),
        )

    async def ended_calls(self, count: int = 1, within: float = 10) -> Sequence[CallRecord]:
        """Wait until *count* calls are written down as ended, and give them, newest first."""

        async def ended() -> Sequence[CallRecord] | None:
            found = await self.administration.recent_calls(count)
            is_over = len(found) == count and not any(call.is_live for call in found)
            return found if is_over else None

        return await eventually(
            ended, within, lambda: AssertionError(f"{count} calls have not ended")
        )

    async def told(self, number: int, within: float = 10) -> Event:
        """Wait until an event of that number is kept, and give the newest."""

        async def newest() -> Event | None:
            found = await self.administration.events(number=number)
            return found[-1] if found else None

        return await eventually(
            newest, within, lambda: AssertionError(f"event {number} was not told")
        )

    async def delivered(self, extension: str, within: float = 30) -> Message:
        """Wait until there is a message to be heard, and give it."""
        return await delivered(self.administration, extension, within)

    async def messages(self, extension: str) -> Sequence[Message]:
        """Give a mailbox's messages."""
        return await self.administration.messages(extension)

    async def audio(self, message: Message) -> NDArray[np.int16]:
        """Give the samples of a message."""
        _found, linear = await self.administration.message_audio(message.id)
        return np.frombuffer(linear, "<i2")


async def observed(node: NodeUnderTest, state: PeeringState, within: float = 15) -> Observation:
    """Wait until the store says that the gateway is in *state*."""

    async def in_state() -> Observation | None:
        found = [
            one
            for one in await node.administration.observations()
            if one.direction is Direction.TO_GATEWAY
        ]
        return found[0] if found and found[0].state is state else None

    return await eventually(in_state, within, lambda: AssertionError(f"it is not {state}"))


async def delivered(administration: Administration, extension: str, within: float = 30) -> Message:
    """Wait until a mailbox has a message to be heard, and give it."""

    async def new() -> Message | None:
        found = await administration.messages(extension)
        return next((it for it in found if it.state is MessageState.NEW), None)

    return await eventually(new, within, lambda: AssertionError("no message was delivered"))


async def spoken(administration: Administration, extension: str, seconds: float) -> None:
    """Wait until so much of a message is in the store while it is being spoken."""

    async def is_kept() -> bool | None:
        for message in await administration.messages(extension):
            _message, linear = await administration.message_audio(message.id)
            if len(linear) >= seconds * OCTETS_OF_A_SECOND:
                return True
        return None

    await eventually(is_kept, 30, lambda: AssertionError(f"no {seconds} s were recorded"))


@contextmanager
def media_engine_asleep() -> Iterator[None]:
    """Stop the media engine of a node of this process for as long as the block: it opens nothing."""
    engines = [
        int(path.parent.name) for path in Path("/proc").glob("[0-9]*/stat") if _is_engine(path)
    ]
    for number in engines:
        os.kill(number, signal.SIGSTOP)
    try:
        yield
    finally:
        for number in engines:
            os.kill(number, signal.SIGCONT)


def _is_engine(stat: Path) -> bool:
    try:
        parent = stat.read_text().rpartition(")")[2].split()[1]
        command = (stat.parent / "cmdline").read_text()
    except OSError:
        return False  # It ended while we looked.
    return parent == str(os.getpid()) and "umbel.net.media_engine" in command


def write_settings(
    folder: Path,
    credentials: Credentials | None = None,
    trust: Path | None = None,
    *,
    requires_certificates: bool = False,
    media_ports: range = MEDIA_PORTS,
    authority: Path | None = None,
    cores: tuple[int, ...] = (),
    more: str = "",
) -> dict[str, int]:
    """Write ``umbel.toml``, *more* at its end, and give the port of each transport."""
    ports = {"udp": free_port(), "tls": free_port()}
    ports["tcp"] = ports["udp"]
    text = f"""
[node]
name = "node01.umbel.test"
[media]
first_port = {media_ports[0]}
last_port = {media_ports[-1]}
cores = {list(cores)}
[[listener]]
transport = "udp"
address = "127.0.0.1"
port = {ports["udp"]}
[[listener]]
transport = "tcp"
address = "127.0.0.1"
port = {ports["tcp"]}
[[listener]]
transport = "udp"
address = "::1"
port = {ports["udp"]}
[[listener]]
transport = "tcp"
address = "::1"
port = {ports["tcp"]}
"""
    if credentials is not None:
        text += f"""
[tls]
certificate = "{credentials.certificate}"
key = "{credentials.key}"
trust = "{trust}"
authority = "{authority or ""}"
[[listener]]
transport = "tls"
address = "127.0.0.1"
advertise = "127.0.0.1"
port = {ports["tls"]}
require_client_certificate = {str(requires_certificates).lower()}
"""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "umbel.toml").write_text(text + more)
    return ports


@asynccontextmanager
async def node_under_test(
    folder: Path,
    *,
    site: str = SITE,
    credentials: Credentials | None = None,
    trust: Path | None = None,
    requires_certificates: bool = False,
    media_ports: range = MEDIA_PORTS,
    authority: Path | None = None,
    cores: tuple[int, ...] = (),
    more: str = "",
) -> AsyncIterator[NodeUnderTest]:
    """Run a node that serves *site*, for as long as the block."""
    ports = write_settings(
        folder,
        credentials,
        trust,
        requires_certificates=requires_certificates,
        media_ports=media_ports,
        authority=authority,
        cores=cores,
        more=more,
    )
    settings = load_settings(folder / "umbel.toml")
    heard: list[Heard] = []
    async with open_administration(settings) as administration:
        await administration.apply(site, "site.toml")
        async with running_node(settings, watch=heard.append) as node:
            yield NodeUnderTest(node, settings, administration, ports, heard)
