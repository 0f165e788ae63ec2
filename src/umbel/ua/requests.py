"""The requests that begin something new: INVITE and OPTIONS outside of dialogs (section 8.1.1)."""

from dataclasses import replace

from umbel.sip.address import Address
from umbel.sip.headers import Headers
from umbel.sip.message import Request
from umbel.sip.uri import Uri

from .responses import ABILITIES, ACCEPT, Fields
from .wire import Wire

MAX_FORWARDS = "70"


def new_invite(wire: Wire, target: Uri, caller: Address, local_tag: str, fields: Fields) -> Request:
    """Build the INVITE of a call, without Via, Contact, CSeq and body."""
    request = _new_request(wire, "INVITE", target, caller.with_tag(local_tag))
    for name, value in (*ABILITIES, *fields):
        request.headers.add(name, value)
    return request


def new_options(wire: Wire, target: Uri, route: tuple[Uri, ...]) -> Request:
    """Build an OPTIONS, without Via and Contact."""
    ours = wire.identity.addresses[0]
    caller = Address(uri=Uri(scheme="sip", user=wire.identity.user, host=ours.host))
    request = _new_request(wire, "OPTIONS", target, caller.with_tag(wire.randomness.token(8)))
    add_route(request, route)
    request.headers.add("CSeq", "1 OPTIONS")
    request.headers.add("Accept", ", ".join(ACCEPT))
    return request


def add_route(request: Request, route: tuple[Uri, ...]) -> None:
    """Send *request* by way of *route*, whose URIs are loose routers (section 8.1.1.1)."""
    for uri in route:
        loose = replace(uri, parameters={**uri.parameters, "lr": None})
        request.headers.add("Route", str(Address(uri=loose)))


def copy_of(request: Request) -> Request:
    """Give a request whose headers can be changed without changing those of *request*."""
    return replace(request, headers=request.headers.copy())


def as_request_uri(uri: Uri) -> Uri:
    """Drop what a Request-URI must not have: headers and method (section 19.1.1, table 1)."""
    parameters = {name: value for name, value in uri.parameters.items() if name != "method"}
    return replace(uri, parameters=parameters, headers={})


def _new_request(wire: Wire, method: str, target: Uri, caller: Address) -> Request:
    headers = Headers()
    headers.add("Max-Forwards", MAX_FORWARDS)
    headers.add("From", str(caller))
    headers.add("To", str(Address(uri=target)))
    headers.add("Call-ID", wire.randomness.token(16))
    headers.add("User-Agent", wire.identity.product)
    return Request(method=method, uri=as_request_uri(target), headers=headers)
