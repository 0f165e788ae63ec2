"""``umbel certificate renew``: the next certificate now, from where the settings say."""

import asyncio
from typing import TYPE_CHECKING

import click

from umbel.core.errors import Mistake
from umbel.identity.certificate_facts import CertificateFacts
from umbel.identity.certificate_request import key_like, names_for_renewal

from .certificate_installed import show_installed
from .output import json_option
from .session import settings_of

if TYPE_CHECKING:
    from umbel.admin.certificates import Installed
    from umbel.app.settings import Settings


@click.command()
@json_option
@click.pass_context
def renew(ctx: click.Context, as_json: bool) -> None:
    """Renew this node's certificate now, with a new key, from where ``renew`` in [tls] says.

    A serving node does so by itself when two thirds of the lifetime have passed.
    """
    show_installed(ctx, asyncio.run(_renew(settings_of(ctx))), as_json=as_json)


async def _renew(settings: "Settings") -> "Installed":
    from umbel.app.certificate_renewal import renewal_source
    from umbel.app.certificates import certificates_of
    from umbel.app.enrolments import open_enrolments

    async with open_enrolments(settings) as office:
        source = renewal_source(office)
        if source is None:
            raise Mistake(
                "nobody who renews",
                expected='renew = "authority" or "acme" in [tls]',
                where="umbel certificate renew",
                do="or use your own authority: umbel certificate request",
            )
        (facts, *_) = certificates_of(settings).show().certificates
        if not isinstance(facts, CertificateFacts):
            raise Mistake(
                "a certificate that cannot be read",
                expected="the certificate that is to be renewed",
                where="[tls]",
                do="umbel certificate request",
            )
        names = names_for_renewal(facts.names, settings.node.name)
        return await source.renew(names, key_like(facts.key))
