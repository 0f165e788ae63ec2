"""baresip as a phone: real audio in and out, TLS, SRTP, keys, and transfers that it follows."""

import asyncio
import json
import re
import struct
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr
from numpy.typing import NDArray

from .likeness import is_heard
from .program import Running, free_port, port_pair, require, running, until

MODULES = Path("/usr/lib/baresip/modules")

_CONFIG = """
poll_method epoll
sip_listen {address}:{sip_port}
{tls}
call_local_timeout 120
call_max_calls 8
audio_source aufile,{source}
audio_player aubridge,null-{name}
audio_alert aubridge,alert-{name}
ausrc_srate 8000
auplay_srate 8000
ausrc_channels 1
auplay_channels 1
ausrc_format s16
auplay_format s16
auenc_format s16
audec_format s16
audio_level no
rtp_ports {rtp}-{rtp_last}
rtcp_mux no
jitter_buffer_delay 1-3
rtp_stats yes
rtp_timeout 60
net_interface {address}
module_path {modules}
module g711.so
module g722.so
module opus.so
module sndfile.so
module aufile.so
module aubridge.so
module srtp.so
module_tmp uuid.so
module_tmp account.so
module_app menu.so
module_app mwi.so
module_app contact.so
module_app debug_cmd.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{control_port}
snd_path recordings
ringback_disabled yes
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """How a phone is set up."""

    name: str
    source: Path
    """A WAV file, 16-bit, 8000 samples a second, that it speaks; its end ends the call."""
    certificate: Path | None = None
    """PEM with the key: then it speaks TLS."""
    authorities: Path | None = None
    srtp: bool = False
    answers: bool = False
    """Whether it answers calls by itself."""
    codecs: str = "pcmu,pcma"
    """What it offers, the best first."""
    registrar: str = ""
    """The SIP URI of a proxy that it registers with and sends everything to; empty: none."""
    domain: str = ""
    """The host of its address when it has a registrar."""
    address: str = "127.0.0.1"
    """The IP address of this machine that it lives at."""

    @property
    def transport(self) -> str:
        """Give the transport that it speaks."""
        return "udp" if self.certificate is None else "tls"

    def account(self, sip_port: int) -> str:
        """Give its account, as baresip's file has them; TLS has the port after *sip_port*."""
        port = sip_port + (self.certificate is not None)
        host = self.domain if self.registrar else f"{self.address}:{port}"
        reached = f'regint=60;outbound="{self.registrar}"' if self.registrar else "regint=0"
        parameters = (
            reached,
            *(["mediaenc=srtp-mand"] if self.srtp else []),
            f"audio_codecs={self.codecs}",
            f"answermode={'auto' if self.answers else 'manual'}",
            "ptime=20",
            "mwi=no",
        )
        own = f"<sip:{self.name}@{host};transport={self.transport}>"
        return ";".join((own, *parameters)) + "\n"


class Phone:
    """A running baresip."""

    def __init__(self, line: Line, program: Running, ports: tuple[int, int], folder: Path) -> None:
        self.line = line
        self.program = program
        self.port, self._control_port = ports
        self.folder = folder
        self.events: list[dict[str, object]] = []
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None

    @property
    def uri(self) -> str:
        """Give the address that calls it directly."""
        if self.line.certificate is None:
            return f"sip:{self.line.name}@{self.line.address}:{self.port}"
        return f"sip:{self.line.name}@{self.line.address}:{self.port + 1};transport=tls"

    async def connect(self) -> None:
        """Take control of it."""
        for _attempt in range(200):
            try:
                reader, self._writer = await asyncio.open_connection(
                    "127.0.0.1", self._control_port
                )
                break
            except OSError:
                await asyncio.sleep(0.05)
        else:
            raise self.program.fail("cannot be controlled")
        self._reading = asyncio.create_task(self._read(reader))

    async def do(self, command: str, parameters: str = "") -> None:
        """Send it a command: dial, hangup, accept, sndcode, hold, resume …"""
        if self._writer is None:
            raise self.program.fail("is not controlled")
        message = json.dumps({"command": command, "params": parameters, "token": "t"}).encode()
        self._writer.write(b"%d:%s," % (len(message), message))
        await self._writer.drain()

    async def until(self, event: str, within: float = 15, count: int = 1) -> dict[str, object]:
        """Wait for the *count*-th event of a type and give it."""

        def found() -> list[dict[str, object]]:
            return [each for each in self.events if each.get("type") == event]

        await until(
            lambda: len(found()) >= count,
            within,
            lambda: self.program.fail(
                f"never came to {event} ({[each.get('type') for each in self.events]})"
            ),
        )
        return found()[count - 1]

    async def press(self, keys: str) -> None:
        """Press keys of the phone, by telephone events (RFC 4733)."""
        await self.do("sndcode", keys)

    async def speak(self, source: Path) -> None:
        """Say what is in another file from now on; its end ends the call."""
        await self.do("ausrc", f"aufile,{source}")

    async def until_hears(self, wanted: NDArray[np.int16], within: float = 15) -> None:
        """Wait until *wanted* was heard whole."""
        await until(
            lambda: is_heard(wanted, self.heard()),
            within,
            lambda: self.program.fail(f"never heard it ({len(self.heard()) / 8000:.1f} s heard)"),
        )

    def packets_received(self) -> int:
        """Give how many packets of audio its last call brought, as its closing report says."""
        reports = re.findall(r"packets: +\d+ +(\d+)", self.program.output)
        if not reports:
            raise self.program.fail("closed no call")
        return int(reports[-1])

    def heard(self) -> NDArray[np.int16]:
        """Give what it heard, all calls one after another."""
        return self._recorded("dec")

    def _recorded(self, which: str) -> NDArray[np.int16]:
        files = sorted((self.folder / "recordings").glob(f"*-{which}.wav"))
        parts = [_samples(path) for path in files]
        return np.concatenate(parts) if parts else np.zeros(0, np.int16)

    async def close(self) -> None:
        """Let go of it."""
        if self._writer is not None:
            self._writer.close()
        if self._reading is not None:
            self._reading.cancel()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        buffer = b""
        while data := await reader.read(65536):
            buffer += data
            while b":" in buffer:
                size, rest = buffer.split(b":", 1)
                if len(rest) < int(size) + 1:
                    break
                message = json.loads(rest[: int(size)])
                buffer = rest[int(size) + 1 :]
                if message.get("event"):
                    self.events.append(message)


@asynccontextmanager
async def phone(line: Line, folder: Path) -> AsyncIterator[Phone]:
    """Run a phone for as long as the block; it ends before its recordings are read."""
    program = require("baresip", "baresip-core")
    (folder / "recordings").mkdir(parents=True, exist_ok=True)
    ports = (port_pair(), free_port())
    rtp = port_pair()
    tls = f"sip_certificate {line.certificate}" if line.certificate else ""
    if line.authorities:
        tls += f"\nsip_cafile {line.authorities}"
    config = _CONFIG.format(
        address=line.address, sip_port=ports[0], tls=tls, source=line.source, name=line.name, rtp=rtp, rtp_last=rtp + 40,
        modules=MODULES, control_port=ports[1],
    )  # fmt: skip
    (folder / "config").write_text(config)
    (folder / "accounts").write_text(line.account(ports[0]))
    (folder / "contacts").write_text("")
    async with running(program, "-4", "-v", "-s", "-f", folder, log=folder / "baresip.log") as run:
        made = Phone(line, run, ports, folder)
        try:
            await made.connect()
            yield made
        finally:
            await made.close()


def write_wav(
    path: Path, samples: NDArray[np.int16], *, before: float = 1.0, after: float = 1.0
) -> Path:
    """
    Write what a phone is to speak, with silence *before* and *after* it, in seconds.

    A phone begins to read the file before the other side hears it; its end ends the call.
    """
    samples = np.concatenate(
        [np.zeros(round(before * 8000)), samples, np.zeros(round(after * 8000))]
    )
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(samples.astype("<i2").tobytes())
    return path


def _samples(path: Path) -> NDArray[np.int16]:
    """
    Read a recording, also one whose writer was ended before it wrote the lengths.

    It has the rate and the channels of the codec; what is given has 8000 samples a second.
    """
    data = path.read_bytes()
    start = data.find(b"data")
    if start < 0:
        return np.zeros(0, np.int16)
    channels, rate = struct.unpack_from("<HI", data, data.find(b"fmt ") + 10)
    frame = 2 * channels
    whole = data[start + 8 :][: (len(data) - start - 8) // frame * frame]
    samples = np.frombuffer(whole, "<i2").reshape(-1, channels)[:, 0]
    if rate == 8000 or not len(samples):
        return samples
    resampled: NDArray[np.int16] = soxr.resample(samples, rate, 8000, quality="HQ")
    return resampled
