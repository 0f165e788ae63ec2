"""A call as signalling offers it, in the words of the directory."""

from collections.abc import Iterable

from umbel.core.addresses import read_ip_address
from umbel.core.errors import PeerError
from umbel.directory.classify import Offered
from umbel.directory.lookup import Directory
from umbel.directory.objects import DialPlan, Gateway, Security, Transport
from umbel.directory.peers import Peer
from umbel.mailbox.message import Caller
from umbel.media.offer_answer import MediaSecurity
from umbel.media.sdp import SessionDescription
from umbel.sip.address import Address
from umbel.sip.digest import Credentials
from umbel.sip.hop import Source
from umbel.sip.message import Request
from umbel.sip.uri import Uri
from umbel.trace.visible import visible
from umbel.ua.bodies import session_description

from .peer_certificate import verified_certificate

ANONYMOUS_HOST = "anonymous.invalid"
"""The host of a caller who withholds their name (RFC 3323 section 4.1.1.3)."""


def offered(request: Request, source: Source) -> Offered:
    """Say who called whom, and who diverted the call."""
    caller = caller_address(request)
    return Offered(
        peer=peer_of(source),
        request_user=request.uri.user or "",
        to_user=request.to.uri.user or "",
        diversions=tuple(diversions(request)),
        caller_number="" if is_anonymous(caller) else caller.uri.user or "",
        caller_uri="" if is_anonymous(caller) else plain_uri(caller.uri),
    )


def peer_of(source: Source) -> Peer:
    """Say who the peer is, as far as the transport can tell."""
    return Peer(
        address=source.address,
        transport=Transport(source.transport.lower()),
        port=source.port,
        certificate=verified_certificate(source),
        distrust=_distrust(source),
    )


def _distrust(source: Source) -> str:
    """Say why the certificate that the peer showed is not good; empty: it is, or there is none."""
    shaken = source.handshake
    if shaken is None or not shaken.peer_chain or shaken.is_verified:
        return ""
    return shaken.verify_text or "it was not verified"


def diversions(request: Request) -> Iterable[str]:
    """
    Give who diverted the call, the latest first.

    Diversion has them so (RFC 5806); History-Info has the oldest first, and at its end the
    target that the call has now (RFC 7044).
    """
    if request.diversions:
        yield from (plain_uri(diversion.uri) for diversion in request.diversions)
        return
    entries = [plain_uri(entry.uri) for entry in request.history_info]
    yield from reversed(entries[:-1])


def caller_of(request: Request, directory: Directory, dial_plan: DialPlan) -> Caller:
    """Say who called."""
    address = caller_address(request)
    if is_anonymous(address):
        return Caller()
    number, uri = address.uri.user or "", plain_uri(address.uri)
    owner = directory.caller(number, uri, dial_plan)
    return Caller(
        number=visible(number),
        name=visible(address.display_name) or (owner.name if owner else ""),
        uri=visible(uri),
        mailbox=owner.extension if owner else None,
    )


def caller_address(request: Request) -> Address:
    """Give the asserted identity of a gateway that asserts one (RFC 3325), else From."""
    asserted = request.asserted_identities
    return asserted[0] if asserted else request.from_


def is_anonymous(address: Address) -> bool:
    """Say whether the caller withholds who they are."""
    return address.uri.host == ANONYMOUS_HOST or (address.uri.user or "").lower() == "anonymous"


def plain_uri(uri: Uri) -> str:
    """Give a URI without the parameters that belong to one connection or one request."""
    return str(Uri(scheme=uri.scheme, user=uri.user, host=uri.host, port=uri.port))


def audio_of_offer(request: Request) -> tuple[str, int] | None:
    """Give where the caller's audio will come from; ``None``: the offer does not say, or is late."""
    try:
        body = session_description(request)
        return _audio_of(SessionDescription.parse(body)) if body else None
    except PeerError:
        return None  # The leg refuses it, and says why.


def _audio_of(description: SessionDescription) -> tuple[str, int] | None:
    for media in description.media:
        connection = description.connection_of(media)
        if media.media == "audio" and media.port and connection and connection.is_numeric:
            return connection.address, media.port
    return None


def media_security(dial_plan: DialPlan, gateway: Gateway) -> MediaSecurity:
    """Say whether audio must, may or must not be encrypted; the gateway has the last word."""
    if gateway.srtp is not None:
        return MediaSecurity.REQUIRED if gateway.srtp else MediaSecurity.NONE
    if dial_plan.security is Security.SECURED:
        return MediaSecurity.REQUIRED
    return MediaSecurity.OPTIONAL


def credentials_of(gateway: Gateway) -> Credentials | None:
    """Give what the gateway's challenges are answered with; ``None``: nothing is configured."""
    if not gateway.username:
        return None
    return Credentials(username=gateway.username, password=gateway.password)


def transfer_target(target: str, gateway: Gateway, directory: Directory, plan: DialPlan) -> Uri:
    """
    Say where a number of the dial plan, or a URI, is reached.

    A subscriber with a SIP URI is reached there; every other number at the call's gateway. What a
    person wrote may lack the scheme, or the host as well.
    """
    if not _is_uri(target):
        mailbox = directory.mailbox(target, plan)
        target = mailbox.sip_uri if mailbox is not None and mailbox.sip_uri else target
    if _is_uri(target):
        return Uri.parse(target)
    return Uri.parse(f"sip:{target}") if "@" in target else gateway_uri(gateway, target)


def _is_uri(text: str) -> bool:
    return text.partition(":")[0].lower() in ("sip", "sips", "tel")


def gateway_uri(gateway: Gateway, user: str | None = None) -> Uri:
    """Give the URI of a gateway, or of somebody behind it."""
    parameters: dict[str, str | None] = {}
    if gateway.transport is not Transport.UDP:
        parameters["transport"] = gateway.transport.value
    return Uri(
        scheme="sip", user=user, host=gateway.address, port=gateway.port, parameters=parameters
    )


def is_unspecified(address: str) -> bool:
    """Say whether a listener's address names no interface: then the call's own is asked for."""
    return read_ip_address(address).is_unspecified
