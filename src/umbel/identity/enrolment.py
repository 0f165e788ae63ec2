"""A node's way to a certificate of the built-in authority, over the store that both share.

The store carries requests and answers and is believed in nothing: what comes out of it is proved by
a token's secret, by the key of a certificate in use, or by the authority's signature.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from .certificate_facts import CertificateFacts
from .certificate_request import RequestedNames


class Stage(StrEnum):
    """How far an enrolment is."""

    WANTED = "wanted"
    """An administrator wants the node to have a new certificate; the node has not asked yet."""
    ASKED = "asked"
    ISSUED = "issued"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """One request for a certificate, and its answer."""

    id: str
    """The token's, or a random one."""
    node: str
    stage: Stage
    at: datetime
    """When it came to this stage."""
    names: tuple[str, ...] = ()
    """Alternative names that are wanted beside the node's own."""
    request: str = ""
    """PEM."""
    certificate: str = ""
    """The certificate in use whose key signed *proof*, PEM; empty: *proof* is a token's."""
    proof: str = ""
    """Hexadecimal."""
    chain: str = ""
    """The answer: the node's certificate, PEM."""
    root: str = ""
    """The authority's own certificate, PEM."""
    reason: str = ""
    """Why it was refused."""


class Enrolments(Protocol):
    """Where enrolments are kept, for all nodes. May raise ``Unavailable``."""

    async def put(self, enrolment: Enrolment, *, unless: Sequence[Stage] = ()) -> bool:
        """Keep it, in place of the one with the same id unless that is at a stage of *unless*."""
        ...

    async def get(self, id: str) -> Enrolment | None:
        """Find one."""
        ...

    async def at_stage(self, stage: Stage, node: str = "") -> list[Enrolment]:
        """Give those at a stage, oldest first, of one node if named."""
        ...

    async def forget_before(self, moment: datetime) -> None:
        """Forget what has not moved since *moment*."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptToken:
    """What the authority's machine keeps of a token until it is used."""

    id: str
    node: str
    names: tuple[str, ...]
    """Alternative names that the node may have beside its own."""
    secret: bytes
    expires: datetime


def join_refusal(asked: RequestedNames, token: KeptToken | None, at: datetime) -> str:
    """Say why a request with a good proof is refused; empty: it is not."""
    if token is None:
        return "the token is unknown, was used already, or has expired"
    if at > token.expires:
        return f"the token expired on {token.expires:%F %R} UTC"
    return _wrong_names(asked, token.node, token.names)


def renewal_refusal(asked: RequestedNames, node: str, shown: CertificateFacts, at: datetime) -> str:
    """Say why a request that was signed with the key of *shown* is refused; empty: it is not."""
    if not shown.begins <= at <= shown.ends:
        return f"the certificate in use was valid until {shown.ends:%F %R} UTC; let the node join"
    if node not in shown.names.dns_names:
        return f"the certificate in use does not name {node}; let the node join"
    return _wrong_names(asked, node, shown.names.dns_names)


def _wrong_names(asked: RequestedNames, node: str, permitted: Sequence[str]) -> str:
    if asked.common_name != node:
        return f"it asks for the common name {asked.common_name}, and the node is {node}"
    extra = [one for one in asked.dns_names if one != node and one not in permitted]
    extra += asked.ip_addresses
    return f"it asks for {', '.join(extra)}, which nobody permitted" if extra else ""
