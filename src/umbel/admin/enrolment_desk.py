"""The authority's side of enrolments: tokens given out, requests examined, answered once."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Protocol

from umbel.core import event_catalogue as catalogue
from umbel.core.errors import Mistake
from umbel.core.events import Events
from umbel.core.identifiers import Randomness
from umbel.core.instants import Clock
from umbel.identity.certificate_facts import CertificateFacts
from umbel.identity.enrolment import (
    Enrolment,
    Enrolments,
    KeptToken,
    Stage,
    join_refusal,
    renewal_refusal,
)
from umbel.identity.join_token import SECRET_OCTETS, JoinToken, is_proof, join_proof, statement
from umbel.identity.ports import IssuingAuthority

KEPT_FOR = timedelta(days=30)
"""How long enrolments that do not move are kept."""


class Tokens(Protocol):
    """Where the authority's machine keeps the tokens that it has given out."""

    def keep(self, token: KeptToken) -> None:
        """Remember a token that was given out."""
        ...

    def find(self, id: str) -> KeptToken | None:
        """Find a token that was not used."""
        ...

    def use(self, id: str) -> bool:
        """Use a token up; say whether it was there to be used."""
        ...


class EnrolmentDesk:
    """Answers what nodes ask. Runs where the authority's key is, and nowhere else."""

    def __init__(
        self,
        authority: Callable[[], IssuingAuthority],
        tokens: Tokens,
        enrolments: Enrolments,
        *,
        events: Events,
        clock: Clock,
    ) -> None:
        """*authority* loads it anew, as it is at the time of day."""
        self._authority = authority
        self._tokens = tokens
        self._enrolments = enrolments
        self._events = events
        self._clock = clock

    async def give_token(
        self, node: str, names: Sequence[str], *, good_for: timedelta, randomness: Randomness
    ) -> JoinToken:
        """Make a token by which *node* can join once; *names* it may have beside its own."""
        token = JoinToken(
            node=node,
            id=randomness.token(8),
            secret=randomness.octets(SECRET_OCTETS),
            fingerprint=(await asyncio.to_thread(self._authority)).fingerprint,
        )
        kept = KeptToken(
            id=token.id,
            node=node,
            names=tuple(names),
            secret=token.secret,
            expires=self._clock.wall() + good_for,
        )
        await asyncio.to_thread(self._tokens.keep, kept)
        return token

    async def invite(
        self, nodes: Sequence[tuple[str, Sequence[str]]], randomness: Randomness
    ) -> list[str]:
        """Want each node, with further names, to ask for a new certificate; give what to watch."""
        ids = []
        for node, names in nodes:
            wanted = Enrolment(
                id=randomness.token(8),
                node=node,
                stage=Stage.WANTED,
                at=self._clock.wall(),
                names=tuple(names),
            )
            await self._enrolments.put(wanted)
            ids.append(wanted.id)
        return ids

    async def answer(self) -> int:
        """Answer everything that was asked; say how many were answered."""
        asked = await self._enrolments.at_stage(Stage.ASKED)
        for enrolment in asked:
            answered = await asyncio.to_thread(self._examined, enrolment)
            await self._enrolments.put(answered, unless=(Stage.ISSUED, Stage.REFUSED))
            self._tell(answered)
        if asked:
            await self._enrolments.forget_before(self._clock.wall() - KEPT_FOR)
        return len(asked)

    async def renew_revocation_list(self) -> None:
        """Write the authority's list anew before the one that is published gets too old."""
        await asyncio.to_thread(lambda: self._authority().renew_revocation_list())

    def _examined(self, enrolment: Enrolment) -> Enrolment:
        authority = self._authority()
        try:
            reason = self._why_not(enrolment, authority)
            chain = "" if reason else authority.sign(enrolment.request.encode()).decode()
        except Mistake as mistake:
            reason, chain = str(mistake), ""
        return replace(
            enrolment,
            stage=Stage.REFUSED if reason else Stage.ISSUED,
            at=self._clock.wall(),
            chain=chain,
            root=authority.root_pem.decode(),
            reason=reason,
        )

    def _why_not(self, enrolment: Enrolment, authority: IssuingAuthority) -> str:
        """Say why it is refused; a token that convinced is used up by that."""
        if enrolment.certificate:
            return self._why_not_renew(enrolment, authority)
        token = self._tokens.find(enrolment.id)
        if token is not None and not is_proof(enrolment.proof, _proof(enrolment, token)):
            return "it was not made by the node that has the token"
        asked = authority.names_in(enrolment.request.encode())
        reason = join_refusal(asked, token, self._clock.wall())
        if not reason and not self._tokens.use(enrolment.id):
            return "the token was used already"
        return reason

    def _why_not_renew(self, enrolment: Enrolment, authority: IssuingAuthority) -> str:
        message = statement(
            "renew", id=enrolment.id, node=enrolment.node, request=enrolment.request
        )
        shown = authority.recognise(enrolment.certificate.encode(), message, enrolment.proof)
        if not isinstance(shown, CertificateFacts):
            return shown
        asked = authority.names_in(enrolment.request.encode())
        return renewal_refusal(asked, enrolment.node, shown, self._clock.wall())

    def _tell(self, answered: Enrolment) -> None:
        how = "renewed by its certificate" if answered.certificate else "joined by a token"
        if answered.stage is Stage.ISSUED:
            self._events.tell(catalogue.CERTIFICATE_ISSUED, to=answered.node, how=how)
        else:
            self._events.tell(
                catalogue.CERTIFICATE_REFUSED, to=answered.node, reason=answered.reason
            )


def _proof(enrolment: Enrolment, token: KeptToken) -> str:
    return join_proof(token.secret, id=enrolment.id, node=token.node, request=enrolment.request)
