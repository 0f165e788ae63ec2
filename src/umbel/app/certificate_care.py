"""All that a running node does about its own certificate, beside the calls."""

from collections.abc import Awaitable, Callable, Iterator

from umbel.core.events import Events
from umbel.core.instants import Clock, Duration
from umbel.directory.repositories import EventLog
from umbel.net.tls_identity import TlsIdentity

from .certificate_expiry import LOOK_EVERY, CertificateExpiry
from .certificate_watch import WATCH_EVERY, CertificateWatch
from .settings import Settings

Chore = tuple[str, Callable[[], Awaitable[None]], Duration]
"""What is done, and every how many seconds."""


class CertificateCare:
    """Takes up new files, and tells in time of the end. Does nothing on a node without TLS."""

    def __init__(
        self,
        settings: Settings,
        identity: TlsIdentity | None,
        *,
        use: Callable[[TlsIdentity], None],
        log: EventLog,
        events: Events,
        clock: Clock,
    ) -> None:
        self._watch: CertificateWatch | None = None
        if settings.tls is None or identity is None:
            return
        node = settings.node.name
        self._watch = CertificateWatch(
            settings.tls, identity, node=node, use=use, events=events, clock=clock
        )
        self._expiry = CertificateExpiry(
            lambda: watch.facts, node=node, log=log, events=events, clock=clock
        )
        watch = self._watch

    @property
    def identity(self) -> TlsIdentity | None:
        """Give what the node shows to TLS peers now."""
        return self._watch.identity if self._watch is not None else None

    def tell_doubts(self) -> None:
        """Tell what is doubtful about the certificate that the node starts with."""
        if self._watch is not None:
            self._watch.tell_doubts(self._watch.findings(self._watch.identity))

    def chores(self) -> Iterator[Chore]:
        """Give what is to be done again and again."""
        if self._watch is not None:
            yield "looking for a new certificate", self._watch.look, WATCH_EVERY
            yield "looking at the end of the certificate", self._expiry.look, LOOK_EVERY
