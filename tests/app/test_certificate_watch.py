"""A running node's certificate files: what fits is taken up, what does not is told."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.prompts import RememberedEvents
from tests.support.still_clock import PIONEERS_DAY, StillClock

from umbel.app.certificate_watch import CertificateWatch, load_identity
from umbel.app.settings import TlsSettings
from umbel.backends.authority import Authority
from umbel.core import event_catalogue as catalogue
from umbel.identity.certificate_request import RequestedNames
from umbel.net.tls_identity import TlsIdentity

NODE = "node01.domain.local"
NAMES = RequestedNames.of_node(NODE)


class Watched:
    """A node's files under a watch, and what came of it."""

    def __init__(self, folder: Path) -> None:
        self.authority = Authority(folder, PIONEERS_DAY)
        files = self.authority.issue(NODE)
        self.certificate, self.key, self.trust = files.certificate, files.key, files.trust
        self.events = RememberedEvents()
        self.used: list[TlsIdentity] = []
        tls = TlsSettings(
            certificate=str(files.certificate),
            key=str(files.key),
            trust=str(files.trust),
            revocation_lists=(str(self.authority.renew_revocation_list()),),
        )
        self.watch = CertificateWatch(
            tls,
            load_identity(tls),
            node=NODE,
            use=self.used.append,
            events=self.events,
            clock=StillClock(),
        )

    @property
    def told(self) -> list[int]:
        return [kind.number for kind, _ in self.events.told]

    async def look_twice(self) -> None:
        """What does not fit is told when it stays as it is."""
        await self.watch.look()
        await self.watch.look()


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    """Give a watch over a good certificate."""
    return Watched(tmp_path)


class TestFilesThatStay:
    async def test_are_left_in_peace(self, watched: Watched) -> None:
        await watched.look_twice()

        assert (watched.used, watched.told) == ([], [])


class TestANewCertificate:
    async def test_is_used_and_told_with_the_old(self, watched: Watched) -> None:
        old = watched.watch.facts
        watched.authority.issue(NODE)
        await watched.watch.look()
        new = watched.watch.facts
        ((kind, fields),) = watched.events.told

        assert [one.chain for one in watched.used] == [watched.watch.identity.chain]
        assert kind is catalogue.CERTIFICATE_REPLACED
        assert old is not None
        assert new is not None
        assert (fields["old_serial"], fields["new_serial"]) == (old.serial, new.serial)
        assert fields["new_fingerprint"] == new.fingerprint

    async def test_that_warns_is_used_and_its_doubts_are_told(self, watched: Watched) -> None:
        files = watched.authority.issue("um.domain.local")
        files.certificate.replace(watched.certificate)
        files.key.replace(watched.key)
        await watched.watch.look()

        assert len(watched.used) == 1
        assert watched.told == [2070, 2043, 2043]

    async def test_comes_with_other_authorities_alone(
        self, watched: Watched, tmp_path: Path
    ) -> None:
        another = Authority(tmp_path / "another", PIONEERS_DAY)
        watched.trust.write_bytes(watched.authority.root_pem + another.root_pem)
        await watched.watch.look()
        ((kind, fields),) = watched.events.told

        assert (kind, fields["count"]) == (catalogue.TRUST_REPLACED, 2)
        assert len(watched.used) == 1


class TestANewRevocationList:
    async def test_is_used_and_told(self, watched: Watched) -> None:
        watched.authority.revoke("0a:0b")
        await watched.watch.look()

        assert watched.told == [2071]
        assert watched.used[0].revocation_lists == watched.watch.identity.revocation_lists

    async def test_that_holds_our_own_certificate_is_not_used(self, watched: Watched) -> None:
        """The old identity stays: an administrator is to see what is wrong first."""
        facts = watched.watch.facts
        assert facts is not None
        watched.authority.revoke(facts.serial)
        await watched.look_twice()

        assert (watched.used, watched.told) == ([], [2072])


def _remove(watched: Watched) -> None:
    watched.certificate.unlink()


def _write_nonsense(watched: Watched) -> None:
    watched.certificate.write_text("nonsense")


def _use_another_key(watched: Watched) -> None:
    watched.authority.issue("another").key.replace(watched.key)


class TestFilesThatDoNotFit:
    @pytest.mark.parametrize("spoil", [_remove, _write_nonsense, _use_another_key])
    async def test_are_told_once_and_not_used(
        self, watched: Watched, spoil: Callable[[Watched], None]
    ) -> None:
        spoil(watched)
        await watched.look_twice()
        await watched.look_twice()

        assert (watched.used, watched.told) == ([], [2072])

    async def test_for_a_moment_only_are_not_told(self, watched: Watched) -> None:
        """Whoever copies the key first and the certificate then is no cause for an alarm."""
        fresh = watched.authority.issue("fresh")
        fresh.key.replace(watched.key)
        await watched.watch.look()
        fresh.certificate.replace(watched.certificate)
        await watched.watch.look()

        assert watched.told == [2070, 2043, 2043]

    async def test_because_they_are_out_of_date_are_not_used(
        self, watched: Watched, tmp_path: Path
    ) -> None:
        late = Authority(tmp_path, PIONEERS_DAY.replace(year=2020))
        files = late.issue_with_key(NAMES, folder=tmp_path / "late")
        files.certificate.replace(watched.certificate)
        files.key.replace(watched.key)
        await watched.look_twice()

        assert (watched.used, watched.told) == ([], [2072])
        assert watched.events.told[0][1]["code"] == "chain.expired"
