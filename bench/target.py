"""``script/bench target``: a whole node in the foreground, for a load generator that is not ours."""

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Final

from . import site
from .building import ROOT, NotPossible
from .progress import say

_PATIENCE: Final = 15.0
"""Seconds that an earlier node of the folder gets to end."""
_RAMP: Final = 100
_SETTLE: Final = 5
_PROCESS: Final = "process"


def describe(place: site.Place) -> dict[str, object]:
    """Give what a load generator has to know, as it is written in the target's file."""
    return {
        "name": "umbel",
        "host": "127.0.0.1",
        "udp": place.port,
        "tcp": place.port,
        "tls": place.port + 1,
        "srtp": True,
        "users": {"play": site.PLAY, "vm": site.VOICE_MAIL, "ivr": site.MENU},
        "rec_glob": [f"{place.audio}/**/*.wav"],
        "rec_bytes_per_s": 16000,
        "ramp": _RAMP,
        "settle": _SETTLE,
        "start": str(ROOT / "script" / "bench"),
        "args": ["target", "--folder", str(place.folder), "--port", str(place.port)],
    }


def write(place: site.Place, path: Path) -> None:
    """Write the target's file."""
    path.write_text(json.dumps(describe(place), indent=1) + "\n", "utf-8")


def serve(place: site.Place) -> None:
    """Become the node. An earlier one of the same folder is ended first: a start is a new start."""
    _end_earlier(place)
    site.make_site(place)
    (place.folder / _PROCESS).write_text(str(os.getpid()))
    core = os.environ.get("CORE")
    if core is not None:
        os.sched_setaffinity(0, {int(core)})
    say(f"A node listens on 127.0.0.1:{place.port} (UDP, TCP) and {place.port + 1} (TLS).")
    umbel = str(Path(sys.executable).with_name("umbel"))
    os.execv(umbel, [umbel, "--settings", str(place.settings), "serve"])


def _end_earlier(place: site.Place) -> None:
    process = _earlier(place)
    if process is None:
        return
    os.kill(process, signal.SIGTERM)
    end = time.monotonic() + _PATIENCE
    while _is_serving(process, place):
        if time.monotonic() > end:
            raise NotPossible(f"the node of {place.folder}, process {process}, does not end")
        time.sleep(0.05)


def _earlier(place: site.Place) -> int | None:
    try:
        process = int((place.folder / _PROCESS).read_text())
    except (OSError, ValueError):
        return None
    return process if process != os.getpid() and _is_serving(process, place) else None


def _is_serving(process: int, place: site.Place) -> bool:
    """Say whether a process is a node of this folder: numbers of processes are used again."""
    try:
        command = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return str(place.settings).encode() in command
