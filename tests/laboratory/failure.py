"""A failure: what people notice, what it comes from, what the diagnosis says first, and the cure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from .bench import Experiment


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One cause of the catalogue, and the experiment that shows it."""

    number: str
    """The row of the catalogue of Exchange UM's failures; empty: one of our own."""
    symptom: str
    cause: str
    finding: str
    """The code of the first finding."""
    cure: str
    says: str
    """What the first finding says, where its code alone does not tell causes apart."""
    name: str
    experiment: Experiment
    """Gives the findings, broken or cured."""


FAILURES: Final[list[Failure]] = []


def failure(
    number: str, *, symptom: str, cause: str, finding: str, cure: str, says: str = ""
) -> Callable[[Experiment], Experiment]:
    """Enter an experiment."""

    def enter(experiment: Experiment) -> Experiment:
        name = getattr(experiment, "__name__", "")
        FAILURES.append(
            Failure(
                number=number,
                symptom=symptom,
                cause=cause,
                finding=finding,
                cure=cure,
                says=says,
                name=name,
                experiment=experiment,
            )
        )
        return experiment

    return enter
