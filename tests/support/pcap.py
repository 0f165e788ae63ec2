"""Captures that SIPp plays as audio."""

import struct
from pathlib import Path

import numpy as np

from umbel.media import g711
from umbel.media.rtp import Packet
from umbel.media.session import Codec

from .likeness import Samples

_FILE = struct.Struct("<IHHiIII")
_RECORD = struct.Struct("<IIII")
_ETHERNET = bytes(12) + b"\x08\x00"
_IP = struct.Struct("!BBHHHBBH4s4s")
_UDP = struct.Struct("!HHHH")
_LOOPBACK = bytes((127, 0, 0, 1))
_FRAME = 160


def write_tone(path: Path, seconds: float, frequency: float = 440.0) -> Path:
    """Write a tone."""
    samples = np.arange(int(seconds * 8000))
    tone = (9000 * np.sin(2 * np.pi * frequency * samples / 8000)).astype(np.int16)
    return write_audio(path, tone)


def write_audio(path: Path, samples: Samples) -> Path:
    """Write audio as µ-law in packets of 20 ms, payload type 0."""
    coded = bytes(g711.encode(Codec.PCMU, samples))
    starts = range(0, len(coded) - _FRAME + 1, _FRAME)
    frames = [_frame(number, coded[at : at + _FRAME]) for number, at in enumerate(starts)]
    path.write_bytes(_FILE.pack(0xA1B2C3D4, 2, 4, 0, 0, 65535, 1) + b"".join(frames))
    return path


def _frame(number: int, payload: bytes) -> bytes:
    packet = bytes(
        Packet(
            payload_type=0,
            sequence_number=number,
            timestamp=number * _FRAME,
            ssrc=0x1876,
            payload=payload,
        )
    )
    udp = _UDP.pack(10000, 10000, _UDP.size + len(packet), 0) + packet
    ip = _IP.pack(0x45, 0, _IP.size + len(udp), 0, 0, 64, 17, 0, _LOOPBACK, _LOOPBACK)
    frame = _ETHERNET + ip + udp
    seconds, microseconds = divmod(number * 20_000, 1_000_000)
    return _RECORD.pack(seconds, microseconds, len(frame), len(frame)) + frame
