"""Asking the configured responder about every certificate that a walk showed, ours included."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from umbel.core.errors import Unavailable
from umbel.core.findings import Finding, Severity
from umbel.diagnosis.attempt import Attempt
from umbel.identity.chain.status import status_request
from umbel.identity.chains import chain_path
from umbel.identity.surroundings import Surroundings
from umbel.net.responder import ask_responder

from .outfit import Outfit


@dataclass(frozen=True, slots=True, kw_only=True)
class Statuses:
    """What a responder said."""

    answers: tuple[bytes, ...] = ()
    findings: tuple[Finding, ...] = ()
    """That it could not be asked."""


async def ask_for_statuses(
    around: Surroundings, attempts: Iterable[Attempt], outfit: Outfit
) -> Statuses:
    """Ask about our certificate and those of the peer; nobody is asked unless that is configured."""
    if not outfit.responder:
        return Statuses()
    shown = [one.handshake.peer_chain for one in attempts if one.handshake is not None]
    questions = _questions(dict.fromkeys([around.own_chain, *shown]), around)
    results = await asyncio.gather(*(_ask(outfit, question) for question in questions))
    return Statuses(
        answers=tuple(one for one in results if isinstance(one, bytes)),
        findings=tuple(one for one in results if isinstance(one, Finding))[:1],
    )


async def _ask(outfit: Outfit, question: bytes) -> bytes | Finding:
    try:
        return await ask_responder(outfit.responder, question, outfit.walker.traveller.patience)
    except Unavailable as error:
        return _unanswered(error)


def _questions(chains: Iterable[tuple[bytes, ...]], around: Surroundings) -> list[bytes]:
    """Give a question about the leaf of each chain whose issuer is known."""
    paths = (chain_path(chain, around.trust) for chain in chains)
    return [status_request(*path.issued[0]) for path in paths if path is not None and path.issued]


def _unanswered(error: Unavailable) -> Finding:
    return Finding(
        code="chain.responder-silent",
        severity=Severity.WARNING,
        seen=f"the responder did not answer: {error}",
        means="whether the certificates were revoked is unknown; who insists on knowing refuses them",
        do="check its address in [tls] responder, and the way to it",
        rule="RFC 6960 section 2.3",
    )
