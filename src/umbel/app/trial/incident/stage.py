"""The stage of the incident, in one folder: two nodes, the company's authority, and who is where."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from umbel.admin.certificate_plan import make_certificate_plan, planned_gateways
from umbel.app.administration import open_administration
from umbel.app.settings import Settings, load_settings
from umbel.app.stores import open_store
from umbel.app.trial.system import free_port
from umbel.backends.authority import Authority, AuthorityTerms
from umbel.directory.objects import Gateway, Transport
from umbel.identity.certificate_request import KeyKind, RequestedNames
from umbel.identity.plan import CertificatePlan
from umbel.mailbox.message import Caller
from umbel.net.clock import SystemClock
from umbel.net.dns import Hosts
from umbel.net.randomness import SystemRandomness

ARRAY: Final = "um.domain.local"
"""The name that stands for both servers."""
NODES: Final = ("node01.domain.local", "node02.domain.local")
POOL: Final = "pool.domain.local"

ATTENDANT, ACCESS, PIN = "9000", "9001", "271828"
ASK_EVERY = 1
"""Seconds between two OPTIONS of a node; in an organisation it would be 30."""

_LIFETIME = timedelta(days=365)
_MEDIA_PORTS = {NODES[0]: range(20000, 25000), NODES[1]: range(25000, 30000)}

_SITE = """\
[[dialplan]]
name = "office"
access_numbers = ["{access}"]

[[gateway]]
name = "pool"
address = "{pool}"
port = {port}
transport = "tls"
srtp = true
rule = "lync"
probe_every = {every}

[[huntgroup]]
name = "pool"
gateway = "pool"
dial_plan = "office"

[[policy]]
name = "standard"

[[attendant]]
name = "reception"
dial_plan = "office"
pilots = ["{attendant}"]

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

_SETTINGS = """\
[node]
name = "{name}"
[store]
url = "sqlite:///umbel.db"
[tls]
certificate = "certificate.pem"
key = "certificate.key"
trust = "authority.pem"
[media]
first_port = {first}
last_port = {last}
[[listener]]
transport = "tls"
address = "127.0.0.1"
port = {port}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Everything that stands before the first call."""

    folder: Path
    settings: dict[str, Settings]
    """Of each node, by its name."""
    ports: dict[str, int]
    """Where each host listens for TLS, all on loopback."""

    @property
    def hosts(self) -> Hosts:
        """Give the addresses of the story's names, which no name server knows."""
        return {name: ("127.0.0.1",) for name in self.ports}

    @property
    def authority(self) -> Authority:
        """Give the company's authority, whom everybody here trusts."""
        return _authority(self.folder)

    def show(self, *names: str, nodes: tuple[str, ...] = NODES) -> None:
        """Give *nodes* one certificate for *names*, the first of them its common name."""
        made = self.authority.issue_with_key(
            RequestedNames.of_node(names[0], names[1:]),
            kind=KeyKind.RSA_2048,
            folder=self.folder / "shared",
            lifetime=_LIFETIME,
        )
        for node in nodes:
            own = self.folder / node
            # The key first: a node takes files up only when they fit each other.
            (own / "certificate.key").write_bytes(made.key.read_bytes())
            (own / "certificate.pem").write_bytes(made.certificate.read_bytes())
            (own / "authority.pem").write_bytes(self.authority.root_pem)

    def plan(self) -> CertificatePlan:
        """Plan the certificates of the array, as ``umbel certificate plan`` does."""
        pool = Gateway(name="pool", address=POOL, transport=Transport.TLS, rule="lync")
        return make_certificate_plan(NODES, ARRAY, planned_gateways([pool]))


def set_stage(folder: Path) -> Stage:
    """Make folders, settings and certificates, or use what an earlier run has left."""
    folder.mkdir(parents=True, exist_ok=True)
    ports: dict[str, int] = {}
    for name in (*NODES, POOL):
        ports[name] = free_port(5061, *ports.values())
    for name in NODES:
        _write_settings(folder / name, name, ports[name])
    stage = Stage(
        folder=folder,
        ports=ports,
        settings={name: load_settings(folder / name / "umbel.toml") for name in NODES},
    )
    stage.show(ARRAY, *NODES)
    stage.authority.issue(POOL)
    return stage


async def fill_store(stage: Stage, node: str, *messages: tuple[str, NDArray[np.int16]]) -> None:
    """Configure a node, and leave messages: each a mailbox and what is spoken."""
    site = _SITE.format(
        access=ACCESS, attendant=ATTENDANT, pool=POOL, port=stage.ports[POOL], every=ASK_EVERY
    )
    settings = stage.settings[node]
    async with open_administration(settings) as administration:
        await administration.apply(site, "site.toml")
        for extension, _words in messages:
            await administration.set_pin(extension, PIN, must_change=False)
    clock, randomness = SystemClock(), SystemRandomness()
    async with open_store(settings, clock=clock, randomness=randomness) as store:
        for extension, words in messages:
            caller = Caller(number="+16175550110", name="Thomas Watson")
            message = await store.messages.begin(extension, caller, "the-story")
            await store.audio.append(message.audio, words.astype("<i2").tobytes())
            await store.messages.deliver(message.id, len(words) / 8000, message.importance)


def _authority(folder: Path) -> Authority:
    terms = AuthorityTerms(domains=("domain.local",))
    return Authority(folder / "company", SystemClock().wall(), terms)


def _write_settings(folder: Path, name: str, port: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    media = _MEDIA_PORTS[name]
    text = _SETTINGS.format(name=name, port=port, first=media[0], last=media[-1])
    (folder / "umbel.toml").write_text(text, encoding="utf-8")
