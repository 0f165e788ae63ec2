"""Answers made of octets: the same as those that the ordinary way writes, but for the tag."""

import re
from dataclasses import replace

import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from tests.support.repeatable_randomness import RepeatableRandomness
from tests.support.torture.application import APPLICATION
from tests.support.torture.case import TortureCase
from tests.support.torture.invalid import INVALID
from tests.support.torture.ipv6 import IPV6
from tests.support.torture.valid import VALID

from umbel.core.instants import Instant
from umbel.sip.hop import Source, Transport
from umbel.ua import LocalAddress, LocalIdentity, UserAgent
from umbel.ua.admission import Refusal
from umbel.ua.events import Send

IDENTITY = LocalIdentity(
    addresses=tuple(
        LocalAddress(transport=transport, host="192.0.2.1", port=5060) for transport in Transport
    ),
    product="Umbel 1.0",
)
NOW = Instant(100.0)
UDP = Source(
    transport=Transport.UDP,
    address="192.0.2.2",
    port=40000,
    local_address="192.0.2.1",
    local_port=5060,
)
TLS = replace(UDP, transport=Transport.TLS, connection="connection-1")
IPV6_SOURCE = replace(UDP, address="2001:db8::2", local_address="2001:db8::1")
SOURCES = (UDP, TLS, replace(UDP, port=5070), IPV6_SOURCE)

USUAL = (
    "OPTIONS sip:192.0.2.1:5060 SIP/2.0",
    "Via: SIP/2.0/UDP 192.0.2.2:5070;rport;branch=z9hG4bKo1",
    "Max-Forwards: 70",
    "From: <sip:gray@192.0.2.2>;tag=o1",
    "To: <sip:192.0.2.1:5060>",
    "Call-ID: o1@192.0.2.2",
    "CSeq: 1 OPTIONS",
    "Contact: <sip:gray@192.0.2.2>",
    "Accept: application/sdp",
    "Content-Length: 0",
)


def octets(*lines: str, body: str = "") -> bytes:
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode("utf-8", "surrogateescape")


def with_line(name: str, line: str) -> bytes:
    """Give a usual request with another line in place of the one of *name*."""
    return octets(*(line if one.startswith(name) else one for one in USUAL))


def and_line(line: str) -> bytes:
    """Give a usual request with a line more."""
    return octets(*USUAL[:-1], line, USUAL[-1])


def an_agent() -> UserAgent:
    return UserAgent(RepeatableRandomness(), IDENTITY)


def ordinary(message: bytes, source: Source) -> list[Send]:
    """Have a message answered in the ordinary way."""
    agent = an_agent()
    agent.receive(message, source, Instant(0.0))
    return [one for one in agent.take_effects() if isinstance(one, Send)]


def without_tag(answer: bytes) -> bytes:
    return re.sub(rb"(?m)^(To: .*;tag=)[0-9a-f]{16}(?=\r$)", rb"\1tag", answer)


def is_the_same(message: bytes, source: Source) -> bool:
    """Say whether a message has a ready answer, after making sure that it is the ordinary one."""
    ready = an_agent().ready_answer(message, source, NOW)
    if ready is None:
        return False
    (sent,) = ordinary(message, source)
    assert without_tag(ready.data) == without_tag(sent.data)
    assert sent.hop.address == source.address
    if source.transport is Transport.UDP:
        assert sent.hop.port == ready.port
    else:
        assert sent.hop.connection == source.connection
    return True


@pytest.mark.parametrize("source", SOURCES, ids=str)
class TestAUsualRequest:
    @pytest.mark.parametrize(
        "message",
        [
            octets(*USUAL),
            octets(*USUAL[:-1]),
            octets(*reversed(USUAL[1:]), "X-Peer: what it likes; to, say <\"").replace(
                b"Content", b"OPTIONS sip:a@b;x=y SIP/2.0\r\nContent", 1
            ),
            with_line("Via", "v:  SIP/2.0/TLS [2001:db8::2];branch=z9hG4bKx;rport;alias "),
            with_line("Via", "VIA: SIP/2.0/TCP gray.example.net;branch=z9hG4bKx"),
            with_line("Via", "Via: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bKx"),
            with_line("Via", "Via: SIP/2.0/UDP 192.0.2.2:05060;rport;branch=z9hG4bKx"),
            with_line("Via", USUAL[1] + "\r\nVia: SIP/2.0/UDP 10.0.0.1;received=10.0.0.2;branch=1"),
            with_line("From", 'f: "Gray; tag=x" <sip:gray@192.0.2.2;user=phone> ;x=y;tag=a.b'),
            with_line("From", "from:sip:gray@192.0.2.2"),
            with_line("To", "t:\tBell <tel:+15551234>"),
            with_line("To", 'To: "Gr\u00e4y \udcff" <sip:a@b>'),
            with_line("Call-ID", "i: \udcfe\u00e9"),
            with_line("CSeq", "CSEQ: 0000001  OPTIONS"),
            with_line("Max-Forwards", "Max-Forwards: 0"),
            and_line("Supported:"),
            and_line("User-Agent: Gray/1.0 (quoted \\\" string"),
            and_line("Route: <sip:192.0.2.1;lr>"),
        ],
    )  # fmt: skip
    def test_is_answered_at_once_as_in_the_ordinary_way(
        self, message: bytes, source: Source
    ) -> None:
        assert is_the_same(message, source)


@pytest.mark.parametrize(
    "message",
    [
        with_line("OPTIONS", "OPTIONS  sip:a@b SIP/2.0"),
        with_line("OPTIONS", "OPTIONS mailto:a@b SIP/2.0"),
        with_line("OPTIONS", "OPTIONS sip:a@b?x=y SIP/2.0"),
        with_line("OPTIONS", "OPTIONS sip:a@b SIP/3.0"),
        with_line("OPTIONS", "INVITE sip:a@b SIP/2.0"),
        with_line("Via", "X: y"),
        with_line("Via", "Via: SIP/2.0/UDP a;branch=z9hG4bK"),
        with_line("Via", "Via: SIP/2.0/UDP a;branch=1"),
        with_line("Via", "Via: SIP/2.0/UDP a;rport"),
        with_line("Via", "Via: SIP/2.0/SCTP a;branch=z9hG4bKx"),
        with_line("Via", "Via: SIP/2.0/UDP a;branch=z9hG4bKx, SIP/2.0/UDP b;branch=z9hG4bKy"),
        with_line("Via", "Via: SIP/2.0/UDP a;maddr=224.2.0.1;branch=z9hG4bKx"),
        with_line("Via", "Via: SIP/2.0/UDP a;received=192.0.2.9;branch=z9hG4bKx"),
        with_line("Via", "Via: SIP/2.0/UDP a;rport=99;branch=z9hG4bKx"),
        with_line("Via", "Via: SIP/2.0/UDP a;Branch=z9hG4bKx"),
        with_line("Via", 'Via: SIP/2.0/UDP a;branch=z9hG4bKx;x="y"'),
        with_line("Via", "Via: SIP/2.0/UDP a;branch=z9hG4bKx;branch=z9hG4bKx"),
        with_line("Via", "Via: SIP/2.0/UDP a\r\n ;branch=z9hG4bKx"),
        with_line("Via", USUAL[1] + "\r\nVia: nonsense"),
        with_line("From", "From: <sip:a@b>;tag="),
        with_line("From", "From: <sip:a@b>;tag=x;tag=y"),
        with_line("From", "From: <sip:a@b;tag=x>;tag=x y"),
        with_line("From", "X: y"),
        with_line("From", USUAL[3] + "\r\nf: <sip:a@b>"),
        with_line("To", "To: <sip:a@b>;tag=x"),
        with_line("To", "To: <sip:a@b"),
        with_line("To", USUAL[4] + "\r\nt: <sip:a@b>"),
        with_line("Call-ID", "Call-ID: a b"),
        with_line("Call-ID", "Call-ID:"),
        with_line("CSeq", "CSeq: 1 INVITE"),
        with_line("CSeq", "CSeq: 9999999999 OPTIONS"),
        with_line("Max-Forwards", "Max-Forwards: many"),
        with_line("Max-Forwards", "Max-Forwards: 70\r\nMax-Forwards: 70"),
        with_line("Content-Length", "Content-Length: 4"),
        with_line("Content-Length", "Content-Length: 0\r\nl: 0"),
        and_line("Require: 100rel"),
        and_line("Proxy-Require: x"),
        and_line("Record-Route: <sip:a;lr>"),
        and_line("Contact: <sip:a"),
        and_line("Subject: one\r\nsubject: two"),
        and_line("no colon"),
        and_line("token"),
        and_line("Spaced : x"),
        and_line(": x"),
        and_line("X: a\rb"),
        and_line("X: a\nb"),
        and_line("X: a\r\n b"),
        octets(*USUAL, body="x"),
        b"\r\n" + octets(*USUAL),
        octets(*USUAL)[:-2],
        b"OPTIONS ",
        b"",
    ],
)
class TestAnUnusualMessage:
    def test_takes_the_ordinary_way(self, message: bytes) -> None:
        assert an_agent().ready_answer(message, UDP, NOW) is None


@pytest.mark.parametrize(
    "case", [*VALID, *INVALID, *APPLICATION, *IPV6], ids=lambda case: case.name
)
class TestATortureMessage:
    @pytest.mark.parametrize("source", SOURCES, ids=str)
    def test_is_answered_no_otherwise(self, case: TortureCase, source: Source) -> None:
        is_the_same(case.octets, source)

    def test_is_answered_no_otherwise_as_options(self, case: TortureCase) -> None:
        method, _, rest = case.octets.partition(b" ")
        message = b"OPTIONS " + rest.replace(b" " + method + b"\r\n", b" OPTIONS\r\n")
        is_the_same(message, UDP)


_PIECES = st.sampled_from(
    (
        *(line.encode() for line in USUAL),
        b"\r\n", b"\r", b"\n", b"\r\n\r\n", b" ", b"\t", b":", b";", b",", b"<", b">", b'"', b"\\",
        b"=", b"@", b"%41", b"%", b"[", b"]", b"?", b"\xff", b"\xc3\xa9", b"\0", b"rport", b";rport=1",
        b";received=10.0.0.1", b";branch=z9hG4bK2", b";tag=x", b";Tag=x", b"v:", b"t:", b"f:", b"l:",
        b"0", b"99999", b"SIP/2.0/UDP", b"sips:", b"tel:", b"OPTIONS", b"options", b"Require: x\r\n",
        b"X: y\r\n", b"Via: SIP/2.0/TCP [::1]:5060;branch=z9hG4bK3\r\n", b"Supported: timer\r\n",
        b"Contact: *\r\n", b"Expires: 1\r\n", b"Date: now\r\n", b"Reason: x\r\n",
    )
)  # fmt: skip


class TestADamagedRequest:
    @given(
        damage=st.lists(
            st.tuples(st.integers(0, 400), st.integers(0, 12), _PIECES), min_size=1, max_size=4
        ),
        source=st.sampled_from(SOURCES),
    )
    def test_is_answered_as_in_the_ordinary_way_or_takes_it(
        self, damage: list[tuple[int, int, bytes]], source: Source
    ) -> None:
        message = octets(*USUAL)
        for at, cut, piece in damage:
            message = message[:at] + piece + message[at + cut :]
        is_the_same(message, source)


_token = st.text("abcXYZ019.!%*_+`'~-", min_size=1, max_size=12)
_host = st.sampled_from(("192.0.2.2", "Gray.Example.net", "[2001:db8::2]", "gray_1", "192.0.2.9"))
_port = st.sampled_from(("", ":5060", ":0", ":65535", ":007"))
_via = st.builds(
    lambda protocol, host, port, branch, others: ";".join(
        (f"SIP/2.0/{protocol} {host}{port}", f"branch=z9hG4bK{branch}", *others)
    ),
    st.sampled_from(("UDP", "TCP", "TLS")),
    _host,
    _port,
    _token,
    st.lists(
        st.sampled_from(("rport", "alias", "ttl=1", "x=[::1]", "keep", "X=y", "y='")), max_size=3
    ),
)
_address = st.builds(
    lambda name, user, host, port: f"{name}<sip:{user}{host}{port}>",
    st.sampled_from(("", '"Gray, \\"the\\" caller" ', "Gray ", "Gräy ")),
    st.sampled_from(("", "gray@", "gr%61y@", "gray:secret@", "+15551234;ext=5@")),
    _host,
    _port,
)
_others = st.lists(
    st.sampled_from(
        ("Max-Forwards: 70", "Contact: <sip:a@b>", "k: timer, 100rel", "User-Agent: x", "Accept:",
         "Allow: INVITE,,ACK", "X-Y: z", "Session-Expires: 90", "Date: x", "Event: x", "s: x",
         "Timestamp: 1.2", "Authorization: Digest x", "Privacy: id", "Content-Length: 0")
    ),
    unique=True,
    max_size=6,
)  # fmt: skip


class TestAnyRequest:
    @given(
        vias=st.lists(_via, min_size=1, max_size=3),
        from_=_address,
        to=_address,
        tag=_token,
        others=_others,
        source=st.sampled_from(SOURCES),
        data=st.data(),
    )
    def test_is_answered_as_in_the_ordinary_way_or_takes_it(
        self,
        vias: list[str],
        from_: str,
        to: str,
        tag: str,
        others: list[str],
        source: Source,
        data: st.DataObject,
    ) -> None:
        fields = [
            f"From: {from_};tag={tag}",
            f"To: {to}",
            f"Call-ID: {tag}",
            "CSeq: 7 OPTIONS",
            *others,
        ]
        lines = data.draw(st.permutations(fields))
        message = octets(USUAL[0], *(f"Via: {via}" for via in vias), *lines)
        event("at once" if is_the_same(message, source) else "in the ordinary way")


class TestARepetition:
    def test_has_the_same_answer(self) -> None:
        agent = an_agent()
        first = agent.ready_answer(octets(*USUAL), UDP, NOW)
        assert first is not None
        assert first == agent.ready_answer(octets(*USUAL), UDP, NOW)

    @pytest.mark.parametrize(
        "other",
        [
            with_line("Via", "Via: SIP/2.0/UDP 192.0.2.2:5070;rport;branch=z9hG4bKo2"),
            with_line("From", "From: <sip:gray@192.0.2.2>;tag=o2"),
            with_line("Call-ID", "Call-ID: o2@192.0.2.2"),
            with_line("CSeq", "CSeq: 2 OPTIONS"),
        ],
    )
    def test_is_not_taken_for_another_request(self, other: bytes) -> None:
        agent = an_agent()
        one, another = (agent.ready_answer(one, UDP, NOW) for one in (octets(*USUAL), other))
        assert one is not None
        assert another is not None
        assert tag_of(one.data) != tag_of(another.data)

    def test_of_what_was_answered_in_the_ordinary_way_stays_there(self) -> None:
        agent = an_agent()
        agent.receive(octets(*USUAL), UDP, Instant(0.0))

        assert agent.ready_answer(octets(*USUAL), UDP, NOW) is None

    def test_of_another_run_has_another_tag(self) -> None:
        agents = (UserAgent(RepeatableRandomness(seed), IDENTITY) for seed in "ab")
        one, another = (agent.ready_answer(octets(*USUAL), UDP, NOW) for agent in agents)
        assert one is not None
        assert another is not None
        assert tag_of(one.data) != tag_of(another.data)


def tag_of(answer: bytes) -> bytes:
    found = re.search(rb"\r\nTo: .*;tag=(\w+)\r\n", answer)
    assert found is not None
    return found[1]


class TestWhoIsRefused:
    def test_takes_the_ordinary_way_as_a_stranger(self) -> None:
        agent = UserAgent(RepeatableRandomness(), IDENTITY, knows=lambda source: "nobody knows it")

        assert agent.ready_answer(octets(*USUAL), UDP, NOW) is None

    def test_takes_the_ordinary_way_while_calls_would_be_refused(self) -> None:
        refusal = Refusal(status=503, reason="full", retry_after=10)
        agent = UserAgent(RepeatableRandomness(), IDENTITY, admits=lambda source: refusal)

        assert agent.ready_answer(octets(*USUAL), UDP, NOW) is None

    def test_takes_the_ordinary_way_while_the_node_stops(self) -> None:
        agent = an_agent()
        agent.is_accepting = False

        assert agent.ready_answer(octets(*USUAL), UDP, NOW) is None

    def test_is_asked_about_once_in_a_tick_of_the_engines(self) -> None:
        asked: list[Source] = []

        def knows(source: Source) -> str:
            asked.append(source)
            return ""

        agent = UserAgent(RepeatableRandomness(), IDENTITY, knows=knows)
        for moment, source in ((0.0, TLS), (0.01, TLS), (0.01, UDP), (0.015, TLS), (0.04, TLS)):
            assert agent.ready_answer(octets(*USUAL), source, Instant(NOW + moment)) is not None

        assert asked == [TLS, UDP, TLS, TLS]

    def test_is_noticed_at_the_next_tick_of_the_engines(self) -> None:
        refusals: list[Refusal | None] = [None]
        agent = UserAgent(RepeatableRandomness(), IDENTITY, admits=lambda source: refusals[-1])
        assert agent.ready_answer(octets(*USUAL), UDP, NOW) is not None
        refusals.append(Refusal(status=503, reason="full", retry_after=10))

        assert agent.ready_answer(octets(*USUAL), UDP, Instant(NOW + 0.021)) is None
