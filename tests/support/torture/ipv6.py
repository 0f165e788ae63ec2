"""RFC 5118 section 4: IPv6. Content-Lengths are those of the bodies as they stand here."""

from .case import TortureCase, wire


def _with_body(head: str, body: str) -> bytes:
    octets = wire(body)
    return wire(f"{head}Content-Length: {len(octets)}\n\n") + octets


_GOOD = """
REGISTER sip:[2001:db8::10] SIP/2.0
To: sip:user@example.com
From: sip:user@example.com;tag=81x2
Via: SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111
Call-ID: SSG9559905523997077@hlau_4100
Max-Forwards: 70
Contact: "Caller" <sip:caller@[2001:db8::1]>
CSeq: 98176 REGISTER
Content-Length: 0

"""

_BAD = _GOOD.replace("REGISTER sip:[2001:db8::10] SIP", "REGISTER sip:2001:db8::10 SIP")

_PORT_AMBIGUOUS = """
REGISTER sip:[2001:db8::10:5070] SIP/2.0
To: sip:user@example.com
From: sip:user@example.com;tag=81x2
Via: SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111
Call-ID: SSG9559905523997077@hlau_4100
Contact: "Caller" <sip:caller@[2001:db8::1]>
Max-Forwards: 70
CSeq: 98176 REGISTER
Content-Length: 0

"""

_PORT_UNAMBIGUOUS = _PORT_AMBIGUOUS.replace("[2001:db8::10:5070]", "[2001:db8::10]:5070")

_RECEIVED_WITH_DELIMITERS = """
BYE sip:[2001:db8::10] SIP/2.0
To: sip:user@example.com;tag=bd76ya
From: sip:user@example.com;tag=81x2
Via: SIP/2.0/UDP [2001:db8::9:1];received=[2001:db8::9:255];branch=z9hG4bKas3-111
Call-ID: SSG9559905523997077@hlau_4100
Max-Forwards: 70
CSeq: 321 BYE
Content-Length: 0

"""

_RECEIVED_WITHOUT_DELIMITERS = """
OPTIONS sip:[2001:db8::10] SIP/2.0
To: sip:user@example.com
From: sip:user@example.com;tag=81x2
Via: SIP/2.0/UDP [2001:db8::9:1];received=2001:db8::9:255;branch=z9hG4bKas3
Call-ID: SSG95523997077@hlau_4100
Max-Forwards: 70
Contact: "Caller" <sip:caller@[2001:db8::9:1]>
CSeq: 921 OPTIONS
Content-Length: 0

"""

_IN_SDP = _with_body(
    """
INVITE sip:user@[2001:db8::10] SIP/2.0
To: sip:user@[2001:db8::10]
From: sip:user@example.com;tag=81x2
Via: SIP/2.0/UDP [2001:db8::20];branch=z9hG4bKas3-111
Call-ID: SSG9559905523997077@hlau_4100
Contact: "Caller" <sip:caller@[2001:db8::20]>
CSeq: 8612 INVITE
Max-Forwards: 70
Content-Type: application/sdp
""",
    """
v=0
o=assistant 971731711378798081 0 IN IP6 2001:db8::20
s=Live video feed for today's meeting
c=IN IP6 2001:db8::20
t=3338481189 3370017201
m=audio 6000 RTP/AVP 2
a=rtpmap:2 G726-32/8000
m=video 6024 RTP/AVP 107
a=rtpmap:107 H263-1998/90000
""",
)

_MIXED_VIAS = """
BYE sip:user@host.example.net SIP/2.0
Via: SIP/2.0/UDP [2001:db8::9:1]:6050;branch=z9hG4bKas3-111
Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKjhja8781hjuaij65144
Via: SIP/2.0/TCP [2001:db8::9:255];branch=z9hG4bK451jj;received=192.0.2.200
Call-ID: 997077@lau_4100
Max-Forwards: 70
CSeq: 89187 BYE
To: sip:user@example.net;tag=9817--94
From: sip:user@example.com;tag=81x2
Content-Length: 0

"""

_MIXED_SDP = _with_body(
    """
INVITE sip:user@[2001:db8::10] SIP/2.0
To: sip:user@[2001:db8::10]
From: sip:user@example.com;tag=81x2
Via: SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111
Call-ID: SSG9559905523997077@hlau_4100
Contact: "Caller" <sip:caller@[2001:db8::9:1]>
Max-Forwards: 70
CSeq: 8912 INVITE
Content-Type: application/sdp
""",
    """
v=0
o=bob 280744730 28977631 IN IP4 host.example.com
s=
t=0 0
m=audio 22334 RTP/AVP 0
c=IN IP4 192.0.2.1
m=video 6024 RTP/AVP 107
c=IN IP6 2001:db8::1
a=rtpmap:107 H263-1998/90000
""",
)

_MAPPED = _with_body(
    """
INVITE sip:user@example.com SIP/2.0
To: sip:user@example.com
From: sip:user@east.example.com;tag=81x2
Via: SIP/2.0/UDP [::ffff:192.0.2.10]:19823;branch=z9hG4bKbh19
Via: SIP/2.0/UDP [::ffff:192.0.2.2];branch=z9hG4bKas3-111
Call-ID: SSG9559905523997077@hlau_4100
Contact: "T. desk phone" <sip:ted@[::ffff:192.0.2.2]>
CSeq: 612 INVITE
Max-Forwards: 70
Content-Type: application/sdp
""",
    """
v=0
o=assistant 971731711378798081 0 IN IP6 ::ffff:192.0.2.2
s=Call me soon, please!
c=IN IP6 ::ffff:192.0.2.2
t=3338481189 3370017201
m=audio 6000 RTP/AVP 2
a=rtpmap:2 G726-32/8000
m=video 6024 RTP/AVP 107
a=rtpmap:107 H263-1998/90000
""",
)

_THREE_COLONS = """
OPTIONS sip:user@[2001:db8:::192.0.2.1] SIP/2.0
To: sip:user@[2001:db8:::192.0.2.1]
From: sip:user@example.com;tag=810x2
Via: SIP/2.0/UDP lab1.east.example.com;branch=z9hG4bKas3-111
Call-ID: G9559905523997077@hlau_4100
CSeq: 689 OPTIONS
Max-Forwards: 70
Content-Length: 0

"""

_TWO_COLONS = _THREE_COLONS.replace(":::", "::")


def _taken(name: str, section: str, octets: bytes, later: int | None = None) -> TortureCase:
    return TortureCase(name=name, section=section, octets=octets, later=later)


IPV6 = (
    _taken("ipv6-good", "4.1", wire(_GOOD), 405),
    TortureCase(
        name="ipv6-bad",
        section="4.2",
        octets=wire(_BAD),
        status=400,
        complaint="Request-URI, byte 9: found b'db8::10', expected a port",
    ),
    _taken("port-ambiguous", "4.3", wire(_PORT_AMBIGUOUS), 405),
    _taken("port-unambiguous", "4.4", wire(_PORT_UNAMBIGUOUS), 405),
    _taken("via-received-param-with-delim", "4.5", wire(_RECEIVED_WITH_DELIMITERS), 481),
    _taken("via-received-param-no-delim", "4.5", wire(_RECEIVED_WITHOUT_DELIMITERS)),
    _taken("ipv6-in-sdp", "4.6", _IN_SDP),
    _taken("mult-ip-in-header", "4.7", wire(_MIXED_VIAS), 481),
    _taken("mult-ip-in-sdp", "4.8", _MIXED_SDP),
    _taken("ipv4-mapped-ipv6", "4.9", _MAPPED),
    _taken("ipv6-bug-abnf-3-colons", "4.10", wire(_THREE_COLONS)),
    _taken("ipv6-correct-abnf-2-colons", "4.10", wire(_TWO_COLONS)),
)
"""All of them; the last two are one message, with the error of RFC 3261's grammar and without."""
