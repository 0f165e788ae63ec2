"""What is doubtful in the names of a node's own certificate, before any peer has seen it."""

from collections.abc import Iterator

from umbel.core.findings import Finding, Severity

from .domain_name import as_ip_address, canonical, has_wildcard, impossible, reference_host
from .names import PresentedNames
from .subject import escape

_REQUEST = "umbel certificate request"
_NAMES = "RFC 5280 section 4.2.1.6"


def name_findings(names: PresentedNames, node: str) -> Iterator[Finding]:
    """Check the names of the certificate of *node*, given by its FQDN."""
    yield from _unreadable(names)
    for name in dict.fromkeys((*names.dns_names, *names.common_names)):
        yield from _odd(name, is_alternative=name in names.dns_names)
    yield from _common_name(names, node)
    yield from _alternative_names(names, node)


def _unreadable(names: PresentedNames) -> Iterator[Finding]:
    for what in names.unreadable:
        yield Finding(
            code="tls.unreadable-name",
            severity=Severity.WARNING,
            seen=f"in our certificate, {what}",
            means="peers read it differently: one sees a name where another sees none",
            do=f"get a well-formed certificate: {_REQUEST}",
            rule=_NAMES,
        )


def _odd(name: str, *, is_alternative: bool) -> Iterator[Finding]:
    if has_wildcard(name):
        yield _wildcard(name, is_alternative=is_alternative)
    elif as_ip_address(name) is not None:
        if is_alternative:
            yield _address_as_name(name)
    elif _matches_nothing(name, is_alternative=is_alternative):
        yield _impossible(name)


def _matches_nothing(name: str, *, is_alternative: bool) -> bool:
    """Say whether a name is an error; a common name may as well be no domain name at all."""
    is_domain = canonical(name) is not None and name.isascii()
    return "\0" in name or (is_alternative and not is_domain)


def _wildcard(name: str, *, is_alternative: bool) -> Finding:
    where = "an alternative name" if is_alternative else "the common name"
    return Finding(
        code="tls.wildcard-in-san" if is_alternative else "tls.wildcard-common-name",
        severity=Severity.WARNING,
        seen=f"{name}, {where} of our certificate, is a wildcard",
        means="SIP does not match wildcards, although web browsers do",
        do=f"name each node in full: {_REQUEST}",
        rule="RFC 5922 section 7.2",
    )


def _address_as_name(name: str) -> Finding:
    return Finding(
        code="tls.address-as-dns-name",
        severity=Severity.WARNING,
        seen=f"our certificate has the IP address {name} as a DNS name",
        means="no rule matches an IP address there",
        do=f"name the node by its host name: {_REQUEST}",
        rule="RFC 9525 section 6.4",
    )


def _impossible(name: str) -> Finding:
    return Finding(
        code="tls.impossible-name",
        severity=Severity.WARNING,
        seen=f"the name {escape(name)} of our certificate {impossible(name)}",
        means="it matches no host, by any rule",
        do=f"get a certificate without it: {_REQUEST}",
        rule=_NAMES,
    )


def _common_name(names: PresentedNames, node: str) -> Iterator[Finding]:
    if not names.common_names:
        yield _unlike_node("our certificate has no common name", node)
    elif len(names.common_names) > 1:
        shown = " and ".join(map(escape, names.common_names))
        yield _unlike_node(f"our certificate has several common names, {shown}", node)
    elif not _is(names.common_names[0], node):
        seen = f"the common name of our certificate is {escape(names.common_names[0])}"
        yield _unlike_node(f"{seen}, this node is {node}", node)


def _unlike_node(seen: str, node: str) -> Finding:
    return Finding(
        code="tls.common-name-is-not-node",
        severity=Severity.WARNING,
        seen=seen,
        means="peers that look servers up by their common name (Lync) refuse what this node sends "
        "them: OPTIONS, transfers, message-waiting",
        do=f"give this node a certificate with {node} as its common name: {_REQUEST}",
        rule="rule lync: Lync as server looks a client up by the common name of its subject",
    )


def _alternative_names(names: PresentedNames, node: str) -> Iterator[Finding]:
    if any(_is(name, node) for name in names.dns_names):
        return
    yield Finding(
        code="tls.node-is-no-alternative-name",
        severity=Severity.WARNING,
        seen=f"{node} is not among the DNS names of our certificate "
        f"({', '.join(map(escape, names.dns_names)) or 'it has none'})",
        means="peers of today look at alternative names only, and do not recognise this node",
        do=f"give this node a certificate with {node} as an alternative name: {_REQUEST}",
        rule="RFC 9525 section 6.3",
    )


def _is(name: str, node: str) -> bool:
    return canonical(name) is not None and canonical(name) == reference_host(node)
