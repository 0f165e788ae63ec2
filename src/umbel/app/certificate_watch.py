"""The node's certificate files, watched: what is new and fits serves the next connection."""

import asyncio
from collections.abc import Callable, Iterable
from pathlib import Path

from umbel.core import event_catalogue as catalogue
from umbel.core.errors import Mistake
from umbel.core.events import Events
from umbel.core.findings import Finding, Severity
from umbel.core.instants import Clock, Duration
from umbel.identity.certificate_facts import CertificateFacts, certificate_facts
from umbel.identity.chains import Trust
from umbel.identity.fitting import fitting_findings
from umbel.net.tls_identity import TlsIdentity

from .settings import TlsSettings

WATCH_EVERY: Duration = 2.0
"""Seconds between two looks at the files."""

Stamp = tuple[tuple[int, int, int] | None, ...]
"""What changes when a file does: its number, size and time of change."""


class CertificateWatch:
    """
    Looks at the files of [tls] again and again, and hands on a new identity that fits.

    Files are not replaced in one instant: what does not fit is looked at once more before it is
    told. The identity in use stays in use until another one fits.
    """

    def __init__(
        self,
        tls: TlsSettings,
        identity: TlsIdentity,
        *,
        node: str,
        use: Callable[[TlsIdentity], None],
        events: Events,
        clock: Clock,
    ) -> None:
        self.identity = identity
        self._tls = tls
        self._node = node
        self._use = use
        self._events = events
        self._clock = clock
        self._taken = self._stamp()
        self._doubted: Stamp | None = None

    @property
    def facts(self) -> CertificateFacts | None:
        """Give what there is to know of the certificate in use."""
        facts = certificate_facts(self.identity.chain[0])
        return facts if isinstance(facts, CertificateFacts) else None

    async def look(self) -> None:
        """Take up what is new."""
        stamp = await asyncio.to_thread(self._stamp)
        if stamp == self._taken:
            return
        try:
            fresh = await asyncio.to_thread(load_identity, self._tls)
            findings = self.findings(fresh)
        except Mistake as mistake:
            self._doubt(stamp, [_finding(mistake)])
        else:
            if errors := [one for one in findings if one.severity is Severity.ERROR]:
                self._doubt(stamp, errors)
            else:
                self._take(stamp, fresh, findings)

    def findings(self, identity: TlsIdentity) -> tuple[Finding, ...]:
        """Give all that is doubtful about an identity, worst first."""
        return fitting_findings(
            identity.chain,
            None,
            node=self._node,
            trust=Trust(anchors=identity.trust, revocation_lists=identity.revocation_lists),
            at=self._clock.wall(),
        )

    def tell_doubts(self, findings: Iterable[Finding]) -> None:
        """Tell what is doubtful about the identity in use."""
        for finding in findings:
            if finding.severity >= Severity.WARNING:
                self._events.tell(
                    catalogue.CERTIFICATE_DOUBTFUL,
                    node=self._node,
                    seen=finding.seen,
                    means=finding.means,
                    do=finding.do,
                )

    def _take(self, stamp: Stamp, fresh: TlsIdentity, findings: Iterable[Finding]) -> None:
        old, self.identity = self.facts, fresh
        self._taken, self._doubted = stamp, None
        self._use(fresh)
        new = self.facts
        if old is None or new is None or old == new:
            self._events.tell(catalogue.TRUST_REPLACED, node=self._node, count=len(fresh.trust))
            return
        self._events.tell(
            catalogue.CERTIFICATE_REPLACED,
            node=self._node,
            **_told("new", new),
            **_told("old", old),
        )
        self.tell_doubts(findings)

    def _doubt(self, stamp: Stamp, findings: Iterable[Finding]) -> None:
        """Tell of files that stay as unfit as they were at the last look."""
        if self._doubted != stamp:
            self._doubted = stamp
            return
        self._taken = stamp
        for finding in findings:
            self._events.tell(
                catalogue.CERTIFICATE_NOT_USED,
                node=self._node,
                code=finding.code,
                seen=finding.seen,
                do=finding.do,
            )

    def _stamp(self) -> Stamp:
        tls = self._tls
        files = tls.certificate, tls.key, tls.trust, *tls.revocation_lists
        return tuple(map(_stamp_of, files))


def load_identity(tls: TlsSettings) -> TlsIdentity:
    """Load the files of [tls]."""
    return TlsIdentity.load(
        certificate=Path(tls.certificate),
        key=Path(tls.key),
        trust=Path(tls.trust),
        revocation_lists=tuple(map(Path, tls.revocation_lists)),
    )


def _stamp_of(path: str) -> tuple[int, int, int] | None:
    try:
        found = Path(path).stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _told(which: str, facts: CertificateFacts) -> dict[str, str]:
    return {
        f"{which}_subject": facts.subject,
        f"{which}_serial": facts.serial,
        f"{which}_fingerprint": facts.fingerprint,
        f"{which}_begins": facts.begins.isoformat(),
        f"{which}_ends": facts.ends.isoformat(),
    }


def _finding(mistake: Mistake) -> Finding:
    return Finding(
        code="tls.files-do-not-fit",
        severity=Severity.ERROR,
        seen=f"{mistake.where}: {mistake.found}",
        means="no TLS connection can be made with these files",
        do=mistake.do or f"put {mistake.expected} there",
        rule="RFC 8446 section 4.4",
    )
