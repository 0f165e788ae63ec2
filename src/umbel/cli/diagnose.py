"""``umbel diagnose``: why a peer and this node do not understand each other, and what to do."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from umbel.diagnosis.certificate_check import CertificateCheck
from umbel.diagnosis.diagnosis import Diagnosis
from umbel.diagnosis.matrix import SiteDiagnosis
from umbel.diagnosis.ranking import has_errors
from umbel.identity.rules import RULES
from umbel.sip.hop import Transport

from .diagnosis_output import check_row, diagnosis_row, print_check, print_diagnosis
from .output import Row, json_option, print_json
from .session import FINDINGS, has_settings, settings_of
from .site_output import print_site, site_row

if TYPE_CHECKING:
    from umbel.app.diagnosing.question import Answer

_FILE_ENDINGS = (".pem", ".crt", ".cer", ".key", ".der", ".pfx", ".p12", ".csr", ".crl")
_FILE = click.Path(path_type=Path)


@click.command()
@click.argument("what", nargs=-1, metavar="[GATEWAY|HOST[:PORT]|PEM]…")
@click.option(
    "--transport",
    type=click.Choice([one.lower() for one in Transport]),
    help="How to reach HOST; without it TLS, but TCP on port 5060.",
)
@click.option("--rule", type=click.Choice(sorted(RULES)), help="How HOST judges our certificate.")
@click.option("--name", "names", multiple=True, help="A name that HOST's certificate must carry.")
@click.option(
    "--node", default="", metavar="FQDN", help="Who we are; without it the settings' node."
)
@click.option("--certificate", type=_FILE, help="What we show, PEM, instead of the settings'.")
@click.option("--key", type=_FILE, help="The key of --certificate, if it is not in the same file.")
@click.option("--trust", type=_FILE, help="The authorities that we believe, PEM.")
@click.option(
    "--patience",
    type=click.FloatRange(0.1, 60),
    default=5.0,
    show_default=True,
    help="Seconds that each step may take.",
)
@json_option
@click.pass_context
def diagnose(
    ctx: click.Context,
    what: tuple[str, ...],
    transport: str | None,
    rule: str | None,
    names: tuple[str, ...],
    node: str,
    certificate: Path | None,
    key: Path | None,
    trust: Path | None,
    patience: float,
    as_json: bool,
) -> None:
    """Say why a SIP peer and this node do not understand each other, and what to do.

    Without arguments: every gateway of the store, from this node now and from the other nodes as
    they remember it, in both directions. GATEWAY is one of them, with every step. HOST[:PORT] is
    any SIP server; nothing needs to be configured. PEM files are certificates and
    keys: what is wrong with them, and what each kind of peer will say of them.

    Exit code 1: something does not work.
    """
    # Imported here, since they need much: help and mistakes in what was typed come at once.
    from umbel.app.diagnosing.outfit import Asked
    from umbel.app.diagnosing.question import Question, answer

    question = Question(
        peers=tuple(one for one in what if not _is_file(one)),
        files=tuple(Path(one) for one in what if _is_file(one)),
        transport=Transport(transport.upper()) if transport else None,
        rule=RULES[rule] if rule else None,
        names=names,
        asked=Asked(
            node=node,
            certificate=certificate,
            key=key or certificate,
            trust=trust,
            patience=patience,
        ),
    )
    settings = settings_of(ctx) if has_settings(ctx) else None
    answers = asyncio.run(answer(question, settings))
    _show(answers, as_json=as_json, in_full=bool(what))
    if any(has_errors(one.findings) for one in answers):
        ctx.exit(FINDINGS)


def _is_file(text: str) -> bool:
    return "/" in text or text.lower().endswith(_FILE_ENDINGS) or Path(text).is_file()


def _show(answers: "Sequence[Answer]", *, as_json: bool, in_full: bool) -> None:
    if as_json:
        print_json([_row(one) for one in answers])
        return
    for number, one in enumerate(answers):
        if number:
            click.echo()
        match one:
            case CertificateCheck():
                print_check(one)
            case SiteDiagnosis():
                print_site(one, in_full=in_full)
            case Diagnosis():
                print_diagnosis(one)


def _row(answer: "Answer") -> Row:
    match answer:
        case CertificateCheck():
            return check_row(answer)
        case SiteDiagnosis():
            return site_row(answer)
        case Diagnosis():
            return diagnosis_row(answer)
