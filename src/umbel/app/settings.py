"""The settings of one machine: ``umbel.toml``. Everything else is in the store."""

import socket
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from umbel.core.errors import Mistake, system_says
from umbel.core.tables import read_table
from umbel.directory.objects import Transport
from umbel.identity.acme_challenge import AcmeChallenge
from umbel.sip import hop

from .media_settings import MediaSettings, check_address, check_media


class LogFormat(StrEnum):
    """How the log looks."""

    AUTO = "auto"
    """Pretty on a terminal, JSON otherwise."""
    PRETTY = "pretty"
    JSON = "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSettings:
    """Who this node is."""

    name: str = field(default_factory=socket.getfqdn)
    """
    Its fully qualified domain name, which also is in its certificate and its Contact; left out:
    what the machine says that its name is.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSettings:
    """Where everything is kept that is not this machine's own."""

    url: str = "sqlite:///umbel.db"
    """``sqlite:///file`` for one node, ``postgresql://…`` for many."""
    audio: str = "audio"
    """The folder of recordings beside SQLite; PostgreSQL keeps them itself."""
    keep_free: int = 500
    """Megabytes of that folder's disk that recordings leave free; with less no message is taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerSettings:
    """One address that SIP is taken on."""

    transport: Transport
    """What peers speak to it."""
    address: str = "0.0.0.0"
    """An IP address of this machine; ``0.0.0.0`` and ``::`` are all of them."""
    port: int | None = None
    """``none``: 5060, with TLS 5061. ``0``: one that is free."""
    advertise: str = ""
    """The host in Via and Contact; empty: with TLS the node's name, otherwise the address."""
    require_client_certificate: bool = False
    """
    Refuse a TLS peer by an alert where it shows no certificate or one that is not good. Otherwise
    its first request is answered with 403 and the reason; no such peer is taken for a gateway that
    is known by a certificate.
    """


class Renewal(StrEnum):
    """Who renews the node's certificate when two thirds of its lifetime have passed."""

    BY_HAND = "by-hand"
    """Nobody: its end is told in time, and an administrator installs another."""
    AUTHORITY = "authority"
    """The built-in authority, here or on the machine that has it."""
    ACME = "acme"
    """An authority that speaks ACME (RFC 8555)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AcmeSettings:
    """The ACME authority that renews the certificate."""

    directory: str
    """The URL of its directory."""
    contact: str = ""
    """An e-mail address for its warnings; empty: none."""
    challenge: AcmeChallenge = AcmeChallenge.HTTP_01
    """How it is shown that the node's name is the node's."""
    address: str = ""
    """The IP address that the challenge is answered on; empty: all of them."""
    port: int | None = None
    """The port that the challenge is answered on; ``none``: 80, or 443 for tls-alpn-01."""
    trust: str = ""
    """PEM file of the authorities that its web server's certificate comes from; empty: the usual."""
    account: str = "acme-account.key"
    """The key of this node's account, made when it is not there yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsSettings:
    """This node's certificate, and whom it trusts. All are PEM files."""

    certificate: str
    """The node's certificate, then the intermediates."""
    key: str
    """The private key of the certificate, without a pass phrase."""
    trust: str
    """The authorities that a peer's certificate must come from."""
    revocation_lists: tuple[str, ...] = ()
    """Files, PEM or DER: with them a revoked peer is refused, and each of these authorities needs a
    list that is not out of date."""
    responder: str = ""
    """Where `umbel diagnose` asks whether certificates were revoked (OCSP), as an http address."""
    authority: str = ""
    """The folder of the built-in authority, on the machine that has it; empty: not this one."""
    renew: Renewal = Renewal.BY_HAND
    """Who renews the certificate when two thirds of its lifetime have passed."""
    keep_key: bool = False
    """Renew with the same key, for gateways that go by it (rule "pinned"); else with a new one."""
    acme: AcmeSettings | None = None
    """The ACME authority that renews it, as [tls.acme]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptSettings:
    """What callers hear."""

    folder: str = ""
    """The administrator's own recordings, which replace Umbel's by name."""
    time_zone: str = ""
    """Of the dates and times that are spoken, such as Europe/Vienna; empty: the machine's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSettings:
    """The log."""

    format: LogFormat = LogFormat.AUTO
    """How lines look; ``auto``: pretty on a terminal, JSON otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceSettings:
    """What is kept of the SIP messages that pass, for ``umbel trace``."""

    enabled: bool = True
    """Whether anything is kept."""
    folder: str = "trace"
    """The folder of the ring. It holds who called whom; credentials and PINs are never in it."""
    megabytes: int = 64
    """At most so much; the oldest makes room for the newest."""
    days: int = 7
    """What is older is removed, even where there is room."""
    secrets: bool = False
    """
    Keep the TLS secrets of each connection too. Whoever has them and a capture of the wire reads
    everything, PINs included.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsSettings:
    """Where the figures of the node can be fetched, for Prometheus and its like (OpenMetrics)."""

    port: int | None = None
    """The TCP port of ``http://…/metrics``; ``none``: they are not told."""
    address: str = "127.0.0.1"
    """The IP address of this machine that it is answered on, to everybody who can reach it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that is this machine's own."""

    node: NodeSettings = field(default_factory=NodeSettings)
    """Who this node is."""
    store: StoreSettings = field(default_factory=StoreSettings)
    """Where everything is kept that is not this machine's own."""
    listener: tuple[ListenerSettings, ...] = (
        ListenerSettings(transport=Transport.UDP),
        ListenerSettings(transport=Transport.TCP),
    )
    """Where SIP is taken; without one, UDP and TCP on port 5060 of all addresses."""
    tls: TlsSettings | None = None
    """This node's certificate; needed by TLS listeners and by gateways that are called over TLS."""
    media: MediaSettings = field(default_factory=MediaSettings)
    """Where audio goes."""
    prompts: PromptSettings = field(default_factory=PromptSettings)
    """What callers hear."""
    log: LogSettings = field(default_factory=LogSettings)
    """The log, on standard error."""
    trace: TraceSettings = field(default_factory=TraceSettings)
    """What is kept of the SIP messages that pass."""
    metrics: MetricsSettings = field(default_factory=MetricsSettings)
    """Where the figures of the node can be fetched."""


def load_settings(path: Path) -> Settings:
    """Read a settings file. Paths in it are taken from the file's own folder."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise Mistake(
            "no such file",
            expected="a settings file",
            where=str(path),
            do="name one with --settings, or begin with: umbel try",
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise Mistake(
            system_says(error), expected="a readable text file", where=str(path)
        ) from error
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Mistake(str(error), expected="TOML", where=str(path)) from error
    settings = read_table(Settings, table, str(path))
    check_settings(settings, str(path))
    return _with_paths_from(settings, path.resolve().parent)


def check_settings(settings: Settings, where: str) -> None:
    """Refuse what cannot work before anything is opened."""
    if not settings.listener:
        raise Mistake("no listener", expected="at least one [[listener]]", where=where)
    for listener in settings.listener:
        _check_listener(listener, settings, f"{where}, listener {listener.transport.value}")
    if settings.tls and settings.tls.renew is Renewal.ACME and settings.tls.acme is None:
        raise Mistake(
            'renew = "acme" and no [tls.acme]',
            expected="the directory of the ACME authority in [tls.acme]",
            where=f"{where}, tls",
        )
    check_media(settings.media, f"{where}, media")
    if settings.store.keep_free < 0:
        raise Mistake(
            str(settings.store.keep_free),
            expected="a number of megabytes, or 0",
            where=f"{where}, store, keep_free",
        )
    if settings.tls is not None and settings.tls.responder:
        _check_responder(settings.tls.responder, f"{where}, tls, responder")
    _check_trace(settings.trace, f"{where}, trace")
    check_address(settings.metrics.address, f"{where}, metrics, address")
    if settings.metrics.port is not None and not 1 <= settings.metrics.port <= 65535:
        raise Mistake(
            str(settings.metrics.port),
            expected="a port from 1 to 65535",
            where=f"{where}, metrics, port",
        )


def _check_trace(trace: TraceSettings, where: str) -> None:
    if not trace.folder:
        raise Mistake("no folder", expected="a folder", where=where, do="or set: enabled = false")
    for name, value, most in (("megabytes", trace.megabytes, 100_000), ("days", trace.days, 3650)):
        if not 1 <= value <= most:
            raise Mistake(
                str(value), expected=f"a number from 1 to {most}", where=f"{where}, {name}"
            )


def _check_responder(address: str, where: str) -> None:
    if not address.startswith(("http://", "https://")):
        raise Mistake(f'"{address}"', expected="an address with http:// or https://", where=where)


def _check_listener(listener: ListenerSettings, settings: Settings, where: str) -> None:
    check_address(listener.address, f"{where}, address")
    if listener.port is not None and not 0 <= listener.port <= 65535:
        raise Mistake(str(listener.port), expected="a port from 0 to 65535", where=where)
    if listener.transport is Transport.TLS and settings.tls is None:
        raise Mistake(
            "a TLS listener and no [tls]",
            expected="certificate, key and trust in [tls]",
            where=where,
        )


def listening_port(listener: ListenerSettings) -> int:
    """Give the port to listen on."""
    if listener.port is not None:
        return listener.port
    return sip_transport(listener).default_port


def sip_transport(listener: ListenerSettings) -> hop.Transport:
    """Give the transport as SIP names it."""
    return hop.Transport(listener.transport.value.upper())


def _with_paths_from(settings: Settings, folder: Path) -> Settings:
    """Give the settings with every relative path taken from *folder*."""

    def at(name: str) -> str:
        return str(folder / name) if name else ""

    url = settings.store.url
    if url.startswith("sqlite:///"):
        url = f"sqlite:///{folder / url.removeprefix('sqlite:///')}"
    tls = settings.tls
    return replace(
        settings,
        store=replace(settings.store, url=url, audio=at(settings.store.audio)),
        tls=tls and _with_tls_paths(tls, at),
        prompts=replace(settings.prompts, folder=at(settings.prompts.folder)),
        trace=replace(settings.trace, folder=at(settings.trace.folder)),
    )


def _with_tls_paths(tls: TlsSettings, at: Callable[[str], str]) -> TlsSettings:
    return replace(
        tls,
        certificate=at(tls.certificate),
        key=at(tls.key),
        trust=at(tls.trust),
        revocation_lists=tuple(map(at, tls.revocation_lists)),
        authority=at(tls.authority),
        acme=tls.acme and replace(tls.acme, trust=at(tls.acme.trust), account=at(tls.acme.account)),
    )
