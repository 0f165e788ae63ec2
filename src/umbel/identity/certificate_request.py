"""What a certificate is asked for with: the names, and the kind of key."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

from .domain_name import has_wildcard
from .names import PresentedNames
from .plan import CertificatePlan
from .plan_designs import Design
from .rules import Rule


class KeyKind(StrEnum):
    """A kind of private key that every TLS library of today knows."""

    RSA_2048 = "rsa-2048"
    RSA_4096 = "rsa-4096"
    EC_P256 = "ec-p256"
    EC_P384 = "ec-p384"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestedNames:
    """The names that a node's certificate is to carry. Its usages are always both roles of TLS."""

    common_name: str
    """The node's own FQDN: Lync looks servers up by it."""
    dns_names: tuple[str, ...]
    ip_addresses: tuple[str, ...] = ()

    @classmethod
    def of_node(cls, node: str, more: Iterable[str] = (), addresses: Iterable[str] = ()) -> Self:
        """Name the node *node*, which is also its first alternative name."""
        return cls(
            common_name=node,
            dns_names=tuple(dict.fromkeys((node, *more))),
            ip_addresses=tuple(dict.fromkeys(addresses)),
        )

    def __str__(self) -> str:
        return ", ".join((*self.dns_names, *self.ip_addresses))


def suitable_key(rules: Iterable[Rule]) -> KeyKind:
    """Choose the kind of key that every gateway takes: EC where all know it, else RSA."""
    known = [rule.chain.knows_elliptic_curves for rule in rules]
    return KeyKind.EC_P256 if known and all(known) else KeyKind.RSA_2048


def names_for_renewal(names: PresentedNames, node: str) -> RequestedNames:
    """Give the names of the next certificate: as in this one, unless this one is another's."""
    if [node] != [name.lower() for name in names.common_names]:
        return RequestedNames.of_node(node)
    kept = [name for name in names.dns_names if not has_wildcard(name)]
    return RequestedNames.of_node(node, kept, names.ip_addresses)


def key_like(key: str) -> KeyKind:
    """Give the kind of the next key: as this one, by the words of ``CertificateFacts``."""
    return _LIKE.get(key, KeyKind.RSA_2048)


_LIKE: Final = {
    "RSA 4096": KeyKind.RSA_4096,
    "EC secp256r1": KeyKind.EC_P256,
    "EC secp384r1": KeyKind.EC_P384,
}


def names_by_plan(plan: CertificatePlan, node: str) -> tuple[str, ...]:
    """
    Give the names that a node's own certificate needs beside the node's: the array's, or none.

    A key that is shared is never asked for; where a shared design is recommended, the array's name
    is what it gains, and the node's own certificate can carry it too.
    """
    wants_array = plan.recommended is not Design.ONE_PER_NODE
    return (plan.cluster.array,) if wants_array and plan.cluster.array != node else ()
