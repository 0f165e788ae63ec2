"""Answering the challenges that one request meets on its way (RFC 3261 section 22)."""

from umbel.core.identifiers import Randomness
from umbel.sip.digest import (
    Challenge,
    Credentials,
    Nonce,
    authorization,
    challenges_of,
    choose,
)
from umbel.sip.errors import SipError
from umbel.sip.message import Request, Response

CHALLENGES = frozenset({401, 407})

MOST_NONCES = 6
"""Whoever hands out more for one request will never be content."""


class Authorization:
    """What has been asked for by the user agents and proxies of one request."""

    def __init__(self, credentials: Credentials | None, randomness: Randomness) -> None:
        self._credentials = credentials
        self._randomness = randomness
        self._challenges: dict[tuple[bool, str], Challenge] = {}
        self._uses: dict[str, int] = {}

    def takes_up(self, response: Response) -> bool:
        """Note the challenges of a 401 or 407, and say whether asking again makes sense."""
        if self._credentials is None or response.status not in CHALLENGES:
            return False
        try:
            chosen = choose(challenges_of(response), self._credentials)
        except SipError:
            return False
        fresh = [challenge for challenge in chosen if self._is_worth_an_answer(challenge)]
        for challenge in fresh:
            self._challenges[challenge.is_by_proxy, challenge.realm] = challenge
        return bool(fresh)

    def authorize(self, request: Request) -> None:
        """Answer in *request* every challenge that has been met."""
        for name in ("Authorization", "Proxy-Authorization"):
            request.headers.remove(name)
        for challenge in self._challenges.values():
            if self._credentials is not None:
                nonce = self._next_use(challenge)
                request.headers.add(*authorization(request, challenge, self._credentials, nonce))

    def _is_worth_an_answer(self, challenge: Challenge) -> bool:
        """Answer each nonce once, and a further one only if the answer before was right."""
        if challenge.nonce in self._uses or len(self._uses) >= MOST_NONCES:
            return False
        is_first = (challenge.is_by_proxy, challenge.realm) not in self._challenges
        return is_first or challenge.is_stale

    def _next_use(self, challenge: Challenge) -> Nonce:
        count = self._uses.get(challenge.nonce, 0) + 1
        self._uses[challenge.nonce] = count
        return Nonce(cnonce=self._randomness.token(8), count=count)
