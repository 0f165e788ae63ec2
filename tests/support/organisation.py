"""A small organisation whose subscribers pioneered the telephone."""

from dataclasses import replace

from umbel.directory.objects import (
    AutoAttendant,
    Configured,
    DialPlan,
    Gateway,
    HuntGroup,
    Mailbox,
    MailboxPolicy,
    Node,
    Transport,
)
from umbel.directory.ports import Configuration

PLAN = DialPlan(name="HQ", access_numbers=("1000", "sip:voicemail@example.org"), operator="1009")
PBX = Gateway(name="pbx", address="10.0.0.1")
LYNC = Gateway(name="lync", address="pool.example.org", port=5061, transport=Transport.TLS)
EVERY_CALL_OF_PBX = HuntGroup(name="pbx-HQ", gateway="pbx", dial_plan="HQ")
EVERY_CALL_OF_LYNC = HuntGroup(name="lync-HQ", gateway="lync", dial_plan="HQ")
STAFF = MailboxPolicy(name="staff")
FRONT_DESK = AutoAttendant(name="front desk", dial_plan="HQ", pilots=("2000", "+4315552000"))
ANTONIO = Mailbox(
    extension="1001",
    dial_plan="HQ",
    policy="staff",
    name="Antonio Meucci",
    other_extensions=("1011",),
    sip_uri="sip:antonio@example.org",
)
ELISHA = Mailbox(extension="1002", dial_plan="HQ", policy="staff", name="Elisha Gray")
EMILE = Mailbox(extension="1003", dial_plan="HQ", policy="staff", name="Emile Berliner")

EVERYTHING: tuple[Configured, ...] = (
    *(PLAN, PBX, LYNC, EVERY_CALL_OF_PBX, EVERY_CALL_OF_LYNC),
    *(STAFF, FRONT_DESK, ANTONIO, ELISHA, EMILE),
)


def configuration_of(*things: Configured) -> Configuration:
    """Give the configuration that has these objects; a later one replaces one of its name."""

    def named(kind: type[Configured]) -> dict[str, Configured]:
        return {
            thing.extension if isinstance(thing, Mailbox) else thing.name: thing
            for thing in things
            if isinstance(thing, kind)
        }

    collections = {
        "dial_plans": named(DialPlan),
        "gateways": named(Gateway),
        "hunt_groups": named(HuntGroup),
        "attendants": named(AutoAttendant),
        "policies": named(MailboxPolicy),
        "mailboxes": named(Mailbox),
        "nodes": named(Node),
    }
    return replace(Configuration(), **collections)  # type: ignore[arg-type]  # each by its own kind


def organisation(*different: Configured) -> Configuration:
    """Give the whole organisation, with some objects added or replaced."""
    return configuration_of(*EVERYTHING, *different)
