"""Whether a certificate was revoked, by the answer of its authority's responder (RFC 6960)."""

from collections.abc import Iterator, Sequence

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from umbel.core.findings import Finding

from .certificate import REFUSALS, Certificate, readable
from .path import Path
from .signatures import Signature, Signed, check_signature, check_signed
from .whose import Reading

_RULE = "RFC 6960 section 3.2"


def status_request(certificate: Certificate, issuer: Certificate) -> bytes:
    """Ask for the status of one certificate; SHA-1 only names it, and every responder knows it."""
    builder = ocsp.OCSPRequestBuilder().add_certificate(
        certificate.parsed,
        issuer.parsed,
        hashes.SHA1(),
    )
    return builder.build().public_bytes(Encoding.DER)


def status_findings(path: Path, answers: Sequence[bytes], reading: Reading) -> Iterator[Finding]:
    """Look for the certificates of a path in the answers of responders, and judge those as well."""
    for octets in answers:
        try:
            answer = ocsp.load_der_ocsp_response(octets)
            yield from _read(answer, path, reading)
        except REFUSALS as error:
            yield _without_status(f"the responder's answer cannot be read: {error}", reading)


def _read(answer: ocsp.OCSPResponse, path: Path, reading: Reading) -> Iterator[Finding]:
    if answer.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
        said = answer.response_status.name.lower().replace("_", " ")
        yield _without_status(f"the responder says {said}", reading)
        return
    for certificate, issuer in path.issued:
        if _is_about(answer, certificate, issuer):
            yield from _judged(answer, certificate, issuer, reading)


def _is_about(answer: ocsp.OCSPResponse, certificate: Certificate, issuer: Certificate) -> bool:
    if answer.serial_number != certificate.parsed.serial_number:
        return False
    digest = hashes.Hash(answer.hash_algorithm)
    digest.update(issuer.parsed.subject.public_bytes())
    return digest.finalize() == answer.issuer_name_hash


def _judged(
    answer: ocsp.OCSPResponse, certificate: Certificate, issuer: Certificate, reading: Reading
) -> Iterator[Finding]:
    if not _is_genuine(answer, issuer):
        yield _without_status(
            f"an answer in the name of {issuer} was not signed by it, nor by a responder of it",
            reading,
        )
        return
    if answer.next_update_utc is not None and reading.at > answer.next_update_utc:
        due = f"{answer.next_update_utc:%F %R} UTC"
        yield _without_status(f"the responder's answer was good until {due} only", reading)
    match answer.certificate_status:
        case ocsp.OCSPCertStatus.REVOKED:
            yield _revoked(answer, certificate, issuer, reading)
        case ocsp.OCSPCertStatus.UNKNOWN:
            what = (
                f"the responder of {issuer} does not know {reading.whose.certificate(certificate)}"
            )
            yield _without_status(what, reading)
        case ocsp.OCSPCertStatus.GOOD:
            pass


def _is_genuine(answer: ocsp.OCSPResponse, issuer: Certificate) -> bool:
    """Say whether the authority signed, or whom it appointed (RFC 6960 section 4.2.2.2)."""
    appointed = (
        one
        for one in readable(one.public_bytes(Encoding.DER) for one in answer.certificates)
        if _is_appointed(one, issuer)
    )
    return any(
        check_signed(_as_signed(answer, signer), signer) is Signature.GOOD
        for signer in (issuer, *appointed)
    )


def _as_signed(answer: ocsp.OCSPResponse, signer: Certificate) -> Signed:
    """Give what was signed; how is not said in a form of its own, but follows from the key."""
    digest = answer.signature_hash_algorithm
    how: padding.PKCS1v15 | ec.ECDSA | None = None
    if isinstance(signer.public_key, rsa.RSAPublicKey):
        how = padding.PKCS1v15()
    elif isinstance(signer.public_key, ec.EllipticCurvePublicKey) and digest is not None:
        how = ec.ECDSA(digest)
    return Signed(
        covered=answer.tbs_response_bytes, signature=answer.signature, how=how, digest=digest
    )


def _is_appointed(responder: Certificate, issuer: Certificate) -> bool:
    usages = responder.find(x509.ExtendedKeyUsage)
    may_sign = usages is not None and ExtendedKeyUsageOID.OCSP_SIGNING in usages
    return may_sign and check_signature(responder, issuer) is Signature.GOOD


def _revoked(
    answer: ocsp.OCSPResponse, certificate: Certificate, issuer: Certificate, reading: Reading
) -> Finding:
    why = f" ({answer.revocation_reason.value})" if answer.revocation_reason else ""
    return reading.error(
        "revoked",
        f"{reading.whose.certificate(certificate)} was revoked by {issuer} on "
        f"{answer.revocation_time_utc:%F}{why}, says its responder",
        do=reading.whose.new_certificate.format("with a new key"),
        rule=_RULE,
    )


def _without_status(seen: str, reading: Reading) -> Finding:
    return reading.warning(
        "no-status",
        seen,
        means="whether the certificate was revoked is unknown; who insists on knowing refuses it",
        do="look at the address of the responder in [tls], and ask the authority",
        rule=_RULE,
    )
