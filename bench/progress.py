"""What the person who runs a bench sees while it runs; results go to standard output."""

import sys
import time

_BEGAN = time.monotonic()


def say(line: str) -> None:
    """Tell a line on standard error, with the time since the beginning."""
    seconds = int(time.monotonic() - _BEGAN)
    sys.stderr.write(f"{seconds // 60:3}:{seconds % 60:02}  {line}\n")
    sys.stderr.flush()
