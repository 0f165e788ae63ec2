"""The small organisation of ``umbel try``: an auto attendant, three subscribers, an operator."""

from dataclasses import dataclass

NODE = "umbel.localhost"
ATTENDANT = "9000"
ACCESS = "9001"
PIN = "271828"
"""Of every subscriber, so that a newcomer can listen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """A subscriber of the organisation."""

    extension: str
    name: str


SUBSCRIBERS = (
    Subscriber(extension="2001", name="Antonio Meucci"),
    Subscriber(extension="2002", name="Elisha Gray"),
    Subscriber(extension="2003", name="Alexander Graham Bell"),
)
OPERATOR = Subscriber(extension="2000", name="Emma Nutt")
"""The first woman who was a telephone operator, in 1878."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Where the system listens, all on loopback."""

    udp: int
    """TCP has the same."""
    tls: int
    exchange: int
    """Of the telephone exchange that the proof plays."""


_SITE = """\
# The organisation of umbel try. Change it, and then: umbel apply site.toml (with --dry-run it
# only says what it would do). The running node follows within a second, without a restart.
# Each [[table]] is one object; umbel NOUN add --help shows every field.

# Who can call whom by which numbers. 9001 leads subscribers to their messages, 0 to the operator.
[[dialplan]]
name = "office"
digits = 4
access_numbers = ["{access}"]
operator = "{operator}"

# Gateways are the SIP peers that calls come from. This one is the telephone exchange that the
# proof plays, and which stays up as long as umbel try: it speaks TLS, shows a certificate for its
# address, and has to use SRTP. Like each gateway it is asked every 30 seconds whether it is alive.
[[gateway]]
name = "exchange"
address = "127.0.0.1"
port = {exchange}
transport = "tls"
srtp = true
certificate_names = ["exchange.localhost"]

# Any softphone on this machine. A transfer by it calls this node again, since there is no exchange
# that could ring anybody: so it ends in voice mail.
[[gateway]]
name = "softphone"
address = "127.0.0.1"
port = {udp}
transport = "udp"
probe_every = 0

# The rules of PINs. Without anything else they are Exchange's.
[[policy]]
name = "standard"

# Which calls of a gateway belong to which dial plan; without a pilot, all of them.
[[huntgroup]]
name = "exchange"
gateway = "exchange"
dial_plan = "office"

[[huntgroup]]
name = "softphone"
gateway = "softphone"
dial_plan = "office"

# What callers of 9000 hear. Keys 1 to 9 can be given away here; 0 is the operator.
[[attendant]]
name = "reception"
dial_plan = "office"
pilots = ["{attendant}"]

[[attendant.keys]]
key = "1"
label = "Antonio Meucci"
action = "extension"
target = "2001"

[[attendant.keys]]
key = "2"
label = "a message for Elisha Gray"
action = "mailbox"
target = "2002"

# The subscribers. Their PIN is in no file; another one: umbel mailbox pin 2001
"""


def site(ports: Ports) -> str:
    """Give the organisation as a site file."""
    objects = _SITE.format(
        access=ACCESS,
        attendant=ATTENDANT,
        operator=OPERATOR.extension,
        exchange=ports.exchange,
        udp=ports.udp,
    )
    return "\n".join((objects, *map(_mailbox, (*SUBSCRIBERS, OPERATOR))))


def _mailbox(person: Subscriber) -> str:
    return f"""\
[[mailbox]]
extension = "{person.extension}"
name = "{person.name}"
dial_plan = "office"
policy = "standard"
"""


def settings(ports: Ports) -> str:
    """Give the settings file of the node."""
    return f"""\
# The settings of umbel try: what is this machine's own. Everything else is in the store, and
# changed by commands or by site.toml. A change here needs a restart.
[node]
name = "{NODE}"

[store]
url = "sqlite:///umbel.db"

[tls]
certificate = "certificates/{NODE}.pem"
key = "certificates/{NODE}.key"
trust = "certificates/authority.pem"

[[listener]]
transport = "udp"
address = "127.0.0.1"
port = {ports.udp}

[[listener]]
transport = "tcp"
address = "127.0.0.1"
port = {ports.udp}

[[listener]]
transport = "tls"
address = "127.0.0.1"
advertise = "127.0.0.1"
port = {ports.tls}
"""
