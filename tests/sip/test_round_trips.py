"""Whatever value is written, the same value is read (property tests)."""

from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address

from hypothesis import given
from hypothesis import strategies as st

from umbel.sip.address import Address
from umbel.sip.cseq import HIGHEST, CSeq
from umbel.sip.diversion import Diversion, HistoryEntry
from umbel.sip.event import Event, SubscriptionState
from umbel.sip.grammar import Scanner, is_token, quoted, to_octets, to_text
from umbel.sip.headers import Headers
from umbel.sip.message import Request, Response, parse_message
from umbel.sip.parameters import Parameters, Quoted, read_parameters, write_parameters
from umbel.sip.reason import Reason
from umbel.sip.refer import ReferTarget, StatusFragment
from umbel.sip.replaces import Replaces
from umbel.sip.session_expires import SessionExpires
from umbel.sip.uri import Uri
from umbel.sip.via import Via

TOKEN = "abcXYZ019-.!%*_+`'~"

tokens = st.text(TOKEN, min_size=1, max_size=12)
texts = st.binary(max_size=20).map(to_text) | st.text(max_size=20).map(
    lambda text: to_text(text.encode("utf-8", "replace"))
)
"""Anything that octets can mean, also what is no UTF-8."""
lines = texts.map(lambda text: to_text(to_octets(text.replace("\r", "").replace("\n", ""))))
"""What fits on one line. Octets that the line's end stood between may be a character now."""
hosts = (
    st.from_regex(r"[a-z0-9_]{1,8}(\.[a-z0-9\-]{1,8}){0,3}", fullmatch=True)
    | st.ip_addresses(v=4).map(str)
    | st.ip_addresses(v=6).map(str)
)
ports = st.none() | st.integers(0, 65535)
numbers = st.integers(0, 2**31 - 1)
parameters = st.dictionaries(
    tokens.map(str.lower), st.none() | tokens | lines.map(Quoted), max_size=4
).map(Parameters)
in_uris = st.dictionaries(
    texts.filter(bool).map(str.lower).filter(lambda name: name == name.lower()),
    st.none() | texts.filter(bool),
    max_size=3,
).map(Parameters)
headers_in_uris = st.dictionaries(texts.filter(bool).map(str.lower), texts, max_size=2).filter(
    lambda headers: all(name == name.lower() for name in headers)
)
sip_uris = st.builds(
    Uri,
    scheme=st.sampled_from(["sip", "sips"]),
    user=st.none() | texts.filter(bool),
    host=hosts,
    port=ports,
    parameters=in_uris,
    headers=headers_in_uris.map(Parameters),
)
uris = (
    sip_uris
    | st.builds(replace, sip_uris.filter(lambda uri: uri.user is not None), password=texts)
    | st.builds(
        Uri,
        scheme=st.just("tel"),
        user=st.from_regex(r"\+?[0-9A-F*#]{1,15}", fullmatch=True),
        parameters=in_uris,
    )
    | st.builds(Uri, scheme=st.just("urn"), opaque=st.text("abc:/;?=,@%", min_size=1))
)
names = lines.map(lambda name: name.strip(" \t"))
addresses = st.builds(Address, display_name=lines, uri=uris, parameters=parameters)
ported = parameters.map(lambda found: found.without("rport"))
vias = st.builds(Via, transport=tokens.map(str.upper), host=hosts, port=ports, parameters=ported)


class TestValues:
    @given(lines)
    def test_quoted_strings(self, text: str) -> None:
        scanner = Scanner(quoted(text))

        assert scanner.quoted_string() == text
        assert scanner.is_at_end

    @given(st.text(max_size=20))
    def test_quoted_strings_never_break_a_line(self, text: str) -> None:
        assert not {"\r", "\n"} & set(quoted(text))

    @given(parameters)
    def test_parameters(self, found: Parameters) -> None:
        assert read_parameters(Scanner(write_parameters(found))) == found

    @given(uris)
    def test_uris(self, uri: Uri) -> None:
        again = Uri.parse(str(uri))

        assert again == uri
        assert hash(again) == hash(uri)
        assert again.is_equivalent(uri)
        assert Uri.parse(bytes(uri)) == uri

    @given(addresses)
    def test_addresses(self, address: Address) -> None:
        assert Address.parse(str(address)) == address

    @given(st.lists(addresses, min_size=1, max_size=3))
    def test_lists_of_addresses(self, many: list[Address]) -> None:
        assert Address.parse_many(" , ".join(map(str, many))) == many

    @given(st.lists(vias, min_size=1, max_size=3))
    def test_vias(self, many: list[Via]) -> None:
        assert Via.parse_many(",".join(map(str, many))) == many

    @given(vias, st.integers(0, 65535), st.ip_addresses())
    def test_vias_marked_with_their_source(
        self, via: Via, port: int, address: IPv4Address | IPv6Address
    ) -> None:
        marked = via.with_parameters({"rport": str(port), "received": str(address)})

        again = Via.parse(str(marked))

        assert (again.rport, again.received) == (port, str(address))

    @given(st.builds(CSeq, st.integers(0, HIGHEST), tokens))
    def test_cseqs(self, cseq: CSeq) -> None:
        assert CSeq.parse(str(cseq)) == cseq

    @given(st.builds(Event, package=tokens.map(str.lower), parameters=parameters))
    def test_events(self, event: Event) -> None:
        assert Event.parse(str(event)) == event

    @given(st.builds(SubscriptionState, state=tokens.map(str.lower), parameters=parameters))
    def test_subscription_states(self, state: SubscriptionState) -> None:
        assert SubscriptionState.parse(str(state)) == state

    @given(st.builds(SessionExpires, interval=numbers, parameters=parameters))
    def test_session_expires(self, found: SessionExpires) -> None:
        assert SessionExpires.parse(str(found)) == found

    @given(
        st.builds(
            Reason,
            protocol=tokens,
            cause=st.none() | st.integers(0, 999),
            text=st.none() | lines,
        )
    )
    def test_reasons(self, reason: Reason) -> None:
        assert Reason.parse_many(f"{reason}, {reason}") == [reason, reason]

    @given(
        st.builds(
            Replaces, call_id=tokens, to_tag=tokens, from_tag=tokens, is_early_only=st.booleans()
        ),
        sip_uris,
    )
    def test_replaces_and_refer_targets(self, replaces: Replaces, uri: Uri) -> None:
        target = ReferTarget(uri=replace(uri, headers={}), replaces=replaces)

        assert Replaces.parse(str(replaces)) == replaces
        assert ReferTarget.of(Uri.parse(str(target.to_uri()))) == target

    @given(st.builds(StatusFragment, status=st.integers(100, 699), reason=lines.filter(bool)))
    def test_status_fragments(self, fragment: StatusFragment) -> None:
        assert StatusFragment.parse(bytes(fragment)) == fragment

    @given(addresses)
    def test_diversions_and_history_entries(self, address: Address) -> None:
        assert Diversion.parse_many(str(Diversion(address=address)))[0].address == address
        assert HistoryEntry.parse_many(str(HistoryEntry(address=address)))[0].address == address


fields = st.lists(
    st.tuples(tokens.filter(lambda name: name.lower() not in ("l", "content-length")), names),
    max_size=8,
)
bodies = st.binary(max_size=50)
requests = st.builds(Request, method=tokens, uri=uris, headers=fields.map(Headers), body=bodies)
responses = st.builds(
    Response,
    status=st.integers(100, 699),
    reason=lines,
    headers=fields.map(Headers),
    body=bodies,
)


class TestMessages:
    @given(requests | responses)
    def test_of_any_kind(self, message: Request | Response) -> None:
        again = parse_message(bytes(message))

        again.headers.remove("Content-Length")
        assert again == message
        assert bytes(again) == bytes(message)

    @given(st.binary(max_size=60))
    def test_bodies_are_left_alone(self, body: bytes) -> None:
        head = b'MESSAGE sip:a SIP/2.0\r\nContent-Type: multipart/mixed;boundary="a b"\r\n'
        message = parse_message(head + b"l: %d\r\n\r\n" % len(body) + body)

        assert message.body == body
        assert message.content_type == "multipart/mixed"

    @given(st.binary(max_size=40))
    def test_header_fields_are_the_octets_that_came(self, octets: bytes) -> None:
        octets = octets.replace(b"\r", b"").replace(b"\n", b"").strip(b" \t")

        message = parse_message(b"OPTIONS sip:a SIP/2.0\r\nSubject: " + octets + b"\r\n\r\n")

        assert to_octets(message.headers.get("Subject") or "") == octets


class TestTheShortWayAndTheLongWay:
    """Common URIs and parameters are read by one pattern; it must agree with the scanner."""

    @given(sip_uris)
    def test_agree_on_uris(self, uri: Uri) -> None:
        text = str(uri)
        scheme, _, rest = text.partition(":")

        # The short way knows schemes in lower case only.
        assert Uri.parse(f"{scheme.upper()}:{rest}") == Uri.parse(text)

    @given(st.dictionaries(tokens, st.none() | tokens, max_size=4))
    def test_agree_on_parameters(self, values: dict[str, str | None]) -> None:
        found = Parameters(values)
        short = write_parameters(found)
        # The short way gives up at a quotation mark, and the long way reads on.
        long = "".join(
            f";{name}" if value is None else f';{name}="{value}"' for name, value in found.items()
        )

        assert read_parameters(Scanner(short)) == read_parameters(Scanner(long)) == found

    @given(st.text('a.-()/"<> \u00e9', max_size=6))
    def test_agree_on_tokens(self, text: str) -> None:
        assert is_token(text) == (bool(text) and set(text) <= set("a.-"))
