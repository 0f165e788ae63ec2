"""The configuration as everybody reads it: one immutable snapshot, replaced when it changes."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from .objects import AutoAttendant, DialPlan, Gateway, HuntGroup, Mailbox, MailboxPolicy, Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """All configured objects at one moment, by name (mailboxes by first extension)."""

    revision: int = 0
    dial_plans: Mapping[str, DialPlan] = field(default_factory=dict)
    gateways: Mapping[str, Gateway] = field(default_factory=dict)
    hunt_groups: Mapping[str, HuntGroup] = field(default_factory=dict)
    attendants: Mapping[str, AutoAttendant] = field(default_factory=dict)
    policies: Mapping[str, MailboxPolicy] = field(default_factory=dict)
    mailboxes: Mapping[str, Mailbox] = field(default_factory=dict)
    nodes: Mapping[str, Node] = field(default_factory=dict)
    """Those about which something was set."""

    def node(self, name: str) -> Node:
        """Give what was set about a node, or the defaults."""
        return self.nodes.get(name) or Node(name=name)
