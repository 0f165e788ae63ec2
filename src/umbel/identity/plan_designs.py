"""The designs that certificates of a cluster can have, and what each costs beside its names."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import sha256

from .names import PresentedNames


class Design(StrEnum):
    """Who has which certificate."""

    ONE_PER_NODE = "one per node"
    ONE_PER_NODE_WITH_ARRAY = "one per node, with the array's name as alternative name"
    SHARED = "one shared, with the array's name"
    SHARED_WILDCARD = "one shared, with a wildcard"

    @property
    def is_shared(self) -> bool:
        """Whether all nodes have the same private key."""
        return self in (Design.SHARED, Design.SHARED_WILDCARD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Whom certificates are planned for."""

    nodes: tuple[str, ...]
    """The FQDN of each node."""
    array: str
    """The name that stands for all nodes."""

    @property
    def domain(self) -> str:
        """Give the domain that a wildcard would stand for: the array's parent."""
        return self.array.partition(".")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequences:
    """What a design means beside the question who accepts whom."""

    keys: int
    """Private keys in the cluster."""
    shared: str
    leak: str
    """What it means that one node's key is stolen."""
    renewal: str
    new_node: str
    """What it takes to add a node."""


def certificate_names(design: Design, cluster: Cluster, node: str) -> PresentedNames:
    """Give the names of the certificate that *node* would have."""
    match design:
        case Design.ONE_PER_NODE:
            names = _names(node, (node,))
        case Design.ONE_PER_NODE_WITH_ARRAY:
            names = _names(node, (node, cluster.array))
        case Design.SHARED:
            names = _names(cluster.array, (cluster.array, *cluster.nodes))
        case Design.SHARED_WILDCARD:
            wildcard = f"*.{cluster.domain}"
            names = _names(wildcard, (wildcard,))
    return replace(names, public_key_pin=planned_pin(design, node))


def planned_pin(design: Design, node: str) -> str:
    """Stand in for the SHA-256 of a key that is not made yet: one for each key of the design."""
    return sha256(b"shared" if design.is_shared else node.encode()).hexdigest()


def consequences(design: Design, nodes: Sequence[str]) -> Consequences:
    """Say what a design means when keys leak, certificates end and nodes come."""
    if not design.is_shared:
        return Consequences(
            keys=len(nodes),
            shared="nothing: each key stays on the node that made it",
            leak="the thief can pose as one node; that certificate is revoked and replaced, the "
            "other nodes are not touched",
            renewal="node by node; a failed renewal puts one node out of service, and the others "
            "take its calls",
            new_node="the new node requests its own certificate; no other is touched",
        )
    return Consequences(
        keys=1,
        shared=f"one private key on {len(nodes)} nodes, copied at each renewal",
        leak=_leak(design, len(nodes)),
        renewal="all nodes in one step: a failed renewal puts all out of service at once",
        new_node="nothing, as long as the domain is the same"
        if design is Design.SHARED_WILDCARD
        else "a new certificate with one more name, on every node",
    )


def _leak(design: Design, nodes: int) -> str:
    reach = "every host of the domain" if design is Design.SHARED_WILDCARD else f"all {nodes} nodes"
    return f"the thief can pose as {reach}; to revoke it stops every node until all have another"


def _names(common_name: str, dns_names: tuple[str, ...]) -> PresentedNames:
    distinct = tuple(dict.fromkeys(dns_names))
    return PresentedNames(
        common_names=(common_name,),
        dns_names=distinct,
        has_alternative_names=True,
        subject=f"CN={common_name}",
    )
