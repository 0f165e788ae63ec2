"""The system of ``umbel try``: everything in one folder, set up, proved, and left running."""

import asyncio
import socket
import textwrap
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from umbel.app.administration import open_administration
from umbel.app.certificate_watch import load_identity
from umbel.app.exchange import Exchange, ProofFailed, running_exchange
from umbel.app.journal import Heard
from umbel.app.node import running_node
from umbel.app.settings import Settings, TlsSettings, load_settings
from umbel.backends.authority import Authority
from umbel.backends.prompts import package_folder
from umbel.core.errors import Mistake
from umbel.core.instants import Duration
from umbel.net.clock import SystemClock
from umbel.net.tls_identity import TlsIdentity

from .guide import how_to_call
from .organisation import NODE, OPERATOR, PIN, SUBSCRIBERS, Ports, settings, site
from .proof import Proof, came_back

EXCHANGE = "exchange.localhost"
"""The exchange's name, as its certificate has it."""

FIRST_WORDS = "trial.first-words"
"""The phrase that the caller of the proof says."""

Say = Callable[[str], None]
"""Prints a line."""

_BRIEF = 84
"""Characters of a caption that is to be brief."""


async def try_umbel(folder: Path, *, once: bool, say: Say, programs: Path | None = None) -> bool:
    """
    Set the system up in *folder* where it is not yet, prove it, and, unless *once*, stay up.

    *folder* is absolute. *programs*: where ``umbel`` is, if not where a terminal looks for it.
    Says whether the proof succeeded.
    """
    ports = await asyncio.to_thread(prepare, folder)
    node_settings = load_settings(folder / "umbel.toml")
    await _fill_store(node_settings, ports)
    captions = Captions(say)
    async with (
        running_exchange(ports.exchange, _identity_of_exchange(folder)) as exchange,
        running_node(node_settings, watch=captions.take),
    ):
        succeeded = await _prove(exchange, ports, captions)
        if not once:
            say(how_to_call(folder, ports, programs))
            await asyncio.get_running_loop().create_future()
    return succeeded


class Captions:
    """What callers hear and do: printed, and waited for."""

    def __init__(self, say: Say, *, is_brief: bool = False) -> None:
        """*is_brief*: what is long is printed in short, and goodbyes are not."""
        self._say = say
        self._is_brief = is_brief
        self._unread: list[str] = []
        self._news = asyncio.Event()

    def take(self, heard: Heard) -> None:
        """Take a line from the node."""
        who = "caller" if heard.by_caller else " umbel"
        if not self._is_brief:
            self._say(f"    {heard.call}  {who}: {heard.text}")
        elif not heard.text.startswith("is gone"):
            self._say(f"    {who}: {textwrap.shorten(heard.text, _BRIEF, placeholder=' …')}")
        if not heard.by_caller:
            self._unread.append(heard.text)
            self._news.set()

    def step(self, text: str) -> None:
        """Print a step of the proof; only what is heard from now on counts for it."""
        self._unread.clear()
        self._say(f"• {text}")

    async def until(self, text: str, within: Duration) -> None:
        """Wait until somebody hears *text*; what was heard before it is passed over."""
        try:
            async with asyncio.timeout(within):
                while not self._find(text):
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise ProofFailed(f'nobody heard "{text}" within {within:g} s') from None

    def _find(self, text: str) -> bool:
        while self._unread:
            if text.lower() in self._unread.pop(0).lower():
                return True
        return False


def prepare(folder: Path) -> Ports:
    """Make settings, certificates and the site file, where they are not there yet."""
    try:
        return _prepare(folder)
    except OSError as error:
        raise Mistake(
            f"{error.filename or folder}: {error.strerror}",
            expected="a folder to write everything of the system into",
            where=str(folder),
            do="name another: umbel try --folder FOLDER",
        ) from error


def _prepare(folder: Path) -> Ports:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "umbel.toml"
    if path.exists():
        return _ports_of(load_settings(path), path)
    udp = free_port(5060)
    tls = free_port(5061, udp)
    ports = Ports(udp=udp, tls=tls, exchange=free_port(5071, udp, tls))
    authority = Authority(folder / "certificates", SystemClock().wall())
    authority.issue(NODE, ("127.0.0.1",))
    authority.issue(EXCHANGE, ("127.0.0.1",))
    (folder / "site.toml").write_text(site(ports), encoding="utf-8")
    path.write_text(settings(ports), encoding="utf-8")
    return ports


async def _fill_store(node_settings: Settings, ports: Ports) -> None:
    async with open_administration(node_settings) as administration:
        if await administration.list("dialplan"):
            return
        await administration.apply(site(ports), "site.toml")
        for person in (*SUBSCRIBERS, OPERATOR):
            await administration.set_pin(person.extension, PIN, must_change=False)


def _identity_of_exchange(folder: Path) -> TlsIdentity:
    certificates = folder / "certificates"
    return load_identity(
        TlsSettings(
            certificate=str(certificates / f"{EXCHANGE}.pem"),
            key=str(certificates / f"{EXCHANGE}.key"),
            trust=str(certificates / "authority.pem"),
        )
    )


async def _prove(exchange: Exchange, ports: Ports, captions: Captions) -> bool:
    words = package_folder("en-US") / "clips" / "phrase" / f"{FIRST_WORDS}.wav"
    try:
        share = await Proof(exchange, ports, captions.step, captions.until).run(words)
    except ProofFailed as failure:
        captions.step(f"FAILED: {failure}")
        return False
    captions.step(_verdict(share))
    return came_back(share)


def _verdict(share: float) -> str:
    percent = f"{share:.1%} of its samples are the very same"
    if came_back(share):
        return f"It works: the message that was heard is the one that was left ({percent})."
    return f"FAILED: the message that was heard is not the one that was left ({percent})."


def _ports_of(found: Settings, path: Path) -> Ports:
    by_transport = {listener.transport.value: listener.port or 0 for listener in found.listener}
    if not {"udp", "tls"} <= by_transport.keys():
        raise Mistake(
            "no UDP or no TLS listener",
            expected="the settings that umbel try writes",
            where=str(path),
            do="name another folder: umbel try --folder FOLDER",
        )
    udp, tls = by_transport["udp"], by_transport["tls"]
    return Ports(udp=udp, tls=tls, exchange=free_port(5071, udp, tls))


def free_port(wanted: int, *taken: int) -> int:
    """Give *wanted*, or the next port that nobody has or has *taken*, for UDP and TCP."""
    for port in range(wanted, wanted + 1000, 10):
        if port in taken:
            continue
        if _is_free(port, socket.SOCK_STREAM) and _is_free(port, socket.SOCK_DGRAM):
            return port
    raise Mistake(
        f"no free port from {wanted} on",
        expected="a port that nobody has",
        where="127.0.0.1",
        do="ss -lntup shows who has them",
    )


def _is_free(port: int, kind: socket.SocketKind) -> bool:
    with closing(socket.socket(socket.AF_INET, kind)) as probe:
        if kind is socket.SOCK_STREAM:  # What is only closing is free, as for those who listen.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
