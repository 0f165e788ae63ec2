"""Small well-formed messages for tests, and the answers to them."""

from umbel.sip.headers import Headers
from umbel.sip.hop import Hop, Source, Transport
from umbel.sip.message import Request, Response
from umbel.sip.uri import Uri

HOP = Hop(transport=Transport.UDP, address="192.0.2.2", port=5060)
STREAM_HOP = Hop(transport=Transport.TCP, address="192.0.2.2", port=5060)


def source(transport: Transport = Transport.UDP, *, connection: str | None = None) -> Source:
    """Give the place that messages come from."""
    return Source(
        transport=transport,
        address="192.0.2.2",
        port=40000,
        local_address="192.0.2.1",
        local_port=5060,
        connection=connection,
    )


def a_request(
    method: str = "OPTIONS",
    *,
    branch: str = "z9hG4bK776asdhds",
    via: str | None = None,
    to: str = "<sip:bell@example.org>",
    from_: str = "<sip:gray@example.net>;tag=1928301774",
    call_id: str = "a84b4c76e66710",
    number: int = 314159,
    fields: tuple[tuple[str, str], ...] = (),
    body: bytes = b"",
) -> Request:
    """Build a request from Gray to Bell."""
    headers = Headers()
    headers.add("Via", via or f"SIP/2.0/UDP 192.0.2.2:5060;branch={branch}")
    headers.add("Max-Forwards", "70")
    headers.add("To", to)
    headers.add("From", from_)
    headers.add("Call-ID", call_id)
    headers.add("CSeq", f"{number} {method}")
    for name, value in fields:
        headers.add(name, value)
    uri = Uri.parse("sip:bell@example.org")
    return Request(method=method, uri=uri, headers=headers, body=body)


def an_answer(request: Request, status: int, *, to_tag: str = "a6c85cf") -> Response:
    """Answer a request."""
    return request.create_response(status, to_tag=to_tag)
