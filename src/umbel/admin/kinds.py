"""The kinds of objects that an administrator creates, and the words for them."""

from dataclasses import dataclass

from umbel.core.errors import Mistake
from umbel.directory.objects import (
    AutoAttendant,
    Configured,
    DialPlan,
    Gateway,
    HuntGroup,
    Mailbox,
    MailboxPolicy,
    Node,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of object."""

    noun: str
    """As the command line and ``site.toml`` call it."""
    title: str
    """As a sentence calls it."""
    plural: str
    """As a sentence calls many."""
    type: type[Configured]
    collection: str
    """The attribute of ``Configuration`` that holds them."""
    key: str = "name"
    """The field that names one."""
    columns: tuple[str, ...] = ()
    """What a list shows, besides the key."""

    @property
    def one(self) -> str:
        """Give it with its article."""
        return f"{'an' if self.title[0] in 'aeiou' else 'a'} {self.title}"


KINDS = (
    Kind(
        noun="node",
        title="node",
        plural="nodes",
        type=Node,
        collection="nodes",
        columns=("status", "event_level", "event_filter"),
    ),
    Kind(
        noun="dialplan",
        title="dial plan",
        plural="dial plans",
        type=DialPlan,
        collection="dial_plans",
        columns=("uri_type", "digits", "security", "access_numbers", "operator"),
    ),
    Kind(
        noun="gateway",
        title="gateway",
        plural="gateways",
        type=Gateway,
        collection="gateways",
        columns=("address", "port", "transport", "status"),
    ),
    Kind(
        noun="policy",
        title="mailbox policy",
        plural="mailbox policies",
        type=MailboxPolicy,
        collection="policies",
        columns=("min_pin_length", "pin_lifetime_days", "failures_before_lockout"),
    ),
    Kind(
        noun="huntgroup",
        title="hunt group",
        plural="hunt groups",
        type=HuntGroup,
        collection="hunt_groups",
        columns=("pilot", "gateway", "dial_plan"),
    ),
    Kind(
        noun="attendant",
        title="auto attendant",
        plural="auto attendants",
        type=AutoAttendant,
        collection="attendants",
        columns=("dial_plan", "pilots", "status", "operator"),
    ),
    Kind(
        noun="mailbox",
        title="mailbox",
        plural="mailboxes",
        type=Mailbox,
        collection="mailboxes",
        key="extension",
        columns=("name", "dial_plan", "policy", "sip_uri"),
    ),
)
"""In the order in which they can be created: what is referred to comes first."""

_BY_NOUN = {kind.noun: kind for kind in KINDS}
_BY_TYPE = {kind.type: kind for kind in KINDS}


def kind_named(noun: str) -> Kind:
    """Find a kind by its noun."""
    if noun not in _BY_NOUN:
        raise Mistake(f'"{noun}"', expected="one of " + ", ".join(_BY_NOUN), where="kind of object")
    return _BY_NOUN[noun]


def kind_of(thing: Configured) -> Kind:
    """Find the kind of an object."""
    return _BY_TYPE[type(thing)]


def name_of(thing: Configured) -> str:
    """Give what names *thing* among its kind."""
    return str(getattr(thing, kind_of(thing).key))
