"""Every failure of the laboratory, and the page that lists them."""

from collections.abc import Iterator
from types import ModuleType
from typing import Final

from . import (
    call_failures,
    certificate_failures,
    configuration_failures,
    network_failures,
    sip_failures,
)
from .failure import FAILURES, Failure

ROOMS: Final = (
    network_failures,
    certificate_failures,
    sip_failures,
    call_failures,
    configuration_failures,
)
_HEAD = """\
# Failures and their findings

Written by `script/failures` from the failure laboratory (`tests/laboratory`): do not edit it here.
Each cause is injected there for real, `umbel diagnose` has to name it in its **first** finding, and
once the cure is carried out nothing may be left that is worth a warning.

The number is that of the failure among those known of Exchange Unified Messaging and Lync, whose
cause it shares; without one it is a failure that only other systems know, or nobody wrote down.
"""


def document() -> str:
    """Write the page."""
    return "\n".join([_HEAD, *(line for room in ROOMS for line in _section(room))])


def _section(room: ModuleType) -> Iterator[str]:
    yield f"## {(room.__doc__ or '').rstrip('.')}\n"
    yield "| what people notice | cause | first finding | cure | no. |"
    yield "|---|---|---|---|---|"
    for failure in FAILURES:
        if failure.experiment.__module__ == room.__name__:
            yield _row(failure)
    yield ""


def _row(failure: Failure) -> str:
    cure = f"`{failure.cure}`" if failure.cure.startswith("umbel ") else failure.cure
    cells = (failure.symptom, failure.cause, f"`{failure.finding}`", cure, failure.number)
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    import sys

    sys.stdout.write(document())
