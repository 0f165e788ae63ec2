"""Finding out whom a number or SIP address means, in one dial plan."""

from collections.abc import Iterable, Mapping

from .dial_by_name import NameIndex, index_of
from .numbers import Address, read_address
from .objects import AutoAttendant, DialPlan, Mailbox
from .ports import Configuration


class Directory:
    """
    A configuration with the indexes that a call needs. Make one whenever the snapshot changes.

    A dial plan may be asked for that is no longer there: the call that began in it goes on.
    """

    def __init__(self, configuration: Configuration) -> None:
        self.configuration = configuration
        """The snapshot that this was made from."""
        self._plans = _indexes(configuration)
        self._names: dict[str, NameIndex] = {}

    def mailbox(self, text: str, dial_plan: DialPlan) -> Mailbox | None:
        """Find the mailbox that a dialled or diverting number, user or SIP URI means."""
        return self._plan(dial_plan).mailbox(read_address(text))

    def caller(self, number: str, uri: str, dial_plan: DialPlan) -> Mailbox | None:
        """
        Find the caller's own mailbox.

        A name (not a number) must match with its host: ada@example.org is not ada@example.net.
        """
        plan = self._plan(dial_plan)
        addresses = [read_address(text) for text in (uri, number) if text]
        whole = (plan.by_uri.get(address) for address in addresses)
        numbers = (plan.mailbox(address) for address in addresses if address.is_number)
        return next((found for found in (*whole, *numbers) if found), None)

    def attendant(self, text: str, dial_plan: DialPlan) -> AutoAttendant | None:
        """Find the auto attendant that has this pilot."""
        return self._plan(dial_plan).attendants.get(read_address(text).user)

    def is_access_number(self, text: str, dial_plan: DialPlan) -> bool:
        """Say whether the number leads to subscriber access."""
        return read_address(text).user in self._plan(dial_plan).access_users

    def names(self, dial_plan: DialPlan) -> NameIndex:
        """Give everybody who can be dialled by name; made when it is first asked for."""
        if dial_plan.name not in self._names:
            self._names[dial_plan.name] = index_of(self.configuration, dial_plan)
        return self._names[dial_plan.name]

    def _plan(self, dial_plan: DialPlan) -> "_PlanIndex":
        return self._plans.get(dial_plan.name) or _PlanIndex(dial_plan)


class _PlanIndex:
    """Everything that can be dialled in one dial plan."""

    def __init__(self, plan: DialPlan) -> None:
        self.digits = plan.digits
        self.access_users = {read_address(number).user for number in plan.access_numbers}
        self.attendants: dict[str, AutoAttendant] = {}
        self.by_uri: dict[Address, Mailbox] = {}
        self.by_user: dict[str, Mailbox] = {}
        self.by_extension: dict[str, Mailbox] = {}

    def add_mailbox(self, mailbox: Mailbox) -> None:
        for extension in (mailbox.extension, *mailbox.other_extensions):
            self.by_extension.setdefault(read_address(extension).user, mailbox)
        if mailbox.sip_uri:
            address = read_address(mailbox.sip_uri)
            self.by_uri.setdefault(address, mailbox)
            self.by_user.setdefault(address.user, mailbox)

    def mailbox(self, address: Address) -> Mailbox | None:
        """Extension first, then the whole URI, then its user alone, then an E.164 number's end."""
        return (
            self.by_extension.get(address.user)
            or self.by_uri.get(address)
            or self.by_user.get(address.user)
            or self.by_extension.get(address.ends_in(self.digits))
        )


def _indexes(configuration: Configuration) -> Mapping[str, _PlanIndex]:
    plans = {name: _PlanIndex(plan) for name, plan in configuration.dial_plans.items()}
    for attendant in configuration.attendants.values():
        if attendant.dial_plan in plans:
            _add_pilots(plans[attendant.dial_plan], attendant, attendant.pilots)
    for mailbox in configuration.mailboxes.values():
        if mailbox.dial_plan in plans:
            plans[mailbox.dial_plan].add_mailbox(mailbox)
    return plans


def _add_pilots(plan: _PlanIndex, attendant: AutoAttendant, pilots: Iterable[str]) -> None:
    for pilot in pilots:
        plan.attendants.setdefault(read_address(pilot).user, attendant)
