"""What a diagnosis walks with: the name, certificate and trust of this node, or of nobody."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from umbel.app.media_settings import MediaSettings
from umbel.app.settings import NodeSettings, Settings
from umbel.core.instants import Clock, Duration
from umbel.diagnosis.pem import PemFile, read_pem, unreadable_file
from umbel.identity.chains import Trust
from umbel.identity.key_fit import key_fit_findings
from umbel.identity.names import presented_names
from umbel.media.local_media import MediaSecurity
from umbel.net.clock import SystemClock
from umbel.net.dns import NameSources
from umbel.net.probe_identity import ProbeIdentity
from umbel.net.randomness import SystemRandomness
from umbel.net.revocation_lists import read_revocation_lists

from .outpost import Traveller
from .walk import Walker

PATIENCE: Duration = 5.0
"""How long each step of a walk may take, in seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the person said who asked for a diagnosis; what they left out is in the settings."""

    node: str = ""
    certificate: Path | None = None
    key: Path | None = None
    trust: Path | None = None
    patience: Duration = PATIENCE
    call: str = ""
    """Whom to call for a test: a URI, or a number at the peer; empty: nobody."""
    caller: str = "umbel"
    """The user or number that the test call comes from."""
    listens: Duration = 8.0
    """How long both sides of a test call are given to speak, in seconds."""
    security: MediaSecurity | None = None
    """Whether its audio is encrypted; ``None``: as is configured."""
    sources: NameSources = field(default_factory=NameSources)
    """Where names are looked up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outfit:
    """Everything that a walk needs."""

    node: str
    own_files: tuple[PemFile, ...]
    """The files with this node's certificate and key; empty: it has none."""
    own_chain: tuple[bytes, ...]
    """What this node shows to TLS peers, DER, leaf first; empty: nothing."""
    trust: Trust
    walker: Walker
    asked: Asked
    ports: range
    """UDP ports for the audio of test calls."""
    responder: str = ""
    """Where the status of certificates is asked for; empty: nowhere."""


def outfit(asked: Asked, settings: Settings | None, clock: Clock | None = None) -> Outfit:
    """Gather what was asked for and, for the rest, what the settings have."""
    clock = clock or SystemClock()
    certificate, key, trust = _paths(asked, settings)
    files = tuple(read_file(path) for path in dict.fromkeys((certificate, key)) if path)
    usable = certificate if _is_usable(files) else None
    node = asked.node or _node_name(settings, files)
    identity = ProbeIdentity(certificate=usable, key=key, trust=trust)
    onlooker = ProbeIdentity(certificate=usable, key=key, trust=trust, refuses=False)
    traveller = Traveller(
        node=node,
        clock=clock,
        randomness=SystemRandomness(),
        identity=identity,
        patience=asked.patience,
    )
    return Outfit(
        node=node,
        own_files=files,
        own_chain=files[0].certificates if usable is not None else (),
        trust=Trust(anchors=identity.trust, revocation_lists=_revocation_lists(settings)),
        responder=settings.tls.responder if settings and settings.tls else "",
        walker=Walker(traveller=traveller, onlooker=onlooker, sources=asked.sources),
        asked=asked,
        ports=_ports(settings),
    )


def read_file(path: Path) -> PemFile:
    """Read a file with certificates or keys, whatever is in it."""
    try:
        return read_pem(str(path), path.read_bytes())
    except OSError as error:
        return unreadable_file(str(path), error.strerror or str(error))


def _paths(asked: Asked, settings: Settings | None) -> tuple[Path | None, Path | None, Path | None]:
    """Give certificate, key and trust: asked for, or else those of the settings."""
    tls = settings.tls if settings is not None else None
    configured = tuple(map(Path, (tls.certificate, tls.key, tls.trust))) if tls else (None,) * 3
    if asked.certificate is not None:
        return asked.certificate, asked.key, asked.trust or configured[2]
    return configured[0], configured[1], asked.trust or configured[2]


def _revocation_lists(settings: Settings | None) -> tuple[bytes, ...]:
    if settings is None or settings.tls is None:
        return ()
    return read_revocation_lists(map(Path, settings.tls.revocation_lists))


def _is_usable(files: Sequence[PemFile]) -> bool:
    """Say whether TLS can be spoken with these files at all; findings tell why it cannot."""
    keys = [key for file in files for key in file.public_keys]
    if not files or not files[0].certificates or not keys:
        return False
    return not any(list(key_fit_findings(files[0].certificates, key)) for key in keys)


def _node_name(settings: Settings | None, files: Sequence[PemFile]) -> str:
    if settings is not None:
        return settings.node.name
    if files and files[0].certificates:
        names = presented_names(files[0].certificates[0])
        if names.common_names:
            return names.common_names[0]
    return NodeSettings().name


def _ports(settings: Settings | None) -> range:
    """Give the ports that the node's firewall lets pass, if there is a node."""
    media = settings.media if settings is not None else MediaSettings()
    return range(media.first_port, media.last_port + 1)
