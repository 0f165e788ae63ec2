"""Two things that are easily mixed up: what we ask of a peer, and what we believe it asks of us.

The first is a decision of ours, and a connection hangs on it. The second is a model of somebody
else's decision: it explains and predicts, and never refuses anything.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from .domain_name import as_ip_address
from .handshake import Role
from .judgement import Judgement, judge
from .names import PresentedNames
from .reference import Reference, reference
from .rules import ANY_NAME, CHAIN_ONLY, RFC_5922, Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class OurDemand:
    """By which rule we recognise a peer, and by which names."""

    rule: Rule = ANY_NAME
    expected: tuple[Reference, ...]
    knows_clients_by_address: bool = False
    """Whether a client's address says who it is, so that no name is asked of it."""

    @classmethod
    def of(
        cls,
        *names: str,
        rule: Rule = ANY_NAME,
        origin: str = "the gateway's names",
        knows_clients_by_address: bool = False,
    ) -> Self:
        """Expect a peer to carry one of *names*."""
        return cls(
            rule=rule,
            expected=tuple(reference(name, origin) for name in names),
            knows_clients_by_address=knows_clients_by_address,
        )

    @classmethod
    def of_host(cls, host: str) -> Self:
        """Expect a host that is no gateway: by RFC 5922, which knows no IP addresses."""
        rule = RFC_5922 if as_ip_address(host) is None else ANY_NAME
        return cls.of(host, rule=rule, origin="the host of the request")

    def judge(self, peer: PresentedNames, *, our_role: Role) -> Judgement:
        """Say whether we take the peer for the one that we expect."""
        return judge(self._rule_for(our_role), peer, self.expected, judge=our_role)

    def _rule_for(self, our_role: Role) -> Rule:
        by_address = self.knows_clients_by_address and our_role is Role.SERVER
        return CHAIN_ONLY if by_address else self.rule


@dataclass(frozen=True, slots=True, kw_only=True)
class PeersDemand:
    """By which rule a peer recognises us, as far as we know, and by which names."""

    rule: Rule
    dials: tuple[Reference, ...]
    """The names by which the peer, as a client, reaches this node."""
    knows: tuple[Reference, ...]
    """The names that the peer, as a server, has among those it trusts."""

    @classmethod
    def of(cls, rule: Rule, *, dials: Iterable[str], knows: Iterable[str]) -> Self:
        """Model a peer of this kind that dials and knows these names."""
        return cls(
            rule=rule,
            dials=tuple(reference(name, "what the peer dials") for name in dials),
            knows=tuple(reference(name, "what the peer trusts") for name in knows),
        )

    def judge(self, ours: PresentedNames, *, our_role: Role) -> Judgement:
        """Say whether the peer will take us for one whom it expects."""
        if our_role is Role.CLIENT:
            return judge(self.rule, ours, self.knows, judge=Role.SERVER)
        return judge(self.rule, ours, self.dials, judge=Role.CLIENT)
