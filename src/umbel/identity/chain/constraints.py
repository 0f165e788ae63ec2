"""Names that an authority may not certify (RFC 5280 section 4.2.1.10)."""

from collections.abc import Callable, Iterable, Iterator
from ipaddress import ip_address, ip_network

from cryptography import x509

from umbel.core.findings import Finding
from umbel.identity.domain_name import as_ip_address, canonical
from umbel.identity.names import PresentedNames
from umbel.identity.sip_domain import sip_domain

from .certificate import Certificate
from .path import Path
from .whose import Reading

_RULE = "RFC 5280 section 4.2.1.10"
_SCHEMES = ("sip", "sips")


def constraint_findings(path: Path, reading: Reading) -> Iterator[Finding]:
    """Say which names of a path's certificates an authority above them may not certify."""
    for position, (_, issuer) in enumerate(path.issued):
        constraints = issuer.find(x509.NameConstraints)
        if constraints is None:
            continue
        for certificate in path.certificates[: position + 1]:
            if certificate.is_self_issued and certificate is not path.certificates[0]:
                continue  # Constraints do not bind an authority's own renewed certificates.
            yield from _violations(certificate, issuer, constraints, reading)


def _violations(
    certificate: Certificate,
    issuer: Certificate,
    constraints: x509.NameConstraints,
    reading: Reading,
) -> Iterator[Finding]:
    for kind, name, lies_in in _constrained_names(certificate):
        excluded = _of(kind, constraints.excluded_subtrees)
        permitted = _of(kind, constraints.permitted_subtrees)
        if any(map(lies_in, excluded)):
            yield _violation(certificate, issuer, name, "excludes it", reading)
        elif permitted and not any(map(lies_in, permitted)):
            shown = " or ".join(str(one.value) for one in permitted)
            yield _violation(certificate, issuer, name, f"permits {shown} only", reading)


def _violation(
    certificate: Certificate, issuer: Certificate, name: str, why: str, reading: Reading
) -> Finding:
    return reading.error(
        "name-constraint",
        f"{reading.whose.certificate(certificate)} carries {name}, but the authority {issuer} {why}",
        do=reading.whose.new_certificate.format(
            f"without {name}, or from an authority that may certify it"
        ),
        rule=_RULE,
    )


_LiesIn = Callable[[x509.GeneralName], bool]
_Constrained = tuple[type[x509.GeneralName], str, _LiesIn]


def _of(
    kind: type[x509.GeneralName], subtrees: Iterable[x509.GeneralName] | None
) -> list[x509.GeneralName]:
    return [subtree for subtree in subtrees or () if isinstance(subtree, kind)]


def _constrained_names(certificate: Certificate) -> Iterator[_Constrained]:
    """Give each name with the kind of constraint that binds it, and how to compare them."""
    names = certificate.names
    for name in (*names.dns_names, *_host_like_common_names(names)):
        yield x509.DNSName, name, _dns_test(name)
    for uri in names.uris:
        host = sip_domain(uri, _SCHEMES).host
        if host:
            yield x509.UniformResourceIdentifier, uri, _uri_test(host)
    for address in names.ip_addresses:
        yield x509.IPAddress, address, _address_test(address)
    if certificate.parsed.subject.rdns:
        yield x509.DirectoryName, names.subject, _directory_test(certificate.parsed.subject)


def _host_like_common_names(names: PresentedNames) -> Iterator[str]:
    """Give common names that serve as DNS names where there are none, as OpenSSL has it."""
    if names.dns_names:
        return
    for name in names.common_names:
        if "." in name and canonical(name.replace("*", "x")) and not as_ip_address(name):
            yield name


def _dns_test(name: str) -> _LiesIn:
    """Labels may be added on the left of a constraint; a leading dot only demands one."""
    host = name.lower().rstrip(".")

    def lies_in(subtree: x509.GeneralName) -> bool:
        base = str(subtree.value).lower()
        if not base.startswith("."):
            return not base or host == base or host.endswith(f".{base}")
        return host.endswith(base)

    return lies_in


def _uri_test(name: str) -> _LiesIn:
    """A constraint names one host, unless it begins with a dot."""
    host = name.lower()

    def lies_in(subtree: x509.GeneralName) -> bool:
        base = str(subtree.value).lower()
        return host.endswith(base) if base.startswith(".") else host == base

    return lies_in


def _address_test(text: str) -> _LiesIn:
    address = ip_address(text)
    return lambda subtree: address in ip_network(str(subtree.value))


def _directory_test(subject: x509.Name) -> _LiesIn:
    """A constraint is the beginning of a name."""

    def lies_in(subtree: x509.GeneralName) -> bool:
        base = subtree.value
        return isinstance(base, x509.Name) and subject.rdns[: len(base.rdns)] == base.rdns

    return lies_in
