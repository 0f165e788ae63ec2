"""SIPp as a peer: scenarios from short texts, and calls that are counted."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from textwrap import dedent
from xml.sax.saxutils import escape

import pytest

from .program import REPOSITORY, Running, free_port, port_pair, require, running

TLS_BUILD = REPOSITORY / ".cache" / "sipp-tls" / "sipp"


@cache
def sipp_with_tls() -> Path:
    """Give a SIPp that speaks TLS, or skip the test."""
    if not TLS_BUILD.exists():
        pytest.skip("no SIPp with TLS (script/peers fetches one where Debian has it)")
    return TLS_BUILD


def scenario(*steps: str) -> str:
    """Give a SIPp scenario of *steps* as XML."""
    return "\n".join(
        [
            '<?xml version="1.0" encoding="ISO-8859-1" ?>',
            '<scenario name="test">',
            *steps,
            "</scenario>",
        ]
    )


def send(message: str, attributes: str = "") -> str:
    """Give the step that sends *message*; Content-Length is SIPp's."""
    text = dedent(message).strip("\n")
    return f"<send {attributes}><![CDATA[\n\n{text}\n\n]]></send>"


def expect(status: int, attributes: str = "") -> str:
    """Give the step that waits for a response."""
    return f'<recv response="{status}" {attributes}/>'


def provisional() -> str:
    """Give the steps that accept 100 and 180."""
    return expect(100, 'optional="true"') + expect(180, 'optional="true"')


def expect_request(method: str, attributes: str = "", inside: str = "") -> str:
    """Give the step that waits for a request."""
    return f'<recv request="{method}" {attributes}>{inside}</recv>'


def pause(milliseconds: int) -> str:
    """Give the step that waits."""
    return f'<pause milliseconds="{milliseconds}"/>'


def play_pcap(path: Path) -> str:
    """Give the step that sends the packets of a capture."""
    return f'<nop><action><exec play_pcap_audio="{escape(str(path))}"/></action></nop>'


def keys(digits: str, milliseconds: int = 120) -> str:
    """Give the step that presses keys (RFC 4733), payload type 101."""
    return f'<nop><action><exec play_dtmf="{digits},{milliseconds},101"/></action></nop>'


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Whom SIPp calls and how."""

    port: int
    user: str = "9000"
    transport: str = "u1"
    """SIPp's own word: u1, t1, l1 (TLS), un …"""
    address: str = "127.0.0.1"
    options: tuple[str, ...] = ()
    keys: dict[str, str] = field(default_factory=dict)


async def calls(
    script: str, target: Target, folder: Path, *, count: int = 1, rate: int = 10, within: float = 60
) -> str:
    """Make *count* calls by the scenario and give SIPp's messages; all calls must succeed."""
    async with caller(script, target, folder, count=count, rate=rate) as sipp:
        code = await sipp.wait(within)
        if code != 0:
            raise sipp.fail(
                f"ended with code {code}\n{_errors(folder)}\n{messages(folder)[-6000:]}"
            )
    return messages(folder)


@asynccontextmanager
async def caller(
    script: str,
    target: Target,
    folder: Path,
    *,
    count: int = 1,
    rate: int = 10,
    traces: bool = True,
) -> AsyncIterator[Running]:
    """Run SIPp as a caller, for as long as the block; *traces*: it writes down every message."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "scenario.xml").write_text(script)
    tracing = ("-trace_msg", "-message_file", folder / "messages.log") if traces else ()
    variables = [part for name, value in target.keys.items() for part in ("-key", name, value)]
    async with running(
        _program(target.transport),
        "-sf", folder / "scenario.xml",
        "-t", target.transport,
        "-i", target.address,
        "-p", str(free_port()),
        "-mi", target.address,
        "-min_rtp_port", str(port_pair()),
        "-s", target.user,
        "-m", str(count),
        "-r", str(rate),
        "-l", str(max(count, 1)),
        "-nostdin",
        "-recv_timeout", "20000",
        "-timeout", "110s",
        "-timeout_error",
        *tracing,
        "-trace_err", "-error_file", folder / "errors.log",
        *target.options,
        *variables,
        f"{target.address}:{target.port}" if ":" not in target.address else f"[{target.address}]:{target.port}",
        log=folder / "sipp.log",
    ) as sipp:  # fmt: skip
        yield sipp


def messages(folder: Path) -> str:
    """Give every message that SIPp sent and received."""
    path = folder / "messages.log"
    return path.read_text(errors="replace") if path.exists() else ""


def _errors(folder: Path) -> str:
    path = folder / "errors.log"
    return path.read_text(errors="replace")[-3000:] if path.exists() else ""


def _program(transport: str) -> str:
    if transport.startswith("l") or TLS_BUILD.exists():
        return str(sipp_with_tls())
    return require("sipp", "sip-tester")


def sent_by_peer(log: str) -> list[str]:
    """Give the first lines of the messages that SIPp received."""
    return re.findall(r"message received \[[0-9]+\] bytes\s*:\s*\n\s*\n?([^\n]+)", log)
