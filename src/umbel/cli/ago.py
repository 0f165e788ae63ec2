"""Times as people type them: so long ago."""

import re
from datetime import UTC, datetime, timedelta

from umbel.core.errors import Mistake

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def time_ago(text: str, where: str) -> datetime:
    """Give the time that was so long ago, as in ``12h``; *where* names the option for the error."""
    match = re.fullmatch(r"([0-9]{1,6})([smhd])", text)
    if match is None:
        raise Mistake(f'"{text}"', expected="a number with s, m, h or d, as in 12h", where=where)
    return datetime.now(UTC) - timedelta(**{_UNITS[match[2]]: int(match[1])})
