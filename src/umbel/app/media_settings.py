"""The settings of media: ports, processors, codecs ([media] in ``umbel.toml``)."""

import os
from dataclasses import dataclass

from umbel.core.addresses import is_ip_address
from umbel.core.errors import Mistake
from umbel.media.session import PLAIN_CODECS, Codec


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaSettings:
    """Where audio goes."""

    first_port: int = 20000
    """The lowest UDP port for audio; each call takes two."""
    last_port: int = 29999
    """The highest UDP port for audio."""
    address: str = ""
    """The address that peers send audio to; empty: the one that the call came in on."""
    cores: tuple[int, ...] = ()
    """
    The processors that media engines have, counted from 0: one process is pinned to each, and the
    ports are divided among them. Empty: one process that is pinned to none.
    """
    codecs: tuple[Codec, ...] = ()
    """
    The codecs that calls may have, the preferred first: in what a peer offers its own order counts.
    Empty: PCMU, PCMA, G722 and, where libopus is installed, opus.
    """
    transcoded_calls: int = 100
    """
    How many calls at once may have another codec than G.711; one of G.722 costs about as much as
    five of G.711, one of Opus as ten. Beyond that a peer gets G.711, or 503 where it offers
    nothing else. 0: none may.
    """


def check_media(media: MediaSettings, where: str) -> None:
    """Refuse what cannot work."""
    first, last = media.first_port, media.last_port
    if not 1024 <= first < last <= 65535:
        raise Mistake(
            f"{first} to {last}",
            expected="first_port below last_port, both from 1024 to 65535",
            where=where,
        )
    if media.address:
        check_address(media.address, f"{where}, address")
    _check_cores(media.cores, f"{where}, cores")
    _check_codecs(media, where)
    pairs = (last + 1 - first - first % 2) // 2
    engines = max(1, len(media.cores))
    if pairs < engines:
        raise Mistake(
            f"{pairs} pairs of ports for {engines} engine{'s' if engines > 1 else ''}",
            expected="a pair of ports, the even one first, for each of [media] cores at least",
            where=where,
            do="raise last_port: 64 calls of different peers share a pair",
        )


def _check_cores(cores: tuple[int, ...], where: str) -> None:
    there = _processors()
    for core in cores:
        if core not in there:
            raise Mistake(
                f"processor {core}",
                expected=f"processors of this machine: {', '.join(map(str, sorted(there)))}",
                where=where,
                do="lscpu --extended lists them",
            )
        if cores.count(core) > 1:
            raise Mistake(
                f"processor {core} twice",
                expected="each processor once: a second engine would only be in the way there",
                where=where,
            )


def _processors() -> frozenset[int]:
    """Give the processors that are there, as far as the system tells, and those that we may use."""
    return frozenset(range(os.cpu_count() or 1)) | os.sched_getaffinity(0)


def _check_codecs(media: MediaSettings, where: str) -> None:
    if not 0 <= media.transcoded_calls <= 100_000:
        raise Mistake(
            str(media.transcoded_calls),
            expected="a number of calls, or 0",
            where=f"{where}, transcoded_calls",
        )
    named = ", ".join(media.codecs)
    if len(set(media.codecs)) < len(media.codecs):
        raise Mistake(named, expected="each codec once", where=f"{where}, codecs")
    if media.codecs and not media.transcoded_calls and not {*media.codecs} & {*PLAIN_CODECS}:
        raise Mistake(
            f"{named} and transcoded_calls = 0",
            expected="PCMU or PCMA among the codecs, or room for others",
            where=f"{where}, codecs",
        )


def check_address(address: str, where: str) -> None:
    """Refuse what is no IP address."""
    if not is_ip_address(address):
        raise Mistake(f'"{address}"', expected="an IP address", where=where)
