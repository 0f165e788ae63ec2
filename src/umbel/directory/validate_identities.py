"""What may be wrong with the names and rules by which a gateway and we recognise each other."""

import re
from collections.abc import Iterator

from umbel.core.addresses import is_ip_address
from umbel.core.findings import Severity

from .objects import CHAIN_ONLY, IDENTITY_RULES, PINNED, Gateway, Transport
from .problems import Problem, is_host_name

_KEY = re.compile(
    r"(?:sha256:)?[0-9a-f]{2}(?::?[0-9a-f]{2}){31}|(?:pin-)?sha256[:/][a-z0-9+/]{43}=",
    re.ASCII | re.IGNORECASE,
)
"""The SHA-256 of a public key, in hexadecimal or in base64."""
_HOW_TO_PIN = (
    "openssl x509 -in PEER.pem -pubkey -noout | openssl pkey -pubin -outform der | "
    "openssl dgst -sha256"
)


def identity_problems(gateway: Gateway) -> Iterator[Problem]:
    """Check by whom and how a gateway is recognised, and recognises us."""
    yield from _unknown_rule(gateway, "our_rule", gateway.our_rule)
    yield from _unknown_rule(gateway, "rule", gateway.rule)
    yield from _without_name(gateway)
    yield from _names(gateway, "certificate_names", gateway.certificate_names, gateway.our_rule)
    yield from _names(gateway, "dials", gateway.dials, gateway.rule)
    yield from _names(gateway, "knows", gateway.knows, gateway.rule)
    yield from _without_key(gateway)
    yield from _everybody(gateway)


def is_name(text: str) -> bool:
    """Say whether it is a host name; one whose last label is a number is a mistyped address."""
    return is_host_name(text) and not text.rstrip(".").rpartition(".")[2].isdigit()


def _unknown_rule(gateway: Gateway, field: str, rule: str) -> Iterator[Problem]:
    if rule not in IDENTITY_RULES:
        yield Problem(
            code=f"gateway.{field}",
            where=f"gateway {gateway.name}, {field}",
            found=f'"{rule}"',
            expected=f"one of {', '.join(IDENTITY_RULES)}",
            do=f"umbel gateway set {gateway.name} --{field.replace('_', '-')} any-name",
            means="its certificate would never be believed"
            if field == "our_rule"
            else "what it makes of our certificate cannot be foretold",
        )


def _without_name(gateway: Gateway) -> Iterator[Problem]:
    by_address = is_ip_address(gateway.address) and not gateway.certificate_names
    if gateway.transport is Transport.TLS and by_address and not gateway.takes_every_name:
        yield Problem(
            code="gateway.tls-by-address",
            where=f"gateway {gateway.name}, address",
            found=f"{gateway.address} with TLS",
            expected="a host name, or certificate_names that say whose certificate to expect",
            do=f"umbel gateway set {gateway.name} --address HOST",
            means="certificates carry names: nobody can tell whether this one is the gateway's",
            severity=Severity.WARNING,
            rule="RFC 5922 section 7.3",
        )


def _names(gateway: Gateway, field: str, names: tuple[str, ...], rule: str) -> Iterator[Problem]:
    """Check that names are keys where the rule is ``pinned``, and else hosts."""
    is_right, wrong = (_is_key, _no_key) if rule == PINNED else (_is_host, _no_host)
    where = f"gateway {gateway.name}, {field}"
    return (wrong(f"gateway.{field}", where, name) for name in names if not is_right(name))


def _is_key(text: str) -> bool:
    return _KEY.fullmatch(text) is not None


def _no_key(code: str, where: str, name: str) -> Problem:
    return Problem(
        code=code,
        where=where,
        found=f'"{name}"',
        expected="the SHA-256 of a public key, as sha256: and 64 hexadecimal digits, since the "
        "rule is pinned",
        do=_HOW_TO_PIN,
        rule="RFC 7469 section 2.4",
    )


def _is_host(text: str) -> bool:
    return is_name(text) or is_ip_address(text)


def _no_host(code: str, where: str, name: str) -> Problem:
    return Problem(
        code=code,
        where=where,
        found=f'"{name}"',
        expected="a host name, without wildcard",
        do="write the names out: SIP matches no wildcards; keys need the rule pinned",
        rule="RFC 5922 section 7.2",
    )


def _without_key(gateway: Gateway) -> Iterator[Problem]:
    if gateway.our_rule == PINNED and not gateway.certificate_names:
        yield Problem(
            code="gateway.no-key-pinned",
            where=f"gateway {gateway.name}, certificate_names",
            found="nothing",
            expected="the SHA-256 of its public key, since our_rule is pinned",
            do=_HOW_TO_PIN,
            means="its certificate would never be believed",
            rule="RFC 7469 section 2.4",
        )


def _everybody(gateway: Gateway) -> Iterator[Problem]:
    if gateway.takes_every_name:
        yield Problem(
            code="gateway.believes-everybody",
            where=f"gateway {gateway.name}, our_rule",
            found=CHAIN_ONLY,
            expected="a rule that looks at names, such as any-name",
            do=f"umbel gateway set {gateway.name} --our-rule any-name",
            means="whoever has any certificate of an authority that we trust, and comes from or "
            "sits at its address, is taken for it",
            severity=Severity.WARNING,
            rule="RFC 5922 section 7.4",
        )
