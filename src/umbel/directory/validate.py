"""Whether a configuration can work: ranges, syntax, references and double numbers."""

from collections.abc import Callable, Iterator

from umbel.core.errors import Mistake
from umbel.core.findings import Finding, Severity

from .ports import Configuration
from .problems import Problem
from .validate_gateways import gateway_problems, hunt_group_problems
from .validate_nodes import node_problems
from .validate_people import attendant_problems, mailbox_problems, policy_problems
from .validate_plans import dial_plan_problems, shared_number_problems

_CHECKS: tuple[Callable[[Configuration], Iterator[Problem]], ...] = (
    node_problems,
    dial_plan_problems,
    gateway_problems,
    policy_problems,
    hunt_group_problems,
    attendant_problems,
    mailbox_problems,
    shared_number_problems,
)


def check(configuration: Configuration) -> list[Finding]:
    """Give everything that is wrong or doubtful; nothing is raised."""
    return [problem.as_finding() for problem in _problems(configuration)]


def validate(configuration: Configuration) -> list[Finding]:
    """Raise a ``Mistake`` where something is wrong; give what is only doubtful."""
    problems = list(_problems(configuration))
    errors = [problem for problem in problems if problem.severity is Severity.ERROR]
    if errors:
        raise _mistake(errors)
    return [problem.as_finding() for problem in problems]


def _problems(configuration: Configuration) -> Iterator[Problem]:
    for problems_of in _CHECKS:
        yield from problems_of(configuration)


def _mistake(errors: list[Problem]) -> Mistake:
    """Tell the first, and where the others are."""
    first, *others = errors
    also = "; also wrong: " + ", ".join(f"{it.where} ({it.found})" for it in others[:5])
    more = f" and {len(others) - 5} more" if len(others) > 5 else ""
    return Mistake(
        first.found,
        expected=first.expected,
        where=first.where,
        do=first.do + (also + more if others else ""),
    )
