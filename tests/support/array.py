"""Two nodes on one PostgreSQL, each a process on a host of its own, behind the pool."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from umbel.admin.administration import Administration
from umbel.app.administration import open_administration
from umbel.app.settings import Settings, load_settings
from umbel.app.stores import open_store
from umbel.backends.authority import Authority, AuthorityTerms
from umbel.core.events import Event
from umbel.directory.records import CallRecord
from umbel.identity.certificate_request import KeyKind, RequestedNames
from umbel.mailbox.message import Caller
from umbel.net.clock import SystemClock
from umbel.net.randomness import SystemRandomness

from .baresip import Line, Phone, phone, write_wav
from .likeness import Samples
from .namespaces import Host, Network, network
from .pki import Credentials
from .pool import POOL, PORT, Pool, mediation_pool
from .postgresql import PostgreSql
from .program import Running, running

UMBEL = Path(sys.executable).parent / "umbel"

ARRAY = "um.domain.local"
NODE01, NODE02 = NODES = ("node01.domain.local", "node02.domain.local")

ATTENDANT, ACCESS, PIN = "9000", "3000", "271828"

SITE = f"""
[[dialplan]]
name = "office"
security = "sip-secured"
access_numbers = ["{ACCESS}"]

[[gateway]]
name = "pool"
address = "{POOL}"
port = {PORT}
transport = "tls"
rule = "lync"
probe_every = 1

[[huntgroup]]
name = "pool"
gateway = "pool"
dial_plan = "office"

[[policy]]
name = "standard"

[[attendant]]
name = "reception"
dial_plan = "office"
pilots = ["{ATTENDANT}"]

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

[[mailbox]]
extension = "2003"
name = "Alexander Graham Bell"
dial_plan = "office"
policy = "standard"
"""

_SETTINGS = """
[node]
name = "{name}"
[store]
url = "{url}"
[tls]
certificate = "certificate.pem"
key = "key.pem"
trust = "trust.pem"
[[listener]]
transport = "tls"
"""


class Company:
    """The certificate authority that the pool and the nodes trust: Umbel's own, in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        terms = AuthorityTerms(domains=("domain.local",))
        self._authority = Authority(folder, SystemClock().wall(), terms)
        self.trust = folder / "authority.pem"

    def issue(self, *names: str) -> Credentials:
        """Issue a certificate: its common name, which also is its first alternative name, and more."""
        into = self.folder / "issued" / "+".join(name.partition(".")[0] for name in names)
        certificate, key, _trust = self._authority.issue_files(
            RequestedNames.of_node(names[0], names[1:]), KeyKind.RSA_2048, into
        )
        return Credentials(certificate=certificate, key=key, both=certificate)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One node of the array."""

    name: str
    host: Host
    folder: Path
    program: Running

    async def umbel(self, *arguments: str, within: float = 30) -> tuple[int, str]:
        """Run a command of Umbel on the node's host; give its exit code and what it printed."""
        words = [word for word in arguments if word.isalpha()]
        log = self.folder / f"{'-'.join(('umbel', *words))}.log"
        async with running(
            UMBEL, "--settings", self.folder / "umbel.toml", *arguments,
            log=log, namespace=self.host.namespace, own_names=self.folder.parent / "hosts",
        ) as command:  # fmt: skip
            return await command.wait(within), command.output


@dataclass(slots=True, eq=False, kw_only=True)
class Array:
    """The whole stage: two nodes, their store, the pool, and a place for phones."""

    folder: Path
    network: Network
    company: Company
    pool: Pool
    nodes: dict[str, Member]
    administration: Administration
    settings: Settings
    phones: int = field(default=0)

    @asynccontextmanager
    async def phone(
        self, extension: str, says: Samples | None = None, *, answers: bool = False
    ) -> AsyncIterator[Phone]:
        """Run a phone that is registered at the pool."""
        self.phones += 1
        folder = self.folder / f"phone{self.phones}-{extension}"
        folder.mkdir()
        words = np.zeros(0, np.int16) if says is None else says
        line = Line(
            name=extension,
            source=write_wav(folder / "source.wav", words, after=120),
            answers=answers,
            registrar=self.pool.registrar,
            domain="domain.local",
            address=self.network.here,
        )
        async with phone(line, folder) as made:
            await made.program.until("binding]")
            yield made

    async def dial(self, caller: Phone, number: str) -> CallRecord:
        """Let a phone call a number, and give the call as its node writes it down."""
        known = {each.id for each in await self.administration.recent_calls(100)}
        await caller.do("dial", f"sip:{number}@domain.local")
        return await self._until_call(
            lambda each: each.id not in known and each.answered is not None, "answered"
        )

    async def until_heard(self, call: CallRecord, text: str, within: float = 20) -> CallRecord:
        """Wait until the caller hears *text*."""
        return await self._until_call(
            lambda each: each.id == call.id and text in each.caption, f"told {text!r}", within
        )

    async def until_over(self, call: CallRecord, within: float = 20) -> CallRecord:
        """Wait until the call is over."""
        return await self._until_call(
            lambda each: each.id == call.id and not each.is_live, "over", within
        )

    async def told(
        self, number: int, node: str, *, after: Sequence[Event] = (), within: float = 20
    ) -> Event:
        """Wait until a node has told an event of that number that is not among *after*."""
        seen = {(each.at, each.node) for each in after}
        async with asyncio.timeout(within):
            while True:
                for each in await self.administration.events(number=number):
                    if each.node == node and (each.at, each.node) not in seen:
                        return each
                await asyncio.sleep(0.1)

    async def leave_message(self, extension: str, words: Samples) -> None:
        """Put a message into a mailbox, as if somebody had spoken it."""
        randomness, clock = SystemRandomness(), SystemClock()
        async with open_store(self.settings, clock=clock, randomness=randomness) as store:
            caller = Caller(number="+16175550110", name="Thomas Watson")
            message = await store.messages.begin(extension, caller, "the-story")
            await store.audio.append(message.audio, words.astype("<i2").tobytes())
            await store.messages.deliver(message.id, len(words) / 8000, message.importance)

    async def _until_call(
        self, is_it: Callable[[CallRecord], bool], what: str, within: float = 20
    ) -> CallRecord:
        deadline = asyncio.get_running_loop().time() + within
        while True:
            calls = await self.administration.recent_calls(100)
            if found := next(filter(is_it, calls), None):
                return found
            if asyncio.get_running_loop().time() > deadline:
                raise AssertionError(f"no call was {what} within {within:g} s, only {calls}")
            await asyncio.sleep(0.1)


@asynccontextmanager
async def array_behind_pool(
    folder: Path,
    postgresql: PostgreSql,
    shown: Callable[[Company], Credentials],
) -> AsyncIterator[Array]:
    """
    Run the stage for as long as the block.

    *shown* issues the certificate that both nodes begin with.
    """
    company = Company(folder / "company")
    shared = shown(company)
    async with AsyncExitStack() as stack:
        net = stack.enter_context(network(folder, POOL, *NODES))
        url = postgresql.url(postgresql.fresh())
        for name in NODES:
            _prepare(folder / _short(name), name, url, shared, company.trust)
        settings = load_settings(folder / "node01" / "umbel.toml")
        administration = await stack.enter_async_context(open_administration(settings))
        await administration.apply(SITE, "site.toml")
        for extension in ("2001", "2002", "2003"):
            await administration.set_pin(extension, PIN, must_change=False)
        pool = await stack.enter_async_context(
            mediation_pool(folder / "pool", net, NODES, company.issue(POOL), company.trust)
        )
        members = {
            name: await stack.enter_async_context(_member(folder / _short(name), name, net))
            for name in NODES
        }
        for member in members.values():
            await member.program.until("is serving on")
        yield Array(
            folder=folder,
            network=net,
            company=company,
            pool=pool,
            nodes=members,
            administration=administration,
            settings=settings,
        )


def with_array_name(company: Company) -> Credentials:
    """Issue the certificate of the story: the array's name, and the nodes' as alternatives."""
    return company.issue(ARRAY, *NODES)


def of_first_node(company: Company) -> Credentials:
    """Issue the certificate of one node, for all of them to show."""
    return company.issue(NODE01)


def install(folder: Path, issued: Credentials) -> None:
    """Put a certificate where a node's settings look for it."""
    (folder / "key.pem").write_bytes(issued.key.read_bytes())
    (folder / "certificate.pem").write_bytes(issued.certificate.read_bytes())


def _prepare(folder: Path, name: str, url: str, issued: Credentials, trust: Path) -> None:
    folder.mkdir()
    install(folder, issued)
    (folder / "trust.pem").write_bytes(trust.read_bytes())
    (folder / "umbel.toml").write_text(_SETTINGS.format(name=name, url=url))


@asynccontextmanager
async def _member(folder: Path, name: str, net: Network) -> AsyncIterator[Member]:
    host = net.hosts[name]
    async with running(
        UMBEL, "--settings", folder / "umbel.toml", "serve",
        log=folder / "serve.log", namespace=host.namespace, own_names=net.names,
    ) as program:  # fmt: skip
        yield Member(name=name, host=host, folder=folder, program=program)


def _short(name: str) -> str:
    return name.partition(".")[0]
