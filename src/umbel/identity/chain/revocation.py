"""Whether certificates were revoked, by the lists at hand (RFC 5280 section 5)."""

from collections.abc import Iterable, Iterator, Sequence

from cryptography import x509

from umbel.core.findings import Finding

from .certificate import REFUSALS, Certificate
from .path import Path
from .whose import Reading

_RULE = "RFC 5280 section 5.1"


def revocation_findings(path: Path, lists: Sequence[bytes], reading: Reading) -> Iterator[Finding]:
    """Look up the certificates of a path in revocation lists, and judge the lists as well."""
    yield from _distribution_point(path.certificates[0], reading)
    read = []
    for octets in lists:
        try:
            read.append(x509.load_der_x509_crl(octets))
        except REFUSALS as error:
            yield _unreadable(str(error), reading)
    for certificate, issuer in path.issued:
        yield from _looked_up(certificate, issuer, _lists_of(issuer, read), reading)
    if lists and path.issued:
        yield from _nothing_about(path, read, reading)


def _distribution_point(leaf: Certificate, reading: Reading) -> Iterator[Finding]:
    if reading.policy.needs_distribution_point and not leaf.find(x509.CRLDistributionPoints):
        yield reading.warning(
            "no-distribution-point",
            f"{reading.whose.certificate(leaf)} names no place of a revocation list",
            means=f"{reading.policy.reader} asks for one in every server's certificate: TLS may be "
            "slow or fail",
            do=reading.whose.new_certificate.format("that names a CRL distribution point"),
            rule=reading.policy.source,
        )


def _unreadable(why: str, reading: Reading) -> Finding:
    return reading.warning(
        "unreadable-revocation-list",
        f"a revocation list cannot be read: {why}",
        means="certificates that it revokes are still accepted",
        do="fetch the list again, as DER or PEM",
        rule=_RULE,
    )


def _lists_of(
    issuer: Certificate, lists: Iterable[x509.CertificateRevocationList]
) -> list[x509.CertificateRevocationList]:
    return [one for one in lists if one.issuer == issuer.parsed.subject]


def _nothing_about(
    path: Path, lists: Iterable[x509.CertificateRevocationList], reading: Reading
) -> Iterator[Finding]:
    leaf, issuer = path.issued[0]
    if not _lists_of(issuer, lists):
        yield reading.warning(
            "no-revocation-list",
            f"no revocation list of {issuer} is at hand",
            means=f"whether {reading.whose.certificate(leaf)} was revoked is unknown",
            do=f"add the list of {issuer} to those that are configured",
            rule=_RULE,
        )


def _looked_up(
    certificate: Certificate,
    issuer: Certificate,
    lists: Iterable[x509.CertificateRevocationList],
    reading: Reading,
) -> Iterator[Finding]:
    for one in lists:
        if not _is_genuine(one, issuer):
            yield _forged(issuer, reading)
            continue
        yield from _out_of_date(one, issuer, reading)
        revoked = one.get_revoked_certificate_by_serial_number(certificate.parsed.serial_number)
        if revoked is not None:
            yield _revoked(certificate, issuer, revoked, reading)


def _is_genuine(one: x509.CertificateRevocationList, issuer: Certificate) -> bool:
    try:
        # The library refuses keys that cannot have signed it, as it refuses malformed lists.
        return one.is_signature_valid(issuer.public_key)  # type: ignore[arg-type]
    except REFUSALS:
        return False


def _forged(issuer: Certificate, reading: Reading) -> Finding:
    return reading.warning(
        "bad-revocation-list",
        f"a revocation list in the name of {issuer} was not signed by it",
        means="the list says nothing; certificates that it should revoke are still accepted",
        do="fetch the list again from the authority",
        rule="RFC 5280 section 6.3.3",
    )


def _out_of_date(
    one: x509.CertificateRevocationList, issuer: Certificate, reading: Reading
) -> Iterator[Finding]:
    due = one.next_update_utc
    if due is not None and reading.at > due:
        yield reading.warning(
            "old-revocation-list",
            f"the revocation list of {issuer} was to be replaced by {due:%F %R} UTC",
            means="later revocations are unknown, and strict peers refuse every certificate of "
            "the authority",
            do=f"fetch the new list of {issuer}, or have the authority publish one",
            rule="RFC 5280 section 5.1.2.5",
        )


def _revoked(
    certificate: Certificate,
    issuer: Certificate,
    revoked: x509.RevokedCertificate,
    reading: Reading,
) -> Finding:
    return reading.error(
        "revoked",
        f"{reading.whose.certificate(certificate)} was revoked by {issuer} on "
        f"{revoked.revocation_date_utc:%F}{_why(revoked)}",
        do=reading.whose.new_certificate.format("with a new key"),
        rule=_RULE,
    )


def _why(revoked: x509.RevokedCertificate) -> str:
    try:
        reason = revoked.extensions.get_extension_for_class(x509.CRLReason).value.reason
    except (x509.ExtensionNotFound, *REFUSALS):
        return ""
    return f" ({reason.value})"
