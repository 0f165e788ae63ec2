"""What it means that a chain leads to nobody who is trusted, and which certificate is missing."""

from collections.abc import Iterator

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

from umbel.core.findings import Finding

from .certificate import Certificate
from .path import End, Path
from .whose import Reading

_RULE = "RFC 5280 section 6.1"


def trust_findings(path: Path, reading: Reading) -> Iterator[Finding]:
    """Say why a path does not end at a trust anchor, or that it should not end where it does."""
    match path.end:
        case End.TRUSTED:
            yield from _trusted(path, reading)
        case End.SELF_SIGNED:
            yield _self_signed(path, reading)
        case End.UNKNOWN_ROOT:
            yield _unknown_root(path, reading)
        case End.MISSING_ISSUER:
            yield _missing_issuer(path, reading)
        case End.ANOTHER_KEY:
            yield _another_key(path, reading)
        case End.BAD_SIGNATURE:
            yield _bad_signature(path, reading)


def _trusted(path: Path, reading: Reading) -> Iterator[Finding]:
    if len(path.certificates) > 1 or reading.policy.accepts_self_signed:
        return
    yield reading.error(
        "self-signed",
        f"{reading.whose.certificate(path.last)} signed itself",
        means=f"{reading.policy.reader} takes no self-signed certificate, trusted or not",
        do=reading.whose.new_certificate.format("from an authority that both sides trust"),
        rule=reading.policy.source,
    )


def _self_signed(path: Path, reading: Reading) -> Finding:
    return reading.error(
        "self-signed",
        f"{reading.whose.certificate(path.last)} signed itself, and the other side does not "
        "trust it",
        do=reading.whose.new_certificate.format("from an authority that both sides trust"),
        rule=_RULE,
    )


def _unknown_root(path: Path, reading: Reading) -> Finding:
    return reading.error(
        "unknown-root",
        f"the chain of {reading.whose.certificate(path.certificates[0])} leads to "
        f"{path.last.names.subject}, which is not trusted",
        do=reading.whose.anchors.format(path.last.names.subject),
        rule=_RULE,
    )


def _missing_issuer(path: Path, reading: Reading) -> Finding:
    missing, last = path.last.issuer, path.last
    return reading.error(
        "missing-issuer",
        f"{missing}, which issued {reading.whose.certificate(last)}, was not sent and is not "
        f"trusted{_where_to_get(last)}",
        do="if it is an intermediate authority: "
        + reading.whose.mended_chain.format(f"add the certificate of {missing}")
        + "; if it is a root: "
        + reading.whose.anchors.format(missing),
        rule=_RULE,
    )


def _where_to_get(certificate: Certificate) -> str:
    """Name the address from which an issuer can be had (RFC 5280 section 4.2.2.1)."""
    access = certificate.find(x509.AuthorityInformationAccess)
    places = [
        description.access_location.value
        for description in access or ()
        if description.access_method == AuthorityInformationAccessOID.CA_ISSUERS
    ]
    return f"; it can be had at {places[0]}" if places else ""


def _another_key(path: Path, reading: Reading) -> Finding:
    missing = path.last.issuer
    return reading.error(
        "issuer-has-another-key",
        f"{reading.whose.certificate(path.last)} was issued by {missing}, but the certificate of "
        "that name that is known here has another key",
        means=f"the authority was probably made anew under its old name; {reading.whose.consequence}",
        do=reading.whose.anchors.format(f"the authority {missing} that issued it")
        + "; or "
        + reading.whose.new_certificate.format("from the authority that is trusted now"),
        rule=_RULE,
    )


def _bad_signature(path: Path, reading: Reading) -> Finding:
    return reading.error(
        "bad-signature",
        f"the signature on {reading.whose.certificate(path.last)} was not made by its issuer "
        f"{path.last.issuer}",
        means=f"the certificate was damaged or altered; {reading.whose.consequence}",
        do=reading.whose.new_certificate.format("as its authority issued it"),
        rule="RFC 5280 section 6.1.3",
    )
