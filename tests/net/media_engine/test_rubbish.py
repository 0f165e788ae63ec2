"""Octets that are anything, from a peer itself: the engine lives, and other calls do not notice."""

from contextlib import ExitStack
from dataclasses import replace
from random import Random

import numpy as np
import pytest
from tests.support.repeatable_randomness import RepeatableRandomness
from tests.support.rtp_peer import COMFORT_NOISE, TELEPHONE_EVENT, RtpPeer
from tests.support.studio import Studio

from umbel.media import g711, rtcp
from umbel.media.engine import Close, Closed, KeyPressed, Record, Recorded
from umbel.media.session import Codec, SrtpKey, SrtpSuite

KEY = SrtpKey(suite=SrtpSuite.AES_CM_128_HMAC_SHA1_80, master=bytes(range(30)))
KINDS = [
    (Codec.PCMU, None), (Codec.PCMA, KEY), (Codec.G722, None), (Codec.OPUS, None),
]  # fmt: skip
TYPES = (0, 8, 9, 111, TELEPHONE_EVENT, COMFORT_NOISE, 77)


def mutated(data: bytes, dice: Random) -> bytes:
    """Change, cut or lengthen octets."""
    octets = bytearray(data)
    for _ in range(dice.randrange(4)):
        if octets:
            octets[dice.randrange(len(octets))] = dice.randrange(256)
    match dice.randrange(5):
        case 0:
            del octets[dice.randrange(len(octets) + 1) :]
        case 1:
            octets += dice.randbytes(dice.randrange(1600))
        case _:
            pass
    return bytes(octets)


def rubbish(peer: RtpPeer, dice: Random) -> bytes:
    """Give something that looks like a packet of RTP, more or less."""
    if dice.random() < 0.1:
        return dice.randbytes(dice.randrange(60))
    payload = dice.randbytes(dice.choice((0, 1, 4, 7, 80, 160, 161, 480, 1200, 1440)))
    packet = replace(peer.audio(payload), payload_type=dice.choice(TYPES))
    if dice.random() < 0.2:
        packet = replace(
            packet,
            ssrc=dice.getrandbits(32),
            timestamp=dice.choice((0, 1 << 31, (1 << 32) - 1, dice.getrandbits(32))),
            sequence_number=dice.getrandbits(16),
        )
    whole = peer.sealed(bytes(packet)) if dice.random() < 0.7 else bytes(packet)
    return mutated(whole, dice) if dice.random() < 0.6 else whole


def report(peer: RtpPeer, dice: Random) -> bytes:
    block = rtcp.ReportBlock(ssrc=1, fraction_lost=3, lost=5, highest=1, jitter=0)
    compound = rtcp.build((rtcp.ReceiverReport(ssrc=peer.ssrc, reports=(block,) * 3),))
    return mutated(compound, dice)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("hears_tones", [True, False])
def test_disturbs_nobody(seed: int, hears_tones: bool) -> None:
    dice = Random(seed)
    octets = np.frombuffer(RepeatableRandomness().octets(160), np.uint8)
    with Studio() as studio, ExitStack() as stack:
        quiet = stack.enter_context(RtpPeer())
        quiet.sequence_number = 10
        studio.call(quiet, "quiet")
        studio.do(Record(session="quiet", recording=1, longest=60, silence=0))
        peers = []
        for number, (codec, key) in enumerate(KINDS):
            peer = stack.enter_context(RtpPeer(codec=codec, sends_with=key, receives_with=key))
            peer.ssrc, peer.sequence_number = number, 100
            media = peer.media()
            if hears_tones:
                media = replace(media, telephone_event=None)
            studio.call(peer, str(number), media=media, learn_address=dice.random() < 0.5)
            studio.do(Record(session=str(number), recording=1, longest=60, silence=0))
            peers.append(peer)
        for _ in range(30):
            quiet.say(octets.tobytes())
            for peer in peers:
                for _ in range(dice.randrange(4)):
                    peer.transmit(rubbish(peer, dice))
                peer.rtcp.sendto(report(peer, dice), (peer.engine[0], peer.engine[1] + 1))
            studio.late_tick(1)
        for name in ("quiet", "0", "1", "2", "3"):
            studio.do(Close(session=name))
        heard = b"".join(it.linear for it in studio.of(Recorded) if it.session == "quiet")
        expected = g711.decode(Codec.PCMU, np.tile(octets, 30)).astype("<i2").tobytes()

        assert len(studio.of(Closed)) == 5
        assert heard == expected
        assert not [it for it in studio.of(KeyPressed) if it.session == "quiet"]
