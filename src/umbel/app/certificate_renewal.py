"""Renewal of the node's certificate: by itself when it is time, and when an administrator wants."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from umbel.admin.certificates import Installed
from umbel.admin.enrolling import Enrolling
from umbel.backends.authority import Authority
from umbel.core import event_catalogue as catalogue
from umbel.core.errors import Mistake, Unavailable
from umbel.core.events import Events
from umbel.core.instants import Clock, Duration
from umbel.identity.certificate_facts import CertificateFacts
from umbel.identity.certificate_request import (
    KeyKind,
    RequestedNames,
    key_like,
    names_for_renewal,
)
from umbel.identity.lifetime import renewal_time

from .certificates import certificates_of, issuing
from .enrolments import EnrolmentOffice
from .settings import AcmeSettings, Renewal, Settings

RENEWAL_EVERY: Duration = 60.0
"""Seconds between two looks whether it is time."""
INVITATION_EVERY: Duration = 2.0
"""Seconds between two looks whether an administrator wants a new certificate."""

_SHORTEST_PAUSE, _LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=6)
"""Between two attempts at a renewal that fails."""


class RenewalSource(Protocol):
    """Somebody who gives this node its next certificate."""

    @property
    def title(self) -> str:
        """Name it in a sentence."""
        ...

    async def renew(self, names: RequestedNames, kind: KeyKind) -> Installed:
        """Get a certificate and put it to use; ``Mistake`` or ``Unavailable`` say why not."""
        ...


class AuthorityHere:
    """The built-in authority in a folder of this machine."""

    title = "the built-in authority"

    def __init__(self, settings: Settings, folder: Path) -> None:
        self._settings = settings
        self._folder = folder

    async def renew(self, names: RequestedNames, kind: KeyKind) -> Installed:
        """Request and sign at once."""
        work = issuing(self._folder, certificates_of(self._settings))
        return await asyncio.to_thread(work.issue_here, names, kind)


class AuthorityElsewhere:
    """The built-in authority of another machine, asked over the store."""

    title = "the built-in authority"

    def __init__(self, enrolling: Enrolling) -> None:
        self._enrolling = enrolling

    async def renew(self, names: RequestedNames, kind: KeyKind) -> Installed:
        """Ask with a proof by the certificate in use, and wait for the answer."""
        return await self._enrolling.renew(names, kind)


class ByAcme:
    """An authority that speaks ACME; the key stays here as with any other."""

    def __init__(self, settings: Settings, acme: AcmeSettings) -> None:
        self._certificates = certificates_of(settings)
        self._acme = acme
        self.title = acme.directory

    async def renew(self, names: RequestedNames, kind: KeyKind) -> Installed:
        """Order, answer the challenges, and put the chain to use."""
        return await asyncio.to_thread(self._renew, names, kind)

    def _renew(self, names: RequestedNames, kind: KeyKind) -> Installed:
        # Imported here: its HTTP client takes long to load, and most nodes never need it.
        from umbel.backends.acme.client import AcmeAuthority, AcmeTerms

        acme = self._acme
        authority = AcmeAuthority(
            AcmeTerms(
                directory=acme.directory,
                account=Path(acme.account),
                contact=acme.contact,
                challenge=acme.challenge,
                address=acme.address,
                port=acme.port,
                trust=Path(acme.trust) if acme.trust else None,
            )
        )
        made = self._certificates.request(names, kind)
        # The authority chooses the subject, and peers may trust whom we do not: no reason to stay
        # with a certificate that ends. What is doubtful is told when it is taken up.
        return self._certificates.take_up_pem(authority.certify(made.pem), forced=True)


def renewal_source(office: EnrolmentOffice) -> RenewalSource | None:
    """Choose who renews, as the settings have it; ``None``: nobody."""
    tls = office.settings.tls
    if tls is None or tls.renew is Renewal.BY_HAND:
        return None
    if tls.renew is Renewal.ACME and tls.acme is not None:
        return ByAcme(office.settings, tls.acme)
    folder = Path(tls.authority)
    if tls.authority and Authority.is_in(folder):
        return AuthorityHere(office.settings, folder)
    return AuthorityElsewhere(office.enrolling())


class CertificateRenewal:
    """Renews at two thirds of the lifetime; what fails is told, and tried again after a pause."""

    def __init__(
        self,
        facts: Callable[[], CertificateFacts | None],
        source: RenewalSource | None,
        enrolling: Enrolling,
        *,
        node: str,
        events: Events,
        clock: Clock,
    ) -> None:
        self._facts = facts
        self._source = source
        self._enrolling = enrolling
        self._node = node
        self._events = events
        self._clock = clock
        self._not_before: datetime | None = None
        self._turn = asyncio.Lock()
        """One at a time: the next key waits in one place. Who comes second looks again later."""
        self._followed = ""

    async def look(self) -> None:
        """Renew if it is time."""
        facts, now = self._facts(), self._clock.wall()
        if facts is None or self._source is None or now < renewal_time(facts.begins, facts.ends):
            return
        if self._turn.locked() or (self._not_before is not None and now < self._not_before):
            return
        names = names_for_renewal(facts.names, self._node)
        async with self._turn:
            reason = await _reason(self._source.renew(names, key_like(facts.key)))
        self._not_before = now + _pause(facts.ends - now)
        if reason:
            self._tell(self._source.title, reason, facts)

    async def follow_invitation(self) -> None:
        """Get the certificate that an administrator wants this node to have."""
        wanted, facts = await self._enrolling.invitation(), self._facts()
        if wanted is None or facts is None or wanted.id == self._followed or self._turn.locked():
            return
        self._followed = wanted.id
        names = RequestedNames.of_node(self._node, wanted.names)
        async with self._turn:
            reason = await _reason(self._enrolling.renew(names, key_like(facts.key), wanted.id))
        if reason:
            self._tell("the built-in authority", reason, facts)

    def _tell(self, source: str, reason: str, facts: CertificateFacts) -> None:
        self._events.tell(
            catalogue.CERTIFICATE_NOT_RENEWED,
            node=self._node,
            source=source,
            reason=reason,
            ends=f"{facts.ends:%F %R} UTC",
        )


async def _reason(renewing: Coroutine[None, None, Installed]) -> str:
    """Renew, and say why that failed; empty: it did not."""
    try:
        done = await renewing
    except (Mistake, Unavailable) as error:
        return str(error)
    return "" if done.new is not None else done.findings[0].seen


def _pause(left: timedelta) -> timedelta:
    """Try the more often the nearer the end is."""
    return min(max(left / 12, _SHORTEST_PAUSE), _LONGEST_PAUSE)
