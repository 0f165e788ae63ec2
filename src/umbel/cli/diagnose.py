"""``umbel diagnose``: why a peer and this node do not understand each other, and what to do."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from umbel.core.errors import Mistake, PeerError
from umbel.diagnosis.certificate_check import CertificateCheck
from umbel.diagnosis.diagnosis import Diagnosis
from umbel.diagnosis.matrix import SiteDiagnosis
from umbel.diagnosis.ranking import has_errors
from umbel.sip.uri import Uri

from .diagnosis_output import check_row, diagnosis_row, print_check, print_diagnosis
from .output import Row, json_option, print_json
from .session import FINDINGS, has_settings, settings_of
from .site_output import print_site, site_row
from .walking_options import Walking, walking_options

if TYPE_CHECKING:
    from umbel.app.diagnosing.question import Answer, Question

_FILE_ENDINGS = (".pem", ".crt", ".cer", ".key", ".der", ".pfx", ".p12", ".csr", ".crl")


@click.command()
@click.argument("what", nargs=-1, metavar="[GATEWAY|HOST[:PORT]|PEM]…")
@click.option(
    "--call",
    default="",
    metavar="URI",
    help="Make a test call too: to a SIP URI, or a number there.",
)
@walking_options
@json_option
@click.pass_context
def diagnose(
    ctx: click.Context, /, what: tuple[str, ...], call: str, as_json: bool, **walking: object
) -> None:
    """Say why a SIP peer and this node do not understand each other, and what to do.

    Without arguments: every gateway of the store, from this node now and from the other nodes as
    they remember it, in both directions. GATEWAY is one of them, with every step. HOST[:PORT] is
    any SIP server; nothing needs to be configured. PEM files are certificates and keys: what is
    wrong with them, and what each kind of peer will say of them.

    Exit code 1: something does not work.
    """
    question = Walking(**walking).question(  # type: ignore[arg-type]  # click has checked them
        peers=tuple(one for one in what if not _is_file(one)),
        files=tuple(Path(one) for one in what if _is_file(one)),
        call=call,
    )
    _answer(ctx, question, as_json=as_json, in_full=bool(what))


@click.command("call")
@click.argument("uri", metavar="URI")
@walking_options
@json_option
@click.pass_context
def test_call(ctx: click.Context, /, uri: str, as_json: bool, **walking: object) -> None:
    """Make a test call to a SIP URI, with audio both ways, and say how it was.

    The same as umbel diagnose HOST --call URI: the whole way to the host is looked at as well.

    Exit code 1: something does not work.
    """
    options = Walking(**walking)  # type: ignore[arg-type]  # click has checked them
    _answer(ctx, options.question(peers=(_host_of(uri),), call=uri), as_json=as_json, in_full=True)


def _answer(ctx: click.Context, question: "Question", *, as_json: bool, in_full: bool) -> None:
    from umbel.app.diagnosing.question import answer

    settings = settings_of(ctx) if has_settings(ctx) else None
    answers = asyncio.run(answer(question, settings))
    _show(answers, as_json=as_json, in_full=in_full)
    if any(has_errors(one.findings) for one in answers):
        ctx.exit(FINDINGS)


def _host_of(uri: str) -> str:
    """Give what of a URI says where to go."""
    try:
        parsed = Uri.parse(uri if ":" in uri.partition("@")[0] else f"sip:{uri}")
    except PeerError as error:
        raise Mistake(
            f'"{uri}": {error}',
            expected="a SIP URI, as sip:2001@pbx.example.org",
            where="umbel call",
        ) from error
    return str(replace(parsed, user=None, password=None, headers={}))


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
