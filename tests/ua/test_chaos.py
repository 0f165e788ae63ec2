"""Whatever two applications do over a network that loses and reorders: it ends, once, and clean."""

from collections.abc import Callable
from contextlib import suppress

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.calls import call
from tests.support.virtual_network import EMPTY, Agent, VirtualNetwork, local_media

from umbel.core.errors import Misuse
from umbel.core.instants import Instant
from umbel.sip.uri import Uri
from umbel.ua import Leg, LegState, Policy
from umbel.ua.events import CallOffered, Event, LegEnded

TARGET = Uri.parse("sip:strowger@192.0.2.77")
Verb = Callable[[Leg, Instant], None]

VERBS: dict[str, Verb] = {
    "ring": lambda leg, now: leg.ring(now),
    "answer": lambda leg, now: leg.answer(local_media(20000), now),
    "reject": lambda leg, now: leg.reject(486, "busy", now),
    "redirect": lambda leg, now: leg.redirect(TARGET, now),
    "hang up": lambda leg, now: leg.hang_up(now, "enough"),
    "cancel": lambda leg, now: leg.cancel(now),
    "refer": lambda leg, now: leg.refer(TARGET, None, now),
    "re-offer": lambda leg, now: leg.re_offer(local_media(30000), now),
    "accept transfer": lambda leg, now: leg.accept_transfer(now),
    "report transfer": lambda leg, now: leg.report_transfer(200, now),
    "decline transfer": lambda leg, now: leg.decline_transfer(now),
}

steps = st.lists(
    st.tuples(
        st.sampled_from(["bell", "watson"]),
        st.sampled_from(sorted(VERBS)),
        st.sampled_from([0.0, 0.015, 0.3, 2.0, 40.0]),
    ),
    max_size=10,
)
fates = st.lists(st.sampled_from(["arrives"] * 4 + ["is lost", "is late"]), max_size=40)


class Actor:
    """An application that does what it is told with its latest leg."""

    def __init__(self, network: VirtualNetwork, agent: Agent) -> None:
        self.network = network
        self.agent = agent
        self.legs: list[Leg] = []
        agent.on(CallOffered, lambda offer: self.legs.append(offer.leg))

    def act(self, verb: str) -> None:
        if not self.legs:
            return
        with suppress(Misuse):  # The application tries what its leg is not ready for.
            VERBS[verb](self.legs[-1], self.network.now)
        self.agent.settle()

    def events_of(self, leg: Leg) -> list[Event]:
        return [event for event in self.agent.events if getattr(event, "leg", None) is leg]


class TestChaos:
    @settings(
        derandomize=True,
        deadline=None,
        max_examples=400,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(steps=steps, fates=fates, follows=st.booleans())
    def test_always_ends_once_and_leaves_nothing(
        self, steps: list[tuple[str, str, float]], fates: list[str], follows: bool
    ) -> None:
        network = VirtualNetwork()

        def fate(number: int) -> str:
            return fates[number] if number < len(fates) else "arrives"

        network.loses = lambda number, _message: fate(number) == "is lost"
        network.delays = lambda number, _message: 0.7 if fate(number) == "is late" else 0.0
        policy = Policy(follows_transfers=follows)
        bell = Agent(network, "bell", "192.0.2.1", policy)
        watson = Agent(network, "watson", "192.0.2.2", policy)
        actors = {"bell": Actor(network, bell), "watson": Actor(network, watson)}

        actors["bell"].legs.append(call(network, bell, watson))
        for actor, verb, wait in steps:
            network.run(wait)
            actors[actor].act(verb)
        network.run(1)
        for one in actors.values():
            one.act("hang up")
        network.run(120)
        for one in actors.values():
            for leg in one.legs:
                leg.hang_up(network.now)
            one.agent.settle()
        network.run_to_rest()

        for one in actors.values():
            for leg in one.legs:
                assert leg.state is LegState.ENDED
                assert isinstance(one.events_of(leg)[-1], LegEnded)
                assert sum(isinstance(event, LegEnded) for event in one.events_of(leg)) == 1
        assert (bell.gauges, watson.gauges) == (EMPTY, EMPTY)
