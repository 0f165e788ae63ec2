"""Messages with a few octets changed: each is answered, used or dropped, and disturbs no call."""

import random

import pytest
from tests.support.calls import answering, call
from tests.support.scripted_peers import Caller, Peer, sdp
from tests.support.virtual_network import EMPTY, Agent, VirtualNetwork

from umbel.ua.events import CallOffered, Established

ROUNDS = 200
"""Mutations of each message."""


def mutated(data: bytes, dice: random.Random) -> bytes:
    """Change, drop, double or swap a few octets or lines."""
    octets = bytearray(data)
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(octets))
        match dice.randrange(5):
            case 0:
                octets[at] = dice.randrange(256)
            case 1:
                del octets[at : at + dice.randint(1, 8)]
            case 2:
                octets[at:at] = octets[at : at + dice.randint(1, 30)]
            case 3:
                octets[at:at] = dice.choice([b"\r\n", b";", b",", b'"', b"<", b"\x00", b"=", b"%"])
            case _:
                lines = bytes(octets).split(b"\r\n")
                lines[dice.randrange(len(lines))] = dice.choice(lines)
                octets = bytearray(b"\r\n".join(lines))
        if not octets:
            return b"\r\n"
    return bytes(octets)


class TestMutatedMessages:
    @pytest.mark.parametrize("seed", range(4))
    def test_of_a_peer_disturb_no_call(
        self, network: VirtualNetwork, bell: Agent, watson: Agent, gray: Caller, seed: int
    ) -> None:
        dice = random.Random(seed)
        answering(network, bell)
        answering(network, watson)
        leg = call(network, bell, watson)
        gray.call(sdp(), (("Supported", "timer"), ("Session-Expires", "600")))
        for method in ("OPTIONS", "INFO", "UPDATE", "NOTIFY", "REFER", "INVITE"):
            gray.ask(method, body=sdp() if method in ("UPDATE", "INVITE") else b"")
        noise = Peer(network, "noise", "192.0.2.88")
        said = [bytes(one.message) for one in network.carried if one.sender == "gray"]

        for data in said:
            for _ in range(ROUNDS):
                noise.send_octets(mutated(data, dice), bell)
            network.run(1)
            for event in bell.told(CallOffered):
                event.leg.hang_up(network.now)
            bell.settle()

        assert leg in [event.leg for event in bell.told(Established)]
        leg.hang_up(network.now)
        bell.settle()
        network.run_to_rest()
        assert bell.gauges == EMPTY

    @pytest.mark.parametrize("seed", range(4))
    def test_in_answer_to_ours_end_the_call_at_worst(
        self, network: VirtualNetwork, bell: Agent, seed: int
    ) -> None:
        dice = random.Random(seed)
        peer = Peer(network, "peer", "192.0.2.9")
        fields = (("Session-Expires", "600;refresher=uas"), ("Allow", "INVITE, UPDATE"))
        for _ in range(ROUNDS // 4):
            leg = call(network, bell, peer)
            network.run(0.05)
            invite = peer.got("INVITE")[-1]
            for status in (180, 401, 302, 200):
                answer = invite.create_response(status, to_tag="t")
                for name, value in (*fields, ("Contact", f"<{peer.uri}>;q=0.5")):
                    answer.headers.add(name, value)
                answer.headers.add("WWW-Authenticate", 'Digest realm="r", nonce="n"')
                answer.headers.add("Content-Type", "application/sdp")
                answer.body = sdp()
                peer.send_octets(mutated(bytes(answer), dice), bell)
            network.run(0.05)
            leg.hang_up(network.now)
            bell.settle()
        network.run_to_rest()

        assert bell.gauges == EMPTY
