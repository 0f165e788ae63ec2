"""Identity rules as data: which names of a certificate a kind of peer goes by, and who says so.

Each rule has two sides, because the same peer judges differently as a TLS server (who is this
client?) and as a TLS client (is this the server that I meant to reach?). ``judgement`` applies them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from .chain.policy import LYNC_CHAIN, PKIX_CHAIN, ChainPolicy
from .domain_name import Wildcards
from .handshake import Role
from .name_kind import NameKind


class When(StrEnum):
    """On what condition a kind of name counts."""

    ALWAYS = "always"
    WITHOUT_SIP_URIS = "only where no alternative name is a SIP URI without a user"
    WITHOUT_ALTERNATIVE_NAMES = "only where there are no alternative names at all"
    WITHOUT_USABLE_ALTERNATIVES = "only where no DNS name, service name or URI is presented"


class SeveralCommonNames(StrEnum):
    """What becomes of a subject with more than one common name."""

    ANY = "any of them may match"
    UNKNOWN = "it is not documented which of them is read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counting:
    """One kind of name that a rule goes by."""

    kind: NameKind
    clause: str
    """Who says so."""
    when: When = When.ALWAYS
    is_optional: bool = False
    """Whether the source permits it (MAY) without demanding it."""
    wildcards: Wildcards = Wildcards.NEVER
    wildcard_clause: str = ""
    wildcards_are_optional: bool = False

    def clause_for(self, name: str) -> str:
        """Say who decides about a name: wildcards often have a clause of their own."""
        return (self.wildcard_clause if "*" in name else "") or self.clause


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What one side of a rule goes by. Names of every other kind are of no account."""

    countings: tuple[Counting, ...]
    otherwise: str
    """Why the other kinds do not count, with its source."""
    schemes: tuple[str, ...] = ("sip",)
    """The schemes of a URI that names a SIP domain."""
    several_common_names: SeveralCommonNames = SeveralCommonNames.ANY
    counts_joint_common_names: bool = True
    """Whether a common name counts that shares its RDN with another attribute."""
    tolerates_trailing_dot: bool = False
    addresses_in_common_names: bool = False
    """Whether a common name may be an IP address."""
    accepts_every_name: bool = False

    def counting(self, kind: NameKind) -> Counting | None:
        """Give how a kind of name counts; ``None``: not at all."""
        return next((one for one in self.countings if one.kind is kind), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How one kind of peer decides who somebody is."""

    name: str
    """As a gateway names it."""
    title: str
    source: str
    as_server: Demand
    """What it asks of the certificates of clients."""
    as_client: Demand
    """What it asks of the certificates of servers."""
    chain: ChainPolicy = PKIX_CHAIN
    """What it asks of chains."""

    def demand(self, judge: Role) -> Demand:
        """Give what a judge in this role asks of the other side."""
        return self.as_server if judge is Role.SERVER else self.as_client


def _both(name: str, title: str, source: str, demand: Demand) -> Rule:
    return Rule(name=name, title=title, source=source, as_server=demand, as_client=demand)


LYNC: Final = Rule(
    name="lync",
    title="Lync Server and Skype for Business Server",
    source="Lync Server 2013, Configure certificates on the server running Exchange UM; TLS and "
    "MTLS; the log line “The peer is not a configured server on this network interface”",
    as_server=Demand(
        countings=(
            Counting(
                kind=NameKind.COMMON,
                clause="Lync as server looks a client up by the common name of its subject",
                wildcard_clause="Lync as server: a wildcard is no server of the topology",
            ),
        ),
        otherwise="Lync as server reads the common name only; alternative names are of no help",
        several_common_names=SeveralCommonNames.UNKNOWN,
    ),
    as_client=Demand(
        countings=(
            Counting(
                kind=NameKind.COMMON,
                clause="Lync as client accepts the common name or an alternative name",
                wildcard_clause="Lync Server 2013, Wildcard certificate support: "
                "no wildcard as common name",
            ),
            Counting(
                kind=NameKind.DNS,
                clause="Lync as client accepts the common name or an alternative name",
                wildcards=Wildcards.WHOLE_LABEL,
                wildcard_clause="Lync Server 2013, Wildcard certificate support: "
                "a wildcard among the alternative names",
            ),
        ),
        otherwise="Lync as client compares host names only",
    ),
    chain=LYNC_CHAIN,
)

RFC_5922: Final = _both(
    "rfc5922",
    "SIP domain certificates",
    "RFC 5922",
    Demand(
        countings=(
            Counting(
                kind=NameKind.URI,
                clause="RFC 5922 section 7.1",
                wildcard_clause="RFC 5922 section 7.2",
            ),
            Counting(
                kind=NameKind.DNS,
                clause="RFC 5922 section 7.1",
                when=When.WITHOUT_SIP_URIS,
                wildcard_clause="RFC 5922 section 7.2",
            ),
            Counting(
                kind=NameKind.COMMON,
                clause="RFC 5922 section 7.1",
                when=When.WITHOUT_ALTERNATIVE_NAMES,
                is_optional=True,
                wildcard_clause="RFC 5922 section 7.2",
            ),
        ),
        otherwise="only SIP URIs and DNS names identify a SIP domain (RFC 5922 section 7.1)",
    ),
)


def _by_whole_label(kind: NameKind, clause: str) -> Counting:
    return Counting(
        kind=kind,
        clause=clause,
        wildcards=Wildcards.WHOLE_LABEL,
        wildcard_clause="RFC 9525 section 6.3",
    )


RFC_9525: Final = _both(
    "rfc9525",
    "TLS services of today",
    "RFC 9525",
    Demand(
        countings=(
            _by_whole_label(NameKind.DNS, "RFC 9525 section 6.3"),
            Counting(kind=NameKind.IP, clause="RFC 9525 section 6.4"),
            _by_whole_label(NameKind.SERVICE, "RFC 9525 section 6.5"),
            _by_whole_label(NameKind.URI, "RFC 9525 section 6.5"),
        ),
        otherwise="the common name is never used (RFC 9525 section 2)",
        schemes=("sip", "sips"),
    ),
)


def _by_part_of_label(kind: NameKind, clause: str, when: When = When.ALWAYS) -> Counting:
    return Counting(
        kind=kind,
        clause=clause,
        when=when,
        is_optional=kind is NameKind.COMMON,
        wildcards=Wildcards.PART_OF_LABEL,
        wildcard_clause="RFC 6125 section 6.4.3",
        wildcards_are_optional=True,
    )


RFC_6125: Final = _both(
    "rfc6125",
    "TLS services from 2011 to 2023",
    "RFC 6125",
    Demand(
        countings=(
            _by_part_of_label(NameKind.DNS, "RFC 6125 section 6.4.1"),
            _by_part_of_label(NameKind.SERVICE, "RFC 6125 section 6.5.1"),
            _by_part_of_label(NameKind.URI, "RFC 6125 section 6.5.2"),
            _by_part_of_label(
                NameKind.COMMON, "RFC 6125 section 6.4.4", When.WITHOUT_USABLE_ALTERNATIVES
            ),
        ),
        otherwise="IP addresses are not covered (RFC 6125 section 1.7.2)",
        schemes=("sip", "sips"),
        counts_joint_common_names=False,
    ),
)

EXCHANGE: Final = _both(
    "exchange",
    "Exchange Unified Messaging on a server of its own",
    "Lync Server 2013, Wildcard certificate support",
    Demand(
        countings=(
            Counting(
                kind=NameKind.COMMON,
                clause="Exchange UM as stand-alone server uses no alternative names",
                wildcard_clause="Exchange UM: no wildcard as common name",
            ),
        ),
        otherwise="Exchange UM as stand-alone server uses no alternative names",
        several_common_names=SeveralCommonNames.UNKNOWN,
    ),
)

COMMON_NAME: Final = _both(
    "common-name",
    "Peers that know the common name only",
    "practice before RFC 2818",
    Demand(
        countings=(Counting(kind=NameKind.COMMON, clause="only the common name counts"),),
        otherwise="only the common name counts",
        addresses_in_common_names=True,
    ),
)

ANY_NAME: Final = _both(
    "any-name",
    "Peers for whom every name counts, alternative or common",
    "practice of SIP stacks such as PJSIP and Sofia-SIP",
    Demand(
        countings=tuple(
            Counting(kind=kind, clause="every name counts", wildcard_clause="RFC 5922 section 7.2")
            for kind in (NameKind.URI, NameKind.DNS, NameKind.IP, NameKind.COMMON)
        ),
        otherwise="names of this kind identify no SIP peer",
        schemes=("sip", "sips"),
        tolerates_trailing_dot=True,
        addresses_in_common_names=True,
    ),
)

PINNED: Final = _both(
    "pinned",
    "One known key",
    "the administrator named the SHA-256 of the public key",
    Demand(
        countings=(Counting(kind=NameKind.PUBLIC_KEY, clause="the pinned key"),),
        otherwise="only the key counts, no name",
    ),
)

CHAIN_ONLY: Final = _both(
    "chain-only",
    "Peers that look at no name: every certificate of a trusted authority will do",
    "the default of Kamailio, Asterisk and many PBXs",
    Demand(countings=(), otherwise="no name is looked at", accepts_every_name=True),
)

RULES: Final[Mapping[str, Rule]] = {
    rule.name: rule
    for rule in (
        LYNC, RFC_5922, RFC_6125, RFC_9525, EXCHANGE, COMMON_NAME, ANY_NAME, PINNED, CHAIN_ONLY
    )
}  # fmt: skip
"""Every rule, by the name that a gateway gives."""


def rule_named(name: str) -> Rule:
    """Give a rule by its name; one that this version does not know accepts nobody."""
    unknown = f"this version of Umbel does not know the rule {name}"
    return RULES.get(name) or _both(name, unknown, unknown, Demand(countings=(), otherwise=unknown))
