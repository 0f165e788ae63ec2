"""What a call is: one function over plain values, and the order in which it decides.

Peer → gateway → hunt group → dial plan; then: the pilot of an auto attendant? diverted from
somebody whom we answer for? a subscriber's own number? a subscriber access number? else the
door of subscriber access.

A diverted call to the access number is call answering: the number of voice mail is both what
phones divert to and what subscribers dial.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from .admission import Refused, refused_by_attendant, refused_by_gateway
from .lookup import Directory
from .numbers import read_address
from .objects import (
    AutoAttendant,
    DialPlan,
    Gateway,
    HuntGroup,
    Mailbox,
    Security,
    Transport,
)
from .peers import Peer, why_unknown
from .ports import Configuration


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """A call as signalling tells of it. Users may carry parameters, as in ``1001;phone-context=x``."""

    peer: Peer
    request_user: str
    """The user part of the Request-URI; empty: it has none."""
    to_user: str = ""
    diversions: tuple[str, ...] = ()
    """Users or URIs that diverted the call, the latest first, as Diversion has them (RFC 5806)."""
    caller_number: str = ""
    """The user part of the caller's address; empty: anonymous."""
    caller_uri: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToAttendant:
    """The caller meets an auto attendant."""

    gateway: Gateway
    dial_plan: DialPlan
    attendant: AutoAttendant
    because: str
    """One clause: which evidence led here."""
    caller: Mailbox | None = None
    """The caller's own mailbox, where they have one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToMailbox:
    """Call answering: the caller may leave a message."""

    gateway: Gateway
    dial_plan: DialPlan
    mailbox: Mailbox
    because: str
    caller: Mailbox | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToSubscriber:
    """Subscriber access."""

    gateway: Gateway
    dial_plan: DialPlan
    mailbox: Mailbox | None
    """Whose; ``None``: the caller is asked for their extension."""
    because: str
    caller: Mailbox | None = None


Decision = Refused | ToAttendant | ToMailbox | ToSubscriber


def classify(offered: Offered, gateway: Gateway | None, directory: Directory) -> Decision:
    """Decide what *offered* is, which *gateway* offers; ``None``: its peer is none of ours."""
    configuration = directory.configuration
    if gateway is None:
        return Refused(status=403, reason=why_unknown(offered.peer, configuration.gateways))
    if refused := refused_by_gateway(gateway):
        return refused
    found = _dial_plan(offered, gateway, configuration)
    if isinstance(found, Refused):
        return found
    return _Deciding(offered, directory, gateway, found).decide()


def _dial_plan(
    offered: Offered, gateway: Gateway, configuration: Configuration
) -> DialPlan | Refused:
    groups = [
        configuration.hunt_groups[name]
        for name in sorted(configuration.hunt_groups)
        if configuration.hunt_groups[name].gateway == gateway.name
    ]
    group = _hunt_group(offered.request_user, groups)
    if group is None:
        pilots = ", ".join(group.pilot for group in groups) or "none"
        reason = (
            f'no hunt group of gateway {gateway.name} has the pilot "{offered.request_user}"; '
            f"its pilots are: {pilots}"
        )
        return Refused(status=404, reason=reason, gateway=gateway)
    plan = configuration.dial_plans.get(group.dial_plan)
    if plan is None:
        reason = f"hunt group {group.name} leads to dial plan {group.dial_plan}, which is not there"
        return Refused(status=500, reason=reason, gateway=gateway)
    if plan.security is not Security.UNSECURED and offered.peer.transport is not Transport.TLS:
        reason = f"dial plan {plan.name} is {plan.security.value}: its calls must come over TLS"
        return Refused(status=403, reason=reason, gateway=gateway)
    return plan


def _hunt_group(request_user: str, groups: list[HuntGroup]) -> HuntGroup | None:
    dialled = read_address(request_user).user
    exact = (group for group in groups if read_address(group.pilot).user == dialled)
    every = (group for group in groups if group.pilot == "*")
    return next(exact, None) or next(every, None)


@dataclass(slots=True)
class _Deciding:
    """What a call of a known dial plan is; a class only so that its four inputs travel together."""

    offered: Offered
    directory: Directory
    gateway: Gateway
    plan: DialPlan
    caller: Mailbox | None = field(init=False)

    def __post_init__(self) -> None:
        self.caller = self.directory.caller(
            self.offered.caller_number, self.offered.caller_uri, self.plan
        )

    def decide(self) -> Decision:
        """Take the first evidence that means something in the dial plan."""
        for user, evidence in self._evidence():
            if attendant := self.directory.attendant(user, self.plan):
                return self._attendant(attendant, evidence)
            if mailbox := self.directory.mailbox(user, self.plan):
                return self._mailbox(mailbox, evidence)
        return self._door()

    def _evidence(self) -> Iterator[tuple[str, str]]:
        """Give everything that may say whom the caller wanted, the strongest first."""
        dialled, addressed = self.offered.request_user, self.offered.to_user
        if self.directory.attendant(dialled, self.plan):
            yield dialled, f"{dialled} was dialled"
        for user in reversed(self.offered.diversions):
            yield user, f"the call was diverted from {user}"
        if dialled and not self._is_access_number(dialled):
            yield dialled, f"{dialled} was dialled"
        if addressed and not self._is_access_number(addressed):
            yield addressed, f"the call was addressed to {addressed}"

    def _is_access_number(self, user: str) -> bool:
        return self.directory.is_access_number(user, self.plan)

    def _attendant(self, attendant: AutoAttendant, because: str) -> Decision:
        if refused := refused_by_attendant(attendant, self.gateway):
            return refused
        return ToAttendant(
            gateway=self.gateway,
            dial_plan=self.plan,
            attendant=attendant,
            because=f"{because}, which leads to auto attendant {attendant.name}",
            caller=self.caller,
        )

    def _mailbox(self, mailbox: Mailbox, because: str) -> Decision:
        if self.caller is not None and self.caller.extension == mailbox.extension:
            return self._subscriber(f"{because}, and the caller is its owner")
        return ToMailbox(
            gateway=self.gateway,
            dial_plan=self.plan,
            mailbox=mailbox,
            because=f"{because}, the number of mailbox {mailbox.extension}",
            caller=self.caller,
        )

    def _door(self) -> Decision:
        """Nobody in particular was wanted."""
        dialled = self.offered.request_user
        if self._is_access_number(dialled):
            return self._subscriber(f"{dialled} was dialled, a subscriber access number")
        if self.offered.diversions:
            users = ", ".join(self.offered.diversions)
            reason = f"the call was diverted from {users}: no mailbox in dial plan {self.plan.name}"
            return Refused(status=404, reason=reason, gateway=self.gateway)
        return self._subscriber(f'"{dialled}" is neither a mailbox nor an auto attendant')

    def _subscriber(self, because: str) -> ToSubscriber:
        known = self.caller if self.caller and self.caller.subscriber_access else None
        return ToSubscriber(
            gateway=self.gateway,
            dial_plan=self.plan,
            mailbox=known,
            because=because,
            caller=self.caller,
        )
