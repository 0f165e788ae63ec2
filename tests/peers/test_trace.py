"""A trace of real calls, judged by tshark: the same messages as on the wire, and no PIN in them."""

import asyncio
import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.support.node import NodeUnderTest, node_under_test
from tests.support.pki import Authority
from tests.support.program import require
from tests.support.sipp import Target, calls, expect, keys, pause, scenario, send
from tests.support.sipp_dialog import ACK, ANSWERED, BYE, in_dialog
from tests.support.tshark import Capture, capture

from umbel.cli.main import main

pytestmark = pytest.mark.peer

PIN = "739182"
COUNTED = ("sip.Method", "sip.Status-Code", "sip.CSeq.method")
"""What tells one message from another: request or response, and of what."""
LAST = (send(in_dialog("BYE", 40), 'retrans="500"'), expect(200))
SECRETS = "\n[trace]\nsecrets = true\n"


def by_info(digits: str) -> list[str]:
    """Give the steps that press keys by SIP INFO."""
    return [
        step
        for number, digit in enumerate(digits, 2)
        for step in (
            send(
                in_dialog(
                    "INFO",
                    number,
                    f"Signal={digit}\nDuration=160",
                    "Content-Type: application/dtmf-relay\n",
                ),
                'retrans="500"',
            ),
            expect(200),
        )
    ]


async def umbel(node: NodeUnderTest, *arguments: str) -> str:
    """Run a command beside the node and give what it prints."""
    settings = Path(node.settings.trace.folder).parent / "umbel.toml"
    result = await asyncio.to_thread(
        CliRunner().invoke, main, ["--settings", str(settings), *arguments]
    )
    assert result.exit_code == 0, result.output
    return result.output


async def kept(node: NodeUnderTest, file: Path, *arguments: str) -> Capture:
    """Wait until the ring has what passed, and export it."""
    await node.until_no_calls()
    await asyncio.sleep(0.5)  # Two batches of the ring.
    await umbel(node, "trace", *(arguments or ("all",)), "--pcapng", str(file))
    return Capture(file=file)


def count(packets: Capture) -> Counter[str]:
    """Count SIP messages by method and status."""
    return Counter(packets.fields("sip", *COUNTED))


class TestCallsInTheClear:
    async def test_are_the_same_in_the_trace_and_on_the_wire(self, tmp_path: Path) -> None:
        """One with a PIN by telephone events and a late ACK, so that a 200 comes twice; one by INFO."""
        async with node_under_test(tmp_path / "node") as node:
            await node.administration.set_pin("2001", PIN, must_change=False)
            target = Target(port=node.ports["udp"], user="3000")
            async with capture(
                tmp_path,
                f"udp port {target.port}",
                decode_as=[f"udp.port=={target.port},sip"],
            ) as wire:
                for name, press in (
                    ("events", [keys(f"2001#{PIN}#")]),
                    ("info", by_info(f"2001#{PIN}#")),
                ):
                    script = scenario(
                        *ANSWERED, pause(700), ACK, pause(1000), *press, pause(5000), *LAST
                    )
                    await calls(script, target, tmp_path / name)
            logons = await node.administration.events(number=1036)
            trace = await kept(node, tmp_path / "trace.pcapng")
            ladder = await umbel(node, "trace", "all")
            call = (await node.ended_calls(2))[1]
            await kept(node, tmp_path / "call.pcapng", call.id)
        ring = b"".join(path.read_bytes() for path in Path(node.settings.trace.folder).iterdir())
        everything = ring + trace.file.read_bytes() + ladder.encode()

        assert len(logons) == 2  # So the PIN was heard both times.
        assert count(trace) == count(wire)
        assert sum(count(wire).values()) > 20
        assert trace.faulty("sip") == []
        assert PIN.encode() not in everything
        assert not re.search(rb"signal *=", everything, re.IGNORECASE)
        assert "↻ again" in ladder
        assert count(Capture(file=tmp_path / "call.pcapng"))["INVITE\t\tINVITE"] == 1


class TestCallOverTls:
    async def test_is_decrypted_in_the_trace_and_its_secrets_open_the_wire(
        self, tmp_path: Path
    ) -> None:
        authority = Authority(tmp_path / "pki")
        client = authority.issue("127.0.0.1", common_name="sipp.test")
        async with node_under_test(
            tmp_path / "node",
            credentials=authority.issue("127.0.0.1"),
            trust=authority.trust,
            more=SECRETS,
        ) as node:
            target = Target(
                port=node.ports["tls"],
                transport="l1",
                options=(
                    "-tls_cert", str(client.certificate),
                    "-tls_key", str(client.key),
                    "-tls_ca", str(authority.trust),
                ),
            )  # fmt: skip
            tls = [f"tls.port=={target.port},sip"]
            async with capture(tmp_path, f"tcp port {target.port}", decode_as=tls) as wire:
                await calls(scenario(*ANSWERED, ACK, pause(500), *BYE), target, tmp_path / "sipp")
            trace = await kept(node, tmp_path / "trace.pcapng")
            opening = await kept(node, tmp_path / "opening.pcapng", "all", "--secrets")
            ladder = await umbel(node, "trace", "loopback")
        merged = tmp_path / "merged.pcapng"
        merge = [
            require("mergecap", "tshark"),
            "-w",
            str(merged),
            str(opening.file),
            str(wire.file),
        ]
        await asyncio.to_thread(subprocess.check_call, merge)
        both = Capture(file=merged, decode_as=tls)
        (comment, *_) = trace.fields("sip.Method == INVITE", "frame.comment")

        assert count(wire) == Counter()  # Nobody reads it without the secrets.
        assert {"INVITE\t\tINVITE", "\t200\tINVITE", "ACK\t\tACK", "BYE\t\tBYE"} <= set(
            count(trace)
        )
        assert Counter(both.fields("sip and tls", *COUNTED)) == count(trace)
        assert "TLSv1." in comment
        assert "CN=sipp.test" in comment
        assert "verified" in comment
        assert "we showed CN=127.0.0.1" in ladder
        assert "the peer showed CN=sipp.test" in ladder
        assert b"CLIENT" not in trace.file.read_bytes()
