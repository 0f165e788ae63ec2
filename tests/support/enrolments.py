"""The store of enrolments in memory; whoever holds it can also be the thief of a store."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from umbel.identity.enrolment import Enrolment, Stage


@dataclass
class MemoryEnrolments:
    """``identity.enrolment.Enrolments``."""

    kept: dict[str, Enrolment] = field(default_factory=dict)

    async def put(self, enrolment: Enrolment, *, unless: Sequence[Stage] = ()) -> bool:
        """Keep it, unless the one that is there is at one of these stages."""
        present = self.kept.get(enrolment.id)
        if present is not None and present.stage in unless:
            return False
        self.kept[enrolment.id] = enrolment
        return True

    async def get(self, id: str) -> Enrolment | None:
        """Find one."""
        return self.kept.get(id)

    async def at_stage(self, stage: Stage, node: str = "") -> list[Enrolment]:
        """Give those at a stage, of one node if named."""
        return [one for one in self.kept.values() if one.stage is stage and node in ("", one.node)]

    async def forget_before(self, moment: datetime) -> None:
        """Forget what is old."""
        self.kept = {name: one for name, one in self.kept.items() if one.at >= moment}
