"""The search for the most that holds: coarse steps up, then halving. No clock, no load in it."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Final

Verdict = bool
"""Whether what was tried held."""

_GROWTH: Final = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Where to look for a limit."""

    steps: tuple[int, ...]
    """What is tried one after the other until something fails."""
    fineness: float
    """The search ends where the least that failed is so many times (1.05: 5 %) the most that held."""
    most: int
    """What is never exceeded."""
    unit: int = 1
    """Between the steps only multiples of it are tried."""

    def __post_init__(self) -> None:
        if not self.steps or self.fineness <= 1 or self.unit < 1:
            raise ValueError("a plan has steps, a fineness above 1 and a unit of at least 1")


def search(plan: Plan) -> Generator[int, Verdict, int]:
    """
    Yield what to try next and be sent whether it held; return the most that held, or 0.

    After the plan's steps it goes on upwards by half until something fails or ``most`` is reached.
    """
    held, failed = 0, None
    upwards = sorted({min(step, plan.most) for step in plan.steps})
    while failed is None:
        step = upwards.pop(0) if upwards else min(_rounded(held * _GROWTH, plan), plan.most)
        if (yield step):
            held = step
            if held >= plan.most:
                return held
        else:
            failed = step
    while failed > held * plan.fineness:
        middle = _rounded((held + failed) / 2, plan)
        if not held < middle < failed:
            break
        if (yield middle):
            held = middle
        else:
            failed = middle
    return held


def _rounded(value: float, plan: Plan) -> int:
    """Give the nearest multiple of the plan's unit, at least one."""
    return max(1, round(value / plan.unit)) * plan.unit
