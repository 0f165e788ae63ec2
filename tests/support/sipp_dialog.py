"""What SIPp says as a caller, 2099, to ``[service]``: whole messages, and the usual steps."""

from .sipp import expect, expect_request, provisional, send

SDP = """
    v=0
    o=sipp 1 1 IN IP4 [local_ip]
    s=-
    c=IN IP4 [media_ip]
    t=0 0
    m=audio [media_port] RTP/AVP 0 101
    a=rtpmap:0 PCMU/8000
    a=rtpmap:101 telephone-event/8000
    a=fmtp:101 0-15
    a=ptime:20
"""


def invite(body: str = SDP, *, headers: str = "", cseq: int = 1, to_tag: str = "") -> str:
    """Give an INVITE; in a dialog with *to_tag*."""
    uri = "[next_url]" if to_tag else "sip:[service]@[remote_ip]:[remote_port]"
    routes = "[routes]" if to_tag else ""
    content = "Content-Type: application/sdp\n" if body else ""
    return _message("INVITE", uri, cseq, to_tag, routes + headers + content, body)


def in_dialog(method: str, cseq: int, body: str = "", headers: str = "") -> str:
    """Give a request in the dialog."""
    content = "Content-Type: application/sdp\n" if "m=audio" in body else ""
    return _message(method, "[next_url]", cseq, "[peer_tag_param]", headers + content, body)


def cancel(steps: int = 1) -> str:
    """Give the CANCEL of the INVITE that was sent so many *steps* before it."""
    return _outside("CANCEL").replace("[branch]", f"[branch-{steps}]")


def ack_refused(steps: int) -> str:
    """Give the ACK to the refusal of the INVITE that was sent so many *steps* before it."""
    return _outside("ACK", "[peer_tag_param]").replace("[branch]", f"[branch-{steps}]")


def _outside(method: str, to_tag: str = "") -> str:
    return _message(method, "sip:[service]@[remote_ip]:[remote_port]", 1, to_tag, "", "")


def _message(method: str, uri: str, cseq: int, to_tag: str, headers: str, body: str) -> str:
    head = [
        f"{method} {uri} SIP/2.0",
        "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]",
        "From: sipp <sip:2099@[local_ip]:[local_port]>;tag=[call_number]",
        f"To: <sip:[service]@[remote_ip]:[remote_port]>{to_tag}",
        "Call-ID: [call_id]",
        f"CSeq: {cseq} {method}",
        "Contact: <sip:2099@[local_ip]:[local_port];transport=[transport]>",
        "Max-Forwards: 70",
        *[line for line in headers.splitlines() if line],
        "Content-Length: [len]",
        "",
        *[line.strip() for line in body.strip().splitlines()],
    ]
    return "\n".join(head)


ANSWERED = (send(invite(), 'retrans="500"'), provisional(), expect(200, 'rrs="true"'))
ACK = send(in_dialog("ACK", 1))
BYE = (send(in_dialog("BYE", 9), 'retrans="500"'), expect(200))
ACCEPTS_BYE = (
    expect_request("BYE"),
    send(
        """
        SIP/2.0 200 OK
        [last_Via:]
        [last_From:]
        [last_To:]
        [last_Call-ID:]
        [last_CSeq:]
        Content-Length: 0

        """
    ),
)


def _answer(status: str, body: str = "") -> str:
    """Give a response to the request that came last."""
    content = ["Content-Type: application/sdp"] if body else []
    head = [
        f"SIP/2.0 {status}",
        "[last_Via:]",
        "[last_From:]",
        "[last_To:]",
        "[last_Call-ID:]",
        "[last_CSeq:]",
        "Contact: <sip:2099@[local_ip]:[local_port];transport=[transport]>",
        *content,
        "Content-Length: [len]",
        "",
        *[line.strip() for line in body.strip().splitlines()],
    ]
    return "\n".join(head)


RE_ANSWERS = (
    expect_request("INVITE"),
    send(_answer("200 OK", SDP), 'retrans="500"'),
    expect_request("ACK"),
)
"""Takes a re-INVITE; audio goes from then on to where it says."""
REFUSES = (
    expect_request("INVITE"),
    send(_answer("488 Not Acceptable Here"), 'retrans="500"'),
    expect_request("ACK"),
)
"""Refuses a re-INVITE."""
