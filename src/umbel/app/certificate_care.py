"""All that a running node does about certificates, beside the calls."""

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

from umbel.core.instants import Duration
from umbel.directory.repositories import EventLog
from umbel.net.tls_identity import TlsIdentity

from .certificate_expiry import LOOK_EVERY, CertificateExpiry
from .certificate_renewal import (
    INVITATION_EVERY,
    RENEWAL_EVERY,
    CertificateRenewal,
    renewal_source,
)
from .certificate_watch import WATCH_EVERY, CertificateWatch
from .enrolments import EnrolmentOffice

ANSWER_EVERY: Duration = 1.0
"""Seconds between two looks, at the authority's node, whether somebody asks for a certificate."""

LIST_EVERY: Duration = 3600.0
"""Seconds between two revocation lists; each is good for a week."""

Chore = tuple[str, Callable[[], Awaitable[object]], Duration]
"""What is done, and every how many seconds."""


class CertificateCare:
    """
    Takes up new files, renews in time, tells of the end, and answers for the built-in authority.

    Does nothing on a node without TLS.
    """

    def __init__(
        self,
        identity: TlsIdentity | None,
        office: EnrolmentOffice,
        *,
        use: Callable[[TlsIdentity], None],
        log: EventLog,
    ) -> None:
        self._watch: CertificateWatch | None = None
        self._chores: list[Chore] = []
        tls = office.settings.tls
        if tls is None or identity is None:
            return
        node, events, clock = office.settings.node.name, office.events, office.clock
        watch = self._watch = CertificateWatch(
            tls, identity, node=node, use=use, events=events, clock=clock
        )
        expiry = CertificateExpiry(
            lambda: watch.facts, node=node, log=log, events=events, clock=clock
        )
        renewal = CertificateRenewal(
            lambda: watch.facts,
            renewal_source(office),
            office.enrolling(),
            node=node,
            events=events,
            clock=clock,
        )
        self._chores = [
            ("looking for a new certificate", watch.look, WATCH_EVERY),
            ("looking at the end of the certificate", expiry.look, LOOK_EVERY),
            ("renewing the certificate", renewal.look, RENEWAL_EVERY),
            ("looking for a wish for a certificate", renewal.follow_invitation, INVITATION_EVERY),
        ]
        if tls.authority:
            desk = office.desk(Path(tls.authority))
            self._chores += [
                ("answering for the built-in authority", desk.answer, ANSWER_EVERY),
                ("renewing the revocation list", desk.renew_revocation_list, LIST_EVERY),
            ]

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
        yield from self._chores
