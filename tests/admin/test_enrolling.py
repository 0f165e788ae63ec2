"""Joining and renewing over a store that nobody believes: what is answered, and what is not."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.support.enrolments import MemoryEnrolments
from tests.support.program import until
from tests.support.prompts import RememberedEvents
from tests.support.repeatable_randomness import RepeatableRandomness
from tests.support.still_clock import PIONEERS_DAY, StillClock

from umbel.admin.certificates import Certificates, Installed, NodeFiles
from umbel.admin.enrolling import Enrolling
from umbel.admin.enrolment_desk import EnrolmentDesk
from umbel.admin.issuing import Issuing
from umbel.backends.authority import Authority
from umbel.backends.certificate_files import PemFiles
from umbel.backends.token_folder import TokenFolder
from umbel.core.errors import Mistake, Unavailable
from umbel.identity.certificate_request import KeyKind, RequestedNames
from umbel.identity.enrolment import Enrolment, Stage
from umbel.identity.join_token import JoinToken

NODE, ARRAY = "node02.domain.local", "um.domain.local"
NAMES = RequestedNames.of_node(NODE)
EC = KeyKind.EC_P256
HOUR = timedelta(hours=1)


class Cluster:
    """An authority's machine, a node, and the store between them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = StillClock()
        self.events = RememberedEvents()
        self.randomness = RepeatableRandomness()
        self.enrolments = MemoryEnrolments()
        self.authority_folder = folder / "authority"
        self.authority()
        self.desk = EnrolmentDesk(
            self.authority,
            TokenFolder(self.authority_folder / "tokens"),
            self.enrolments,
            events=self.events,
            clock=self.clock,
        )
        self.at = NodeFiles(
            certificate=folder / "node.pem", key=folder / "node.key", trust=folder / "trust.pem"
        )
        self.certificates = Certificates(PemFiles(), node=NODE, at=self.at, clock=self.clock)

    def authority(self) -> Authority:
        return Authority(self.authority_folder, self.clock.wall())

    def enrolling(self, patience: float = 5.0, node: str = NODE) -> Enrolling:
        return Enrolling(
            self.certificates,
            self.enrolments,
            node=node,
            clock=self.clock,
            randomness=self.randomness,
            patience=patience,
        )

    async def token(self, *names: str) -> JoinToken:
        return await self.desk.give_token(NODE, names, good_for=HOUR, randomness=self.randomness)

    async def join(self, token: JoinToken, names: RequestedNames = NAMES) -> Installed:
        return await self.answered(self.enrolling().join(token, names, EC))

    async def renew(self, names: RequestedNames = NAMES) -> Installed:
        return await self.answered(self.enrolling().renew(names, EC))

    async def answered(
        self,
        asking: Coroutine[None, None, Installed],
        meanwhile: Callable[[Enrolment], Enrolment] | None = None,
    ) -> Installed:
        """Let a node ask, *meanwhile* change what stands in the store, and answer."""
        task = asyncio.ensure_future(asking)
        kept = self.enrolments.kept
        await until(
            lambda: task.done() or any(one.stage is Stage.ASKED for one in kept.values()),
            5,
            lambda: AssertionError("the node did not ask"),
        )
        if meanwhile is not None:
            for name, one in list(self.enrolments.kept.items()):
                self.enrolments.kept[name] = meanwhile(one)
        await self.desk.answer()
        return await task

    def has_certificate(self, *more: str, authority: Path | None = None) -> None:
        """Give the node a certificate of the authority, or of another."""
        made = Authority(authority or self.authority_folder, self.clock.wall())
        names = RequestedNames.of_node(NODE, more)
        assert Issuing(made, self.certificates).issue_here(names, EC).new is not None

    @property
    def told(self) -> list[int]:
        return [kind.number for kind, _ in self.events.told]


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    """Give an authority and a node that does not know it."""
    return Cluster(tmp_path)


class TestJoining:
    async def test_gives_a_certificate_whose_key_never_left(self, cluster: Cluster) -> None:
        done = await cluster.join(await cluster.token())
        (kept,) = cluster.enrolments.kept.values()

        assert done.new is not None
        assert done.new.subject == f"CN={NODE}"
        assert cluster.at.trust.read_bytes() == cluster.authority().root_pem
        assert "PRIVATE" not in f"{kept}"
        assert cluster.told == [2074]

    async def test_keeps_the_secret_out_of_the_store(self, cluster: Cluster) -> None:
        token = await cluster.token()
        await cluster.join(token)

        assert token.secret.hex() not in f"{cluster.enrolments.kept}"

    async def test_works_once(self, cluster: Cluster) -> None:
        token = await cluster.token()
        await cluster.join(token)

        with pytest.raises(Mistake, match="the token was used already"):
            await cluster.join(token)

    async def test_works_once_also_when_the_store_was_made_to_forget(
        self, cluster: Cluster
    ) -> None:
        """A thief of a used token who writes to the store: the authority's own folder remembers."""
        token = await cluster.token()
        await cluster.join(token)
        cluster.enrolments.kept.clear()

        with pytest.raises(Mistake, match="unknown, was used already, or has expired"):
            await cluster.join(token)

    async def test_is_for_the_node_of_the_token(self, cluster: Cluster) -> None:
        token = await cluster.token()

        with pytest.raises(Mistake, match=f"a token for {NODE}"):
            await cluster.enrolling(node="node03.domain.local").join(token, NAMES, EC)

    async def test_ends_with_the_token(self, cluster: Cluster) -> None:
        token = await cluster.token()
        cluster.clock.go_on(HOUR.total_seconds() + 1)

        with pytest.raises(Mistake, match="the token expired on"):
            await cluster.join(token)
        assert cluster.told == [2075]

    async def test_gives_permitted_names_only(self, cluster: Cluster) -> None:
        wished = RequestedNames.of_node(NODE, [ARRAY])
        with pytest.raises(Mistake, match=f"it asks for {ARRAY}, which nobody permitted"):
            await cluster.join(await cluster.token(), wished)

        done = await cluster.join(await cluster.token(ARRAY), wished)
        assert done.new is not None
        assert done.new.names.dns_names == (NODE, ARRAY)

    async def test_gives_no_other_nodes_name(self, cluster: Cluster) -> None:
        """Somebody with a token for one node would like to be another."""
        with pytest.raises(Mistake, match="it asks for the common name node01"):
            await cluster.join(await cluster.token(), RequestedNames.of_node("node01.domain.local"))

    async def test_waits_no_longer_than_its_patience(self, cluster: Cluster) -> None:
        with pytest.raises(Unavailable, match="no answer within"):
            await cluster.enrolling(patience=0.01).join(await cluster.token(), NAMES, EC)


class TestAThiefOfTheStore:
    async def test_cannot_put_a_request_in_place_of_the_nodes(self, cluster: Cluster) -> None:
        thief = Certificates(
            PemFiles(),
            node=NODE,
            at=NodeFiles(
                **{name: cluster.folder / "thief" for name in ("certificate", "key", "trust")}
            ),
            clock=cluster.clock,
        )
        forged = thief.request(NAMES, EC).pem.decode()

        with pytest.raises(Mistake, match="not made by the node that has the token"):
            await cluster.answered(
                cluster.enrolling().join(await cluster.token(), NAMES, EC),
                lambda one: replace(one, request=forged),
            )

    async def test_does_not_use_up_the_token_by_that(self, cluster: Cluster) -> None:
        token = await cluster.token()
        with pytest.raises(Mistake):
            await cluster.answered(
                cluster.enrolling().join(token, NAMES, EC),
                lambda one: replace(one, proof="00"),
            )

        assert (await cluster.join(token)).new is not None

    async def test_cannot_answer_as_another_authority(self, cluster: Cluster) -> None:
        token = await cluster.token()
        another = Authority(cluster.folder / "another", PIONEERS_DAY)

        def answer(one: Enrolment) -> Enrolment:
            chain = another.sign(one.request.encode()).decode()
            root = another.root_pem.decode()
            return replace(one, stage=Stage.ISSUED, chain=chain, root=root)

        with pytest.raises(Mistake, match="an answer by another authority"):
            await cluster.answered(cluster.enrolling().join(token, NAMES, EC), answer)
        assert not cluster.at.certificate.exists()
        assert not cluster.at.trust.exists()

    async def test_cannot_slip_in_a_certificate_under_the_right_root(
        self, cluster: Cluster
    ) -> None:
        another = Authority(cluster.folder / "another", PIONEERS_DAY)

        def answer(one: Enrolment) -> Enrolment:
            chain = another.sign(one.request.encode()).decode()
            root = cluster.authority().root_pem.decode()
            return replace(one, stage=Stage.ISSUED, chain=chain, root=root)

        done = await cluster.answered(
            cluster.enrolling().join(await cluster.token(), NAMES, EC), answer
        )
        assert done.new is None
        assert [one.code for one in done.findings] == ["chain.issuer-has-another-key"]

    async def test_gets_nothing_for_a_request_that_is_none(self, cluster: Cluster) -> None:
        nonsense = Enrolment(
            id="thief", node=NODE, stage=Stage.ASKED, at=PIONEERS_DAY, certificate="none",
            request="none", proof="none",
        )  # fmt: skip
        await cluster.enrolments.put(nonsense)
        await cluster.enrolments.put(replace(nonsense, id="../thief", certificate=""))
        await cluster.desk.answer()

        assert {one.stage for one in cluster.enrolments.kept.values()} == {Stage.REFUSED}


class TestRenewing:
    async def test_is_proved_by_the_certificate_in_use(self, cluster: Cluster) -> None:
        cluster.has_certificate()
        done = await cluster.renew()

        assert done.old is not None
        assert done.new is not None
        assert done.old.pin != done.new.pin

    async def test_gives_each_its_own_in_place_of_a_shared_one(self, cluster: Cluster) -> None:
        """The cure of the incident: the shared certificate names the node, and that is enough."""
        shared = cluster.authority().issue_with_key(RequestedNames.of_node(ARRAY, [NODE]))
        cluster.certificates.trust_also(cluster.authority().root_pem)
        cluster.certificates.install(shared.certificate, key=shared.key, forced=True)
        done = await cluster.renew()

        assert done.new is not None
        assert done.new.names.common_names == (NODE,)

    async def test_gives_no_name_that_was_not_there(self, cluster: Cluster) -> None:
        cluster.has_certificate()

        with pytest.raises(Mistake, match=f"it asks for {ARRAY}"):
            await cluster.renew(RequestedNames.of_node(NODE, [ARRAY]))

    async def test_gives_nothing_to_a_node_that_is_not_named(self, cluster: Cluster) -> None:
        cluster.has_certificate()
        asking = cluster.enrolling(node="node03.domain.local").renew(NAMES, EC)

        with pytest.raises(Mistake, match="does not name node03"):
            await cluster.answered(asking)

    async def test_ends_with_the_certificate_in_use(self, cluster: Cluster) -> None:
        cluster.has_certificate()
        cluster.clock.go_on(timedelta(days=366).total_seconds())

        with pytest.raises(Mistake, match="let the node join"):
            await cluster.renew()

    async def test_ends_with_revocation(self, cluster: Cluster) -> None:
        cluster.has_certificate()
        (facts,) = cluster.certificates.show().certificates
        cluster.authority().revoke(getattr(facts, "serial", ""))

        with pytest.raises(Mistake, match="the certificate in use was revoked"):
            await cluster.renew()

    async def test_is_refused_to_certificates_of_others(self, cluster: Cluster) -> None:
        cluster.has_certificate(authority=cluster.folder / "another")

        with pytest.raises(Mistake, match="was not issued by this authority"):
            await cluster.renew()

    async def test_is_refused_to_whoever_only_saw_the_certificate(self, cluster: Cluster) -> None:
        cluster.has_certificate()
        with pytest.raises(Mistake, match="not made by the node that has the certificate's key"):
            await cluster.answered(
                cluster.enrolling().renew(NAMES, EC), lambda one: replace(one, proof="00")
            )


class TestInvitations:
    async def test_are_followed_by_the_node_that_is_meant(self, cluster: Cluster) -> None:
        cluster.has_certificate(ARRAY)
        (name,) = await cluster.desk.invite([(NODE, [ARRAY])], cluster.randomness)
        wanted = await cluster.enrolling().invitation()
        assert wanted is not None
        done = await cluster.answered(
            cluster.enrolling().renew(RequestedNames.of_node(NODE, wanted.names), EC, wanted.id)
        )

        assert done.new is not None
        assert cluster.enrolments.kept[name].stage is Stage.ISSUED
        assert await cluster.enrolling().invitation() is None


async def test_the_desk_renews_the_revocation_list(cluster: Cluster) -> None:
    await cluster.desk.renew_revocation_list()

    assert (cluster.authority_folder / "authority.crl").exists()
