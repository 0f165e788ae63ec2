"""The way from a certificate to somebody who is trusted (RFC 5280 section 6.1, RFC 4158)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from .certificate import Certificate, issuer_key_identifier, key_identifier
from .signatures import Signature, check_signature


class End(StrEnum):
    """Where the way from a certificate ends."""

    TRUSTED = "at a trust anchor"
    SELF_SIGNED = "at once: the certificate signed itself"
    UNKNOWN_ROOT = "at a root that is not trusted"
    MISSING_ISSUER = "at an issuer that nobody has"
    ANOTHER_KEY = "at an issuer of the right name with another key"
    BAD_SIGNATURE = "at a signature that its issuer did not make"


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """The certificates from a leaf upwards, as far as they lead."""

    certificates: tuple[Certificate, ...]
    """The leaf first, the trust anchor last where there is one."""
    end: End
    namesakes: tuple[Certificate, ...] = ()
    """Those that have the name of the missing issuer, but did not sign."""

    @property
    def last(self) -> Certificate:
        """Give the certificate at which it ends."""
        return self.certificates[-1]

    @property
    def is_trusted(self) -> bool:
        """Whether it leads to a trust anchor."""
        return self.end is End.TRUSTED

    @property
    def below_anchor(self) -> tuple[Certificate, ...]:
        """Give what has to be checked: a trust anchor is believed as it is."""
        return self.certificates[:-1] if self.is_trusted else self.certificates

    @property
    def issued(self) -> tuple[tuple[Certificate, Certificate], ...]:
        """Give each certificate with its issuer."""
        return tuple(zip(self.certificates, self.certificates[1:], strict=False))


@dataclass(slots=True)
class _Search:
    """A search that goes up from each certificate once, so that no loop can hold it."""

    anchors: Sequence[Certificate]
    others: Sequence[Certificate]
    seen: set[Certificate] = field(default_factory=set)

    def up_from(self, below: tuple[Certificate, ...]) -> Path:
        """Find a way to an anchor, or else the one that leads farthest."""
        last = below[-1]
        if last in self.anchors:
            return Path(certificates=below, end=End.TRUSTED)
        self.seen.add(last)
        ways = []
        for issuer in self._issuers(last):
            way = self.up_from((*below, issuer))
            if way.is_trusted:
                return way
            ways.append(way)
        return max(ways, key=lambda way: len(way.certificates), default=self._ended(below))

    def _issuers(self, certificate: Certificate) -> list[Certificate]:
        if _signed_itself(certificate):
            return []  # A root: a cross-certificate for its key leads on from below it.
        return [
            one
            for one in self._namesakes(certificate)
            if one not in self.seen and check_signature(certificate, one) is not Signature.BAD
        ]

    def _namesakes(self, certificate: Certificate) -> list[Certificate]:
        """Give every other certificate whose subject is the issuer's name, anchors first."""
        known = dict.fromkeys((*self.anchors, *self.others))
        issuer = certificate.parsed.issuer
        return [one for one in known if one.parsed.subject == issuer and one != certificate]

    def _ended(self, below: tuple[Certificate, ...]) -> Path:
        last = below[-1]
        namesakes = tuple(one for one in self._namesakes(last) if one not in below)
        return Path(certificates=below, end=_end(below, namesakes), namesakes=namesakes)


def build_path(
    leaf: Certificate, *, anchors: Sequence[Certificate], others: Sequence[Certificate]
) -> Path:
    """Lead from *leaf* to one of *anchors*, by certificates of *others*."""
    return _Search(anchors=anchors, others=others).up_from((leaf,))


def _end(below: tuple[Certificate, ...], namesakes: Sequence[Certificate]) -> End:
    last = below[-1]
    if _signed_itself(last):
        return End.SELF_SIGNED if len(below) == 1 else End.UNKNOWN_ROOT
    if not namesakes:
        return End.MISSING_ISSUER
    wanted = issuer_key_identifier(last)
    is_same_key = wanted is not None and wanted in map(key_identifier, namesakes)
    return End.BAD_SIGNATURE if is_same_key else End.ANOTHER_KEY


def _signed_itself(certificate: Certificate) -> bool:
    good = Signature.GOOD
    return certificate.is_self_issued and check_signature(certificate, certificate) is good
