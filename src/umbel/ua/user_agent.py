"""The user agent: every SIP call of a node, driven by the network, its application, and time."""

from collections.abc import Sequence

from umbel.core.errors import PeerError
from umbel.core.identifiers import Randomness
from umbel.core.instants import Instant
from umbel.media.offer_answer import LocalMedia
from umbel.sip.address import Address
from umbel.sip.digest import Credentials
from umbel.sip.hop import Hop, Source, Transport
from umbel.sip.uri import Uri

from .admission import Admits, at_any_time
from .correspondence import Correspondence
from .doorkeeper import Knows, everybody
from .events import Effect, Event
from .leg import Leg, LegDirection
from .legs import Legs
from .local import LocalIdentity, Policy
from .options import OptionsRequest
from .outbound import OutboundInvite
from .ready_answers import ReadyAnswer, ReadyAnswers
from .reception import Reception
from .requests import new_invite
from .wire import Wire


class UserAgent:
    """
    All legs of one node, without a socket or a clock.

    Three sources drive it: the network (``receive``, ``resolved``, ``resolution_failed``,
    ``send_failed``), its application (``call``, ``options`` and the verbs of legs), and time
    (``handle_timeout`` at ``next_timeout``). After each call its driver carries out
    ``take_effects``, its application reads ``take_events``, and ``next_timeout`` may have changed.
    """

    def __init__(
        self,
        randomness: Randomness,
        identity: LocalIdentity,
        policy: Policy | None = None,
        *,
        knows: Knows = everybody,
        admits: Admits = at_any_time,
    ) -> None:
        """
        Begin without a leg.

        *knows* says why somebody may begin nothing with us: such are refused with 403. *admits* says
        how OPTIONS of the others are answered; their calls are for the application to decide.
        """
        self._wire = Wire(randomness, identity, policy or Policy())
        self._legs = Legs()
        self._reception = Reception(self._wire, self._legs, knows, admits)
        self._ready_answers = ReadyAnswers(self._wire, knows, admits)

    @property
    def is_accepting(self) -> bool:
        """Whether new calls are taken; otherwise INVITE and OPTIONS are answered with 503."""
        return self._reception.is_accepting

    @is_accepting.setter
    def is_accepting(self, is_accepting: bool) -> None:
        self._reception.is_accepting = is_accepting

    # --- the network ----------------------------------------------------------------------------

    def receive(self, data: bytes, source: Source, now: Instant) -> bool:
        """
        Take one whole message, as a datagram or a framed stream brought it.

        Says whether it was let in: it can be read, and whoever sends it has business with us.
        """
        # Empty lines keep a path through a NAT open (RFC 5626) and are no message.
        return bool(data.strip()) and self._reception.receive(data, source, now)

    def ready_answer(self, data: bytes, source: Source, now: Instant) -> ReadyAnswer | None:
        """
        Give the answer to a message that asks for nothing but it; ``None``: it is to be received.

        A message that is answered so leaves nothing in the out-trays, and no timer.
        """
        return self._ready_answers.answer_to(data, source, now) if self.is_accepting else None

    def refuse(self, octets: bytes, source: Source, error: PeerError) -> None:
        """Take what a stream brought in place of a message; it is answered where that is possible."""
        self._reception.refuse(octets, source, error)

    def resolved(self, key: str, hops: Sequence[Hop], now: Instant) -> None:
        """Take the answer to a ``Resolve``, the best hop first."""
        self._wire.resolved(key, list(hops), now)

    def resolution_failed(self, key: str, reason: str, now: Instant) -> None:
        """Take the news that a ``Resolve`` found nothing."""
        self._wire.resolution_failed(key, reason, now)

    def send_failed(self, key: str, reason: str, now: Instant) -> None:
        """Take the news that a ``Send`` could not be carried out."""
        self._wire.send_failed(key, reason, now)
        self._reception.lose_caller(key, reason, now)

    def carried(self, key: str, connection: str) -> None:
        """Take note of the connection that carried a ``Send``; empty: none, as with UDP."""
        self._wire.carried(key, connection)

    def connection_closed(self, connection: str, reason: str, now: Instant) -> None:
        """Take the news that a connection is gone: nobody answers what it carried last."""
        self._wire.connection_closed(connection, reason, now)

    # --- time -----------------------------------------------------------------------------------

    @property
    def next_timeout(self) -> Instant | None:
        """When ``handle_timeout`` wants to be called; ``None``: nothing is waited for."""
        return self._wire.next_timeout

    def handle_timeout(self, now: Instant) -> None:
        """Let everything act that is due."""
        self._wire.handle_timeout(now)

    # --- the out-trays --------------------------------------------------------------------------

    def take_effects(self) -> list[Effect]:
        """Give what the driver is to do, and forget it."""
        return self._wire.take_effects()

    def take_events(self) -> list[Event]:
        """Give what the application is to know, and forget it."""
        return self._wire.take_events()

    # --- the application ------------------------------------------------------------------------

    def call(
        self,
        target: Uri,
        local: LocalMedia,
        caller: Address,
        now: Instant,
        *,
        route: Sequence[Uri] = (),
        credentials: Credentials | None = None,
        headers: Sequence[tuple[str, str]] = (),
    ) -> Leg:
        """
        Call *target*, by way of *route*, on behalf of *caller*.

        Redirections are followed, challenges answered with *credentials*, and each hop tried
        that the way leads to. *headers* are added to the INVITE as they are.
        """
        correspondence = Correspondence(self._wire, self._legs, credentials=credentials)
        invite = new_invite(self._wire, target, caller, correspondence.local_tag, tuple(headers))
        leg = Leg(
            correspondence,
            direction=LegDirection.OUTBOUND,
            request=invite,
            remote=Address(uri=target),
        )
        self._legs.add(leg)
        leg.invitation = invitation = OutboundInvite(leg, tuple(route))
        invitation.start(local, now)
        return leg

    def options(
        self, target: Uri, now: Instant, *, route: Sequence[Uri] = (), hop: Hop | None = None
    ) -> str:
        """
        Ask whether *target* is alive; ``OptionsAnswered`` has the key that is returned.

        With *hop* only there, wherever the target leads: so each host of a pool is asked apart.
        """
        request = OptionsRequest(self._wire)
        request.start(target, tuple(route), hop, now)
        return request.key

    @property
    def transports(self) -> frozenset[Transport]:
        """By which transports we can be reached: a request has to say where its answer goes."""
        return frozenset(address.transport for address in self._wire.identity.addresses)

    # --- gauges ---------------------------------------------------------------------------------

    @property
    def legs(self) -> int:
        """How many legs there are, with those whose last messages are under way."""
        return len(self._legs)

    @property
    def dialogs(self) -> int:
        """How many dialogs there are."""
        return self._legs.dialogs

    @property
    def transactions(self) -> int:
        """How many transactions there are."""
        return self._wire.transactions

    @property
    def alarms(self) -> int:
        """How many timers of legs run."""
        return len(self._wire.alarms)

    @property
    def resolutions(self) -> int:
        """How many ``Resolve`` have not been answered."""
        return self._wire.resolutions
