"""The objects that an administrator creates, by the names that Exchange UM gave them.

All are plain values. Every field has a default where Exchange UM has one, and mostly
that one. References between objects are by name, as a person writes them.
"""

from dataclasses import dataclass
from enum import StrEnum

from umbel.core.instants import Duration


class UriType(StrEnum):
    """What a dial plan's subscribers are reached by."""

    EXTENSION = "extension"
    SIP_URI = "sip-uri"
    E164 = "e164"


class Security(StrEnum):
    """What a dial plan asks of signalling and media (Exchange: VoIPSecurity)."""

    UNSECURED = "unsecured"
    SIP_SECURED = "sip-secured"
    """TLS signalling, RTP in the clear."""
    SECURED = "secured"
    """TLS signalling and SRTP."""


class Status(StrEnum):
    """Whether an object takes calls."""

    ENABLED = "enabled"
    NO_NEW_CALLS = "no-new-calls"
    DISABLED = "disabled"


class Transport(StrEnum):
    """How a gateway is reached."""

    UDP = "udp"
    TCP = "tcp"
    TLS = "tls"


@dataclass(frozen=True, slots=True, kw_only=True)
class DialPlan:
    """A numbering scheme and the limits of the calls in it (UMDialPlan)."""

    name: str
    uri_type: UriType = UriType.EXTENSION
    digits: int = 4
    """Length of an extension, 1 to 20."""
    security: Security = Security.UNSECURED
    language: str = "en-US"
    access_numbers: tuple[str, ...] = ()
    """Numbers or SIP users that lead to subscriber access."""
    operator: str = ""
    """The number of the operator; empty: there is none."""
    attendant: str = ""
    """The auto attendant that ``*`` at the subscriber access prompt leads to."""
    max_call: Duration = 30 * 60
    max_recording: Duration = 20 * 60
    recording_silence: Duration = 5
    """Silence that ends a recording."""
    input_failures: int = 3
    """Wrong or missing inputs before a caller is put through to the operator or let go."""
    logon_failures: int = 3
    """Wrong PINs before the call is ended."""
    name_order: str = "last-first"
    """How names are dialled: ``last-first`` or ``first-last``."""
    dial_extensions: bool = True
    """Whether callers may be put through to extensions of this plan that have no mailbox."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """A SIP peer that we take calls from and send requests to (UMIPGateway)."""

    name: str
    address: str
    """A host name or an IP address; with TLS a host name, unless only calls from it are taken."""
    port: int | None = None
    """``None``: found by DNS (RFC 3263), or the transport's default for an IP address."""
    transport: Transport = Transport.UDP
    status: Status = Status.ENABLED
    outbound: bool = True
    """Whether Umbel may place calls through it (OutcallsAllowed)."""
    learn_media_address: bool = False
    """Whether audio may come from another address than its SDP names (a peer behind NAT)."""
    srtp: bool | None = None
    """Overrides the dial plan: ``True`` requires SRTP, ``False`` refuses it."""
    username: str = ""
    """For digest authentication, when the gateway asks for it; empty: none."""
    password: str = ""
    from_addresses: tuple[str, ...] = ()
    """Further addresses or networks (CIDR) that its calls come from."""
    certificate_names: tuple[str, ...] = ()
    """Names, one of which its client certificate must carry; empty: the address itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HuntGroup:
    """A pilot identifier at a gateway that leads to a dial plan (UMHuntGroup)."""

    name: str
    gateway: str
    dial_plan: str
    pilot: str = "*"
    """The dialled number or SIP user; ``*``: every one that no other hunt group takes."""


class KeyAction(StrEnum):
    """What a key of an attendant's menu does."""

    EXTENSION = "extension"
    ATTENDANT = "attendant"
    MAILBOX = "mailbox"
    """Leave a message."""
    ANNOUNCEMENT = "announcement"
    """Hear a recording or text, then the menu again."""
    OPERATOR = "operator"
    SUBSCRIBER_ACCESS = "subscriber-access"
    DIRECTORY = "directory"
    """Dial a person by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyMapping:
    """One key of an attendant's menu."""

    key: str
    """``1`` to ``9``."""
    label: str
    """Said in the menu: "for *label*, press 1"."""
    action: KeyAction
    target: str = ""
    """An extension, an attendant's name, a mailbox's extension, or text or a recording's file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoAttendant:
    """A voice menu that greets callers and puts them through (UMAutoAttendant)."""

    name: str
    dial_plan: str
    pilots: tuple[str, ...] = ()
    """Numbers or SIP users that lead here."""
    status: Status = Status.ENABLED
    greeting: str = ""
    """Text to say or a recording's file name; empty: the standard welcome."""
    keys: tuple[KeyMapping, ...] = ()
    operator: str = ""
    """Empty: the dial plan's operator."""
    dial_by_name: bool = True
    dial_extensions: bool = True
    """Whether a caller may dial an extension at the menu."""
    send_messages: bool = True
    """Whether a caller may leave a message for a person who was not reached."""
    input_timeout: Duration = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxPolicy:
    """PIN rules and limits of many mailboxes (UMMailboxPolicy)."""

    name: str
    min_pin_length: int = 6
    pin_lifetime_days: int | None = 60
    pin_history: int = 5
    failures_before_reset: int | None = 5
    """Wrong PINs in a row, over all calls, after which the subscriber needs a new PIN."""
    failures_before_lockout: int = 15
    allow_common_patterns: bool = False
    max_greeting: Duration = 5 * 60
    shortest_message: Duration = 2
    """A shorter recording counts as nothing said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """One subscriber: what an administrator set. Messages and PIN state are the mailbox room's."""

    extension: str
    """Its first extension, which also names it in commands."""
    dial_plan: str
    policy: str
    name: str
    """Display name, ``First Last``."""
    last_name: str = ""
    """For dialling by name; empty: the last word of the name."""
    other_extensions: tuple[str, ...] = ()
    sip_uri: str = ""
    """Where the person is reached; empty: their extension at the gateway of the call."""
    email: str = ""
    operator: str = ""
    """Personal operator, for ``0`` in the greeting; empty: the dial plan's."""
    language: str = ""
    """Empty: the dial plan's."""
    subscriber_access: bool = True
    in_directory: bool = True


Configured = DialPlan | Gateway | HuntGroup | AutoAttendant | MailboxPolicy | Mailbox
"""Any object that an administrator creates."""
