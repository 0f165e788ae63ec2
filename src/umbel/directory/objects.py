"""The objects that an administrator creates, by the names that Exchange UM gave them.

All are plain values. Every field has a default where Exchange UM has one, and mostly
that one. References between objects are by name, as a person writes them.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from umbel.core.instants import Duration

IDENTITY_RULES: Final = (
    "any-name", "lync", "rfc5922", "rfc6125", "rfc9525", "exchange", "common-name", "pinned",
    "chain-only",
)  # fmt: skip
"""The rules that a gateway can name; ``identity.rules`` says what each means."""
PINNED: Final = "pinned"
"""The rule by which names are the SHA-256 of keys."""
CHAIN_ONLY: Final = "chain-only"
"""The rule that looks at no name."""


class UriType(StrEnum):
    """What a dial plan's subscribers are reached by."""

    EXTENSION = "extension"
    """A number of the dial plan's length."""
    SIP_URI = "sip-uri"
    """A SIP URI; the extension still names the mailbox."""
    E164 = "e164"
    """An international number, as ``+431555010``."""


class Security(StrEnum):
    """What a dial plan asks of signalling and media (Exchange: VoIPSecurity)."""

    UNSECURED = "unsecured"
    """Any signalling; RTP in the clear, or SRTP where the peer offers it."""
    SIP_SECURED = "sip-secured"
    """TLS signalling; RTP in the clear, or SRTP where the peer offers it."""
    SECURED = "secured"
    """TLS signalling and SRTP."""


class Status(StrEnum):
    """Whether an object takes calls."""

    ENABLED = "enabled"
    """It takes calls."""
    NO_NEW_CALLS = "no-new-calls"
    """
    It drains: calls in progress go on, new ones and OPTIONS get 503 with Retry-After; at an auto
    attendant new calls get 480.
    """
    DISABLED = "disabled"
    """
    New calls and OPTIONS are refused: with 403, by a node with 503 so that callers try another.
    """


class Transport(StrEnum):
    """How a gateway is reached."""

    UDP = "udp"
    TCP = "tcp"
    TLS = "tls"


class NameOrder(StrEnum):
    """In which order callers dial a person's names on the keypad."""

    LAST_FIRST = "last-first"
    """The last name, then the first."""
    FIRST_LAST = "first-last"
    """The first name, then the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """What an administrator sets about one Umbel server; without it, the defaults (UMServer)."""

    name: str
    """Its fully qualified domain name, as its settings file has it."""
    status: Status = Status.ENABLED
    """Whether it takes calls; while it drains, the other nodes get them."""
    event_level: tuple[str, ...] = ()
    """
    How much its log tells of a category: ``CATEGORY=LEVEL``, as ``TLS=expert``, with a level of
    lowest, low, medium, high, expert; ``all`` is every category. Without it: medium.
    """
    event_filter: tuple[str, ...] = ()
    """
    The calls whose messages level expert shows: ``caller=…``, ``dialled=…``, ``gateway=…``; without
    it, all.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class DialPlan:
    """A numbering scheme and the limits of the calls in it (UMDialPlan)."""

    name: str
    """What names it in commands and in other objects."""
    uri_type: UriType = UriType.EXTENSION
    """What its subscribers are reached by."""
    digits: int = 4
    """Length of an extension, 1 to 20."""
    security: Security = Security.UNSECURED
    """What calls have to be: in the clear, over TLS, or over TLS with SRTP."""
    language: str = "en-US"
    """What callers hear, as ``en-US``."""
    access_numbers: tuple[str, ...] = ()
    """Numbers or SIP users that lead to subscriber access."""
    operator: str = ""
    """The number of the operator; empty: there is none."""
    attendant: str = ""
    """The auto attendant that ``*`` at the subscriber access prompt leads to."""
    max_call: Duration = 30 * 60
    """Seconds after which a call is ended, 600 to 7200."""
    max_recording: Duration = 20 * 60
    """Seconds that a caller may speak for one message; less than ``max_call``."""
    recording_silence: Duration = 5
    """Seconds of silence that end a recording."""
    input_failures: int = 3
    """Wrong or missing inputs before a caller is put through to the operator or let go."""
    logon_failures: int = 3
    """Wrong PINs before the call is ended."""
    name_order: NameOrder = NameOrder.LAST_FIRST
    """In which order callers dial a person's names."""
    dial_extensions: bool = True
    """Whether callers may be put through to extensions of this plan that have no mailbox."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """A SIP peer that we take calls from and send requests to (UMIPGateway)."""

    name: str
    """What names it in commands and in hunt groups."""
    address: str
    """A host name or an IP address; with TLS better a name, since certificates carry names."""
    port: int | None = None
    """``none``: found by DNS (RFC 3263), or the transport's default for an IP address."""
    transport: Transport = Transport.UDP
    """
    How requests are sent to it. The calls of a ``tls`` gateway are taken over TLS only, those of
    any other over every transport.
    """
    status: Status = Status.ENABLED
    """Whether its calls are taken."""
    learn_media_address: bool = False
    """Whether audio may come from another address than its SDP names (a peer behind NAT)."""
    srtp: bool | None = None
    """``true`` requires SRTP, ``false`` refuses it; ``none``: as the dial plan's security says."""
    username: str = ""
    """For digest authentication, when the gateway asks for it; empty: none."""
    password: str = ""
    """Goes with ``username``; commands never show it, ``umbel export`` does."""
    from_addresses: tuple[str, ...] = ()
    """Further addresses or networks (CIDR) that its calls come from."""
    certificate_names: tuple[str, ...] = ()
    """Names, one of which its certificate must carry; empty: the address itself."""
    our_rule: str = "any-name"
    """By which rule we look for these names in its certificate; ``pinned``: they are keys, as
    ``sha256:…``. The rules are in docs/reference.md."""
    rule: str = "any-name"
    """By which rule it judges our certificate, as ``lync``: explains and foretells, never refuses."""
    dials: tuple[str, ...] = ()
    """The names by which it reaches our nodes; empty: each node's own."""
    knows: tuple[str, ...] = ()
    """The names that it has in its list of trusted servers; empty: each node's own."""
    probe_every: Duration = 30
    """Seconds between two OPTIONS that ask whether it is alive, at least 1; ``0``: it is not asked."""

    @property
    def takes_every_name(self) -> bool:
        """Whether its certificate only has to be trusted, and its address says who it is."""
        return self.transport is Transport.TLS and self.our_rule == CHAIN_ONLY


@dataclass(frozen=True, slots=True, kw_only=True)
class HuntGroup:
    """A pilot identifier at a gateway that leads to a dial plan (UMHuntGroup)."""

    name: str
    """What names it in commands."""
    gateway: str
    """The name of the gateway whose calls it takes."""
    dial_plan: str
    """The name of the dial plan that the calls belong to."""
    pilot: str = "*"
    """The dialled number or SIP user; ``*``: every one that no other hunt group takes."""


class KeyAction(StrEnum):
    """What a key of an attendant's menu does."""

    EXTENSION = "extension"
    """Be put through to a number."""
    ATTENDANT = "attendant"
    """Go to another auto attendant."""
    MAILBOX = "mailbox"
    """Leave a message."""
    ANNOUNCEMENT = "announcement"
    """Hear a recording or text, then the menu again."""
    OPERATOR = "operator"
    """Be put through to the operator."""
    SUBSCRIBER_ACCESS = "subscriber-access"
    """Hear one's own messages."""
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
    """What the key does."""
    target: str = ""
    """An extension, an attendant's name, a mailbox's extension, or text or a recording's file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoAttendant:
    """A voice menu that greets callers and puts them through (UMAutoAttendant)."""

    name: str
    """What names it in commands and in other attendants' keys."""
    dial_plan: str
    """The name of the dial plan that it belongs to."""
    pilots: tuple[str, ...] = ()
    """Numbers or SIP users that lead here."""
    status: Status = Status.ENABLED
    """Whether it takes calls."""
    greeting: str = ""
    """Text to say or a recording's file name; empty: the standard welcome."""
    keys: tuple[KeyMapping, ...] = ()
    """The keys of its menu."""
    operator: str = ""
    """The number that ``0`` leads to; empty: the dial plan's operator."""
    dial_by_name: bool = True
    """Whether a caller may spell a name on the keypad, after ``#``."""
    dial_extensions: bool = True
    """Whether a caller may dial an extension at the menu."""
    send_messages: bool = True
    """Whether a caller may leave a message for a person who was not reached."""
    input_timeout: Duration = 5
    """Seconds that it waits for a key, 1 to 60."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxPolicy:
    """PIN rules and limits of many mailboxes (UMMailboxPolicy)."""

    name: str
    """What names it in commands and in mailboxes."""
    min_pin_length: int = 6
    """Digits that a PIN has at least, 4 to 24."""
    pin_lifetime_days: int | None = 60
    """Days after which a subscriber has to choose another PIN; ``none``: never."""
    pin_history: int = 5
    """So many earlier PINs may not be chosen again."""
    failures_before_reset: int | None = 5
    """Wrong PINs in a row, over all calls, after which the subscriber needs a new PIN."""
    failures_before_lockout: int = 15
    """Wrong PINs in a row, over all calls, after which nobody can log on."""
    allow_common_patterns: bool = False
    """Whether a PIN may be as easy as 123456, 111111 or the extension."""
    max_greeting: Duration = 5 * 60
    """Seconds that a recorded greeting may last."""
    shortest_message: Duration = 2
    """Seconds; a shorter recording counts as nothing said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """One subscriber: what an administrator set. Messages and PIN state are the mailbox room's."""

    extension: str
    """Its first extension, which also names it in commands."""
    dial_plan: str
    """The name of the dial plan that it belongs to."""
    policy: str
    """The name of the mailbox policy whose rules it follows."""
    name: str
    """Display name, ``First Last``."""
    last_name: str = ""
    """For dialling by name; empty: the last word of the name."""
    other_extensions: tuple[str, ...] = ()
    """Further extensions that lead to the same mailbox."""
    sip_uri: str = ""
    """Where the person is reached; empty: their extension at the gateway of the call."""
    operator: str = ""
    """Personal operator, for ``0`` in the greeting; empty: the dial plan's."""
    language: str = ""
    """What the subscriber hears; empty: the dial plan's language."""
    subscriber_access: bool = True
    """Whether the subscriber may hear messages by phone."""
    in_directory: bool = True
    """Whether callers can find the person by name."""


Configured = Node | DialPlan | Gateway | HuntGroup | AutoAttendant | MailboxPolicy | Mailbox
"""Any object that an administrator creates."""
