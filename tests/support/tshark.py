"""tshark as the judge of what goes over the wire."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from .program import Running, require, running


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """A capture that goes on, or is over."""

    file: Path
    program: Running

    def fields(self, display_filter: str, *names: str, decode_as: Sequence[str] = ()) -> list[str]:
        """Give the fields of every packet that the filter shows, tab between them."""
        fields = [part for name in names for part in ("-e", name)]
        decode = [part for rule in decode_as for part in ("-d", rule)]
        return _tshark("-r", str(self.file), "-Y", display_filter, *decode, "-T", "fields", *fields)

    def malformed(self, decode_as: Sequence[str] = ()) -> list[str]:
        """Give a line for each packet that is malformed, or that expert knowledge calls an error."""
        decode = [part for rule in decode_as for part in ("-d", rule)]
        shown = "_ws.malformed or _ws.expert.severity == error"
        return _tshark("-r", str(self.file), *decode, "-Y", shown)


@asynccontextmanager
async def capture(folder: Path, capture_filter: str) -> AsyncIterator[Capture]:
    """Capture loopback traffic for as long as the block."""
    program = require("tshark", "tshark")
    file = folder / "capture.pcapng"
    async with running(
        program, "-i", "lo", "-f", capture_filter, "-w", file, "-q", log=folder / "tshark.log"
    ) as run:
        await run.until("Capturing on", 20)
        await asyncio.sleep(0.5)  # It says so a moment before it is true.
        yield Capture(file=file, program=run)
        await asyncio.sleep(0.7)  # What was just sent is still in the kernel's buffer.


def _tshark(*arguments: str) -> list[str]:
    program = require("tshark", "tshark")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()
