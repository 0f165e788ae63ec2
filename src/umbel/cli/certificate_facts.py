"""How a certificate looks on the command line."""

import click

from umbel.identity.certificate_facts import CertificateFacts
from umbel.identity.chain.certificate import Unreadable

from .output import Row, words


def facts_row(facts: CertificateFacts | Unreadable) -> Row:
    """Give a certificate as JSON has it."""
    if isinstance(facts, Unreadable):
        return {"unreadable": facts.why}
    return {
        "subject": facts.subject,
        "issuer": facts.issuer,
        "serial": facts.serial,
        "common_names": facts.names.common_names,
        "alternative_names": facts.names.alternative_names,
        "begins": facts.begins.isoformat(),
        "ends": facts.ends.isoformat(),
        "key": facts.key,
        "signature": facts.signature,
        "usages": facts.usages,
        "extended_usages": facts.extended_usages,
        "revocation_lists": facts.revocation_lists,
        "is_authority": facts.is_authority,
        "fingerprint": facts.fingerprint,
        "pin": facts.pin,
    }


def show_facts(facts: CertificateFacts | Unreadable) -> None:
    """Print a certificate for people."""
    if isinstance(facts, Unreadable):
        click.echo(f"  cannot be read: {facts.why}")
        return
    for name, value in _lines(facts).items():
        click.echo(f"  {name:<17}  {words(value) or 'none'}")


def _lines(facts: CertificateFacts) -> dict[str, object]:
    return {
        "subject": facts.subject,
        "alternative names": facts.names.alternative_names,
        "issuer": facts.issuer,
        "serial": facts.serial,
        "valid": f"{facts.begins:%F %R} to {facts.ends:%F %R} UTC",
        "key": f"{facts.key}, signed with {facts.signature}",
        "usages": (*facts.usages, *facts.extended_usages),
        "revocation list": facts.revocation_lists,
        "fingerprint": facts.fingerprint,
        "pin": facts.pin,
    }
