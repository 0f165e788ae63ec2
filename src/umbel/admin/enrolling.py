"""A node's side of enrolments: it makes its key, asks over the store, and believes little."""

import asyncio
from dataclasses import replace
from hashlib import sha256

from umbel.core.errors import Mistake, Unavailable
from umbel.core.identifiers import Randomness
from umbel.core.instants import Clock, Duration
from umbel.identity.certificate_request import KeyKind, RequestedNames
from umbel.identity.enrolment import Enrolment, Enrolments, Stage
from umbel.identity.join_token import JoinToken, statement

from .certificates import Certificates, Installed

PATIENCE: Duration = 60.0
"""Seconds that the authority's node has to answer."""

_ASK_EVERY: Duration = 0.5


class Enrolling:
    """Gets this node a certificate of the authority that another machine has."""

    def __init__(
        self,
        certificates: Certificates,
        enrolments: Enrolments,
        *,
        node: str,
        clock: Clock,
        randomness: Randomness,
        patience: Duration = PATIENCE,
    ) -> None:
        self._certificates = certificates
        self._enrolments = enrolments
        self._node = node
        self._clock = clock
        self._randomness = randomness
        self._patience = patience

    async def join(self, token: JoinToken, names: RequestedNames, kind: KeyKind) -> Installed:
        """Become a node whom the authority knows: by a token, once."""
        if token.node != self._node:
            raise Mistake(
                f"a token for {token.node}",
                expected=f"one for this node, {self._node}",
                where="umbel certificate join",
                do=f"on the authority's machine: umbel certificate token {self._node}",
            )
        made = await asyncio.to_thread(self._certificates.request, names, kind)
        request = made.pem.decode()
        asked = self._asked(token.id, request, proof=token.proof(request))
        answer = await self._answer_to(asked)
        root = self._certificates.parse(answer.root.encode())
        if [sha256(der).hexdigest() for der in root] != [token.fingerprint]:
            raise Mistake(
                "an answer by another authority",
                expected=f"one by the authority with the fingerprint {token.fingerprint}",
                where="the store",
                do="somebody may have written to the store: find out who; nothing was changed here",
            )
        return await asyncio.to_thread(self._take_up, answer, trusts=True)

    async def renew(self, names: RequestedNames, kind: KeyKind, invitation: str = "") -> Installed:
        """Get another certificate, proved by the one in use; in answer to an invitation, if any."""
        made = await asyncio.to_thread(self._certificates.request, names, kind)
        request = made.pem.decode()
        name = invitation or self._randomness.token(8)
        message = statement("renew", id=name, node=self._node, request=request)
        shown, proof = await asyncio.to_thread(self._certificates.prove, message)
        asked = replace(self._asked(name, request, proof=proof), certificate=shown)
        answer = await self._answer_to(asked)
        return await asyncio.to_thread(self._take_up, answer, trusts=False)

    async def invitation(self) -> Enrolment | None:
        """Give the newest wish of an administrator that this node have a new certificate."""
        wanted = await self._enrolments.at_stage(Stage.WANTED, self._node)
        return wanted[-1] if wanted else None

    def _take_up(self, answer: Enrolment, *, trusts: bool) -> Installed:
        """Put the answer to use; *trusts*: its root is the one that was meant."""
        if trusts:
            self._certificates.trust_also(answer.root.encode())
        return self._certificates.take_up_pem(answer.chain.encode())

    def _asked(self, name: str, request: str, *, proof: str) -> Enrolment:
        return Enrolment(
            id=name,
            node=self._node,
            stage=Stage.ASKED,
            at=self._clock.wall(),
            request=request,
            proof=proof,
        )

    async def _answer_to(self, asked: Enrolment) -> Enrolment:
        if not await self._enrolments.put(asked, unless=(Stage.ISSUED,)):
            raise _refused("the token was used already")
        try:
            async with asyncio.timeout(self._patience):
                return await self._answered(asked.id)
        except TimeoutError:
            raise Unavailable(
                f"no answer within {self._patience:g} s: the authority's node has to be serving "
                "with authority in [tls], or umbel certificate token NODE --wait there"
            ) from None

    async def _answered(self, name: str) -> Enrolment:
        while True:
            found = await self._enrolments.get(name)
            if found is not None and found.stage is Stage.ISSUED:
                return found
            if found is not None and found.stage is Stage.REFUSED:
                raise _refused(found.reason)
            await asyncio.sleep(_ASK_EVERY)


def _refused(reason: str) -> Mistake:
    return Mistake(
        f"a refusal ({reason})",
        expected="a certificate",
        where="the built-in authority",
        do="on its machine: umbel certificate token NODE, then here: umbel certificate join TOKEN",
    )
