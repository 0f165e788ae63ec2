"""tshark as the judge of what goes over the wire."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from .program import Failed, Running, require, running

_WRONG = "_ws.expert.severity >= 0x600000"
"""A warning, or an error: tshark's severities as numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """What tshark finds of one RTP stream, its packets compared with one another."""

    source_port: int
    packets: int
    lost: int
    mean_gap: float
    """Milliseconds between two packets of one talkspurt."""
    longest_gap: float
    is_doubtful: bool
    """Whether it found a wrong sequence number, a change of the payload type, or the like."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """A capture that goes on, or is over."""

    file: Path
    program: Running | None = None
    """What captures; ``None``: the file was written otherwise."""
    decode_as: Sequence[str] = ()
    """What ports stand for where tshark cannot know: ``udp.port==40060,sip``."""

    def fields(self, display_filter: str, *names: str) -> list[str]:
        """Give the fields of every packet that the filter shows, tab between them."""
        fields = [part for name in names for part in ("-e", name)]
        return self._read("-Y", display_filter, "-T", "fields", *fields)

    def faulty(self, display_filter: str) -> list[str]:
        """Give a line for each packet that is malformed, or that expert knowledge calls wrong."""
        return self._read("-Y", f"({display_filter}) and (_ws.malformed or {_WRONG})")

    def streams(self) -> list[Stream]:
        """Give every RTP stream."""
        rows = (line.split() for line in self._read("-q", "-z", "rtp,streams"))
        return [_stream(row) for row in rows if row and row[0].replace(".", "").isdigit()]

    def _read(self, *arguments: str) -> list[str]:
        decode_as = [part for rule in self.decode_as for part in ("-d", rule)]
        return _tshark("-r", str(self.file), *decode_as, *arguments)


@asynccontextmanager
async def capture(
    folder: Path, capture_filter: str, *, decode_as: Sequence[str] = ()
) -> AsyncIterator[Capture]:
    """Capture loopback traffic for as long as the block."""
    program = require("tshark", "tshark")
    file = folder / "capture.pcapng"
    async with running(
        program, "-i", "lo", "-f", capture_filter, "-w", file, "-q", log=folder / "tshark.log"
    ) as run:
        await run.until("Capturing on", 20)
        await asyncio.sleep(0.5)  # It says so a moment before it is true.
        yield Capture(file=file, program=run, decode_as=decode_as)
        await asyncio.sleep(0.7)  # What was just sent is still in the kernel's buffer.


def _stream(row: list[str]) -> Stream:
    """Read a row: times, ends, SSRC, payload, packets, lost, and perhaps an X at its end."""
    percent = next(index for index, word in enumerate(row) if word.endswith("%)"))
    return Stream(
        source_port=int(row[3]),
        packets=int(row[percent - 2]),
        lost=int(row[percent - 1]),
        mean_gap=float(row[percent + 2]),
        longest_gap=float(row[percent + 3]),
        is_doubtful=row[-1] == "X",
    )


def _tshark(*arguments: str) -> list[str]:
    program = require("tshark", "tshark")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failed(f"tshark {' '.join(arguments)}:\n{done.stderr}")
    return done.stdout.splitlines()
