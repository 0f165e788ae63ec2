"""One order at an ACME authority, from the account to the chain (RFC 8555 section 7)."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import requests
from acme import challenges, client, errors, messages
from josepy.b64 import b64encode
from josepy.errors import Error as JoseError
from josepy.jwa import ES256
from josepy.jwk import JWKEC

from umbel.backends.private_keys import key_as_pem, make_key, read_key, write_secret
from umbel.core.errors import Mistake, Unavailable
from umbel.identity.acme_challenge import AcmeChallenge
from umbel.identity.certificate_request import KeyKind

from .challenges import answering_http, answering_tls

_PATIENCE: Final = timedelta(seconds=90)
_NETWORK_SECONDS: Final = 30
_MORE_NONCES: Final = 4


_PORTS: Final = {AcmeChallenge.HTTP_01: 80, AcmeChallenge.TLS_ALPN_01: 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class AcmeTerms:
    """Which authority, and how it is answered."""

    directory: str
    account: Path
    """The private key of the account, made when it is not there yet."""
    contact: str = ""
    challenge: AcmeChallenge = AcmeChallenge.HTTP_01
    address: str = ""
    port: int | None = None
    trust: Path | None = None
    """Whom to believe the authority's web server; ``None``: the usual authorities."""


class AcmeAuthority:
    """An authority on the network. Everything here waits: it is for a thread."""

    def __init__(self, terms: AcmeTerms) -> None:
        self._terms = terms

    def certify(self, request: bytes) -> bytes:
        """
        Get a certificate for a request, PEM; give the chain, PEM.

        ``Unavailable`` where the authority cannot be reached or refuses, with its words.
        """
        with self._told():
            key = self._account_key()
            network = _PatientNetwork(key, alg=ES256, user_agent="umbel", timeout=_NETWORK_SECONDS)
            if self._terms.trust is not None:
                # It is handed on to requests, which takes a file as well.
                network.verify_ssl = str(self._terms.trust)  # type: ignore[assignment]
            directory = client.ClientV2.get_directory(self._terms.directory, network)
            acme = client.ClientV2(directory, network)
            self._log_on(acme)
            order = acme.new_order(request)
            deadline = datetime.now() + _PATIENCE  # noqa: DTZ005 - acme compares it with its own
            with self._answering(acme, order, key):
                order = acme.poll_authorizations(order, deadline)
            return acme.finalize_order(order, deadline).fullchain_pem.encode()

    def _account_key(self) -> JWKEC:
        path = self._terms.account
        if not path.exists():
            write_secret(path, key_as_pem(make_key(KeyKind.EC_P256)))
        return JWKEC(key=read_key(path.read_bytes(), str(path)))

    def _log_on(self, acme: client.ClientV2) -> None:
        """Use the account of the key, made where there is none; its terms are agreed to."""
        wanted = messages.NewRegistration.from_data(
            email=self._terms.contact or None, terms_of_service_agreed=True
        )
        try:
            acme.new_account(wanted)
        except errors.ConflictError as known:
            found = messages.RegistrationResource(body=wanted, uri=known.location)
            acme.query_registration(found)

    @contextmanager
    def _answering(
        self, acme: client.ClientV2, order: messages.OrderResource, key: JWKEC
    ) -> Iterator[None]:
        """Answer the challenges of an order, and tell the authority that it may look."""
        asked = [
            (one.body.identifier.value, self._challenge_of(one))
            for one in order.authorizations
            if one.body.status == messages.STATUS_PENDING
        ]
        answers = {
            self._name_of(domain, body): _key_authorization(body, key) for domain, body in asked
        }
        with self._responder(answers):
            for _, body in asked:
                answer = challenges.HTTP01Response(key_authorization=_key_authorization(body, key))
                acme.answer_challenge(body, answer)
            yield

    def _name_of(self, domain: str, body: messages.ChallengeBody) -> str:
        return _token(body) if self._terms.challenge is AcmeChallenge.HTTP_01 else domain

    def _responder(self, answers: dict[str, str]) -> AbstractContextManager[None]:
        terms = self._terms
        port = _PORTS[terms.challenge] if terms.port is None else terms.port
        answering = answering_http if terms.challenge is AcmeChallenge.HTTP_01 else answering_tls
        return answering(terms.address, port, answers)

    def _challenge_of(
        self, authorization: messages.AuthorizationResource
    ) -> messages.ChallengeBody:
        offered = {_kind(body): body for body in authorization.body.challenges}
        if self._terms.challenge.value not in offered:
            raise Unavailable(
                f"{self._terms.directory} offers {', '.join(offered)} for "
                f"{authorization.body.identifier.value}, and not {self._terms.challenge.value}"
            )
        return offered[self._terms.challenge.value]

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn the errors of the library into ours."""
        try:
            yield
        except (errors.Error, JoseError, requests.RequestException) as error:
            said = " ".join(str(error).split()) or type(error).__name__
            raise Unavailable(f"ACME at {self._terms.directory}: {said}") from error
        except OSError as error:
            raise Mistake(
                error.strerror or str(error),
                expected="files that can be read and written",
                where=str(error.filename or "[tls.acme]"),
            ) from error


class _PatientNetwork(client.ClientNetwork):
    """Goes on where the authority does not take a nonce (RFC 8555 section 6.5); acme tries twice."""

    def post(self, *args: Any, **kwargs: Any) -> requests.Response:
        """Send a signed request, with another nonce for as long as that helps."""
        for _ in range(_MORE_NONCES):
            try:
                return super().post(*args, **kwargs)
            except messages.Error as error:
                if error.code != "badNonce":
                    raise
        return super().post(*args, **kwargs)


def _kind(body: messages.ChallengeBody) -> str:
    """Name a challenge; the library has no class for those that it does not do itself."""
    chall = body.chall
    if isinstance(chall, challenges.UnrecognizedChallenge):
        return str(chall.jobj.get("type"))
    return str(chall.typ)


def _token(body: messages.ChallengeBody) -> str:
    chall = body.chall
    if isinstance(chall, challenges.UnrecognizedChallenge):
        return str(chall.jobj.get("token"))
    return str(chall.encode("token"))


def _key_authorization(body: messages.ChallengeBody, key: JWKEC) -> str:
    """Join the token with the account key's thumbprint (RFC 8555 section 8.1)."""
    return f"{_token(body)}.{b64encode(key.thumbprint()).decode()}"
