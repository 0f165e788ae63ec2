"""``umbel certificate plan``: which design of certificates works with which gateway."""

from collections.abc import Iterator

import click

from umbel.admin.certificate_plan import gateways_by_rule, make_certificate_plan
from umbel.identity.handshake import Role
from umbel.identity.judgement import Verdict
from umbel.identity.plan import CertificatePlan, Crossing, DesignResult

from .certificate_options import rule_option, site_of
from .output import Row, json_option, print_json, show_rows

_WORDS = {Verdict.ACCEPTED: "works", Verdict.DEPENDS: "depends", Verdict.REFUSED: "fails"}


@click.command()
@click.option("--node", "nodes", multiple=True, help="A node's FQDN, beside those of the store.")
@click.option("--array", default="", metavar="NAME", help="The name that stands for all nodes.")
@rule_option
@json_option
@click.pass_context
def plan(
    ctx: click.Context, nodes: tuple[str, ...], array: str, rules: tuple[str, ...], as_json: bool
) -> None:
    """Compare designs of certificates for the nodes and gateways, and recommend one.

    Works before anything is configured: name the nodes with --node, and the kinds of gateways with
    --rule.
    """
    site = site_of(ctx)
    gateways = gateways_by_rule(rules) if rules or not site.gateways else site.gateways
    made = make_certificate_plan((*site.nodes, *nodes), array, gateways)
    if as_json:
        print_json(plan_row(made))
    else:
        _print(made)


def plan_row(plan: CertificatePlan) -> Row:
    """Give a plan as JSON has it."""
    return {
        "nodes": plan.cluster.nodes,
        "array": plan.cluster.array,
        "designs": [_design_row(one) for one in plan.results],
        "recommended": plan.recommended,
        "reasons": plan.reasons,
        "answers": [
            {"question": one.question, "answer": one.answer, "evidence": one.evidence}
            for one in plan.answers
        ],
    }


def _design_row(result: DesignResult) -> Row:
    consequences = result.consequences
    return {
        "design": result.design,
        "works": result.works,
        "keys": consequences.keys,
        "shared": consequences.shared,
        "leak": consequences.leak,
        "renewal": consequences.renewal,
        "new_node": consequences.new_node,
        "crossings": [
            {
                "node": one.node,
                "gateway": one.gateway,
                "direction": one.direction,
                "our_role": one.our_role,
                "verdict": one.verdict,
                "why": str(one.judgement),
            }
            for one in result.crossings
        ],
    }


def _print(plan: CertificatePlan) -> None:
    nodes = ", ".join(plan.cluster.nodes)
    click.echo(f"Nodes: {nodes}. The array's name: {plan.cluster.array}.\n")
    columns = list(dict.fromkeys(_column(one) for one in plan.results[0].crossings))
    rows = [{"design": one.design.value, **_cells(one)} for one in plan.results]
    show_rows(rows, ("design", *columns), as_json=False, empty="")
    click.echo()
    for result in plan.results:
        _print_consequences(result, is_best=result.design is plan.recommended)
    click.secho(f"Recommended: {plan.recommended.value}", bold=True)
    for reason in plan.reasons:
        click.echo(f"  • {reason}")
    click.echo()
    for answer in plan.answers:
        click.secho(answer.question, bold=True)
        click.echo(f"  {answer.answer}\n  Evidence: {answer.evidence}")


def _column(crossing: Crossing) -> str:
    if crossing.our_role is Role.SERVER:
        return f"{crossing.gateway} to us"
    return f"us to {crossing.gateway}"


def _cells(result: DesignResult) -> Row:
    """Give one cell for each gateway and direction: how it is for all nodes, or for how many."""
    by_column: dict[str, list[Crossing]] = {}
    for crossing in result.crossings:
        by_column.setdefault(_column(crossing), []).append(crossing)
    return {column: " ".join(_cell(those)) for column, those in by_column.items()}


def _cell(crossings: list[Crossing]) -> Iterator[str]:
    for verdict, word in _WORDS.items():
        count = sum(one.verdict is verdict for one in crossings)
        if count == len(crossings):
            yield word
        elif count:
            yield f"{word} ({count} of {len(crossings)})"


def _print_consequences(result: DesignResult, *, is_best: bool) -> None:
    click.secho(f"{'→' if is_best else ' '} {result.design.value}", bold=is_best)
    consequences = result.consequences
    for name, text in (
        ("shared", consequences.shared),
        ("leak", consequences.leak),
        ("renewal", consequences.renewal),
        ("new node", consequences.new_node),
    ):
        click.echo(f"    {name:<8}  {text}")
