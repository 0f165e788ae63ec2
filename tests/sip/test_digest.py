"""Digest authentication as a client. The values are those of the documents' own examples."""

from dataclasses import replace

import pytest

from umbel.sip.digest import (
    Asked,
    Challenge,
    Credentials,
    Nonce,
    UnusableChallenge,
    authorization,
    challenges_of,
    choose,
    request_digest,
)
from umbel.sip.errors import MalformedMessage
from umbel.sip.headers import Headers
from umbel.sip.message import Request, Response
from umbel.sip.uri import Uri

MUFASA = Credentials(username="Mufasa", password="Circle of Life")
CNONCE = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
BOB = Credentials(username="bob", password="zanzibar")
RFC_7616 = Challenge(
    realm="http-auth@example.org",
    nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
    algorithm="MD5",
    qop=("auth", "auth-int"),
    opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS",
)


def response_in(field: str) -> str:
    """Cut the response out of an Authorization."""
    return field.partition('response="')[2].partition('"')[0]


def challenged(*values: str, name: str = "WWW-Authenticate") -> Response:
    """Build a response that asks for authentication."""
    return Response(401, "Unauthorized", Headers((name, value) for value in values))


INVITE = Request("INVITE", Uri.parse("sip:bob@biloxi.example.com"))


class TestChallenges:
    def test_have_all_their_parameters(self) -> None:
        response = challenged(
            'Digest realm="atlanta.com", domain="sip:boxesbybob.com", qop="auth, Auth-Int",'
            ' nonce="f84f1cec", opaque="", stale=TRUE, algorithm=SHA-256'
        )

        assert challenges_of(response) == [
            Challenge(
                realm="atlanta.com",
                nonce="f84f1cec",
                algorithm="SHA-256",
                qop=("auth", "auth-int"),
                opaque="",
                is_stale=True,
            )
        ]

    def test_come_from_proxies_too(self) -> None:
        (challenge,) = challenges_of(
            challenged('Digest realm="a", nonce="b"', name="Proxy-Authenticate")
        )

        assert challenge == Challenge(realm="a", nonce="b", is_by_proxy=True)

    def test_of_other_schemes_are_passed_over(self) -> None:
        response = challenged(
            'NTLM realm="a", targetname="b"', 'Digest realm="a", nonce="b"', "Negotiate"
        )

        assert len(challenges_of(response)) == 1

    @pytest.mark.parametrize(
        ("value", "complaint"),
        [
            ("", "expected an authentication scheme"),
            ("Digest", "expected a parameter name"),
            ("Digest realm", "expected '='"),
            ("Digest realm=", "expected a parameter value"),
            ('Digest realm="a', "expected a quotation mark"),
            ('Digest realm="a",', "expected a parameter name"),
            ('Digest realm="a" nonce="b"', "expected a comma or the end"),
            ('Digest nonce="b"', "found the end, expected a realm"),
            ('Digest realm="b"', "found the end, expected a nonce"),
        ],
    )
    def test_that_are_malformed_say_where(self, value: str, complaint: str) -> None:
        with pytest.raises(MalformedMessage) as caught:
            challenges_of(challenged(value))

        assert complaint in str(caught.value)

    def test_with_many_parameters_are_read_at_once(self) -> None:
        """A regular expression of another parser takes exponential time here."""
        with pytest.raises(MalformedMessage):
            challenges_of(challenged("Digest " + 'a="x",' * 5000 + "!"))


class TestChoosing:
    def test_takes_the_first_of_each_realm_that_is_usable(self) -> None:
        strange = Challenge(realm="a", nonce="1", algorithm="SHA-512-256")
        sha256 = Challenge(realm="a", nonce="2", algorithm="SHA-256", qop=("auth",))
        md5 = Challenge(realm="a", nonce="3", algorithm="MD5")
        proxy = Challenge(realm="a", nonce="4", is_by_proxy=True)
        odd_qop = Challenge(realm="b", nonce="5", qop=("auth-later",))

        assert choose([strange, sha256, md5, proxy, odd_qop], MUFASA) == [sha256, proxy]

    def test_keeps_credentials_from_other_realms(self) -> None:
        ours = Credentials(username="a", password="b", realm="ours")
        challenge = Challenge(realm="ours", nonce="1")

        assert choose([Challenge(realm="theirs", nonce="1"), challenge], ours) == [challenge]

    def test_may_find_nothing(self) -> None:
        with pytest.raises(UnusableChallenge):
            choose([Challenge(realm="a", nonce="1", algorithm="X")], MUFASA)


class TestAnswering:
    def test_has_the_fields_that_were_asked_for(self) -> None:
        challenge = Challenge(realm="biloxi.com", nonce="dcd98b71", opaque="5ccc")

        name, value = authorization(INVITE, challenge, BOB, Nonce(cnonce="x"))

        assert name == "Authorization"
        assert value == (
            'Digest username="bob", realm="biloxi.com", nonce="dcd98b71", '
            'uri="sip:bob@biloxi.example.com", '
            f'response="{response_in(value)}", opaque="5ccc"'
        )

    def test_tells_algorithm_and_count_where_these_matter(self) -> None:
        _, value = authorization(INVITE, RFC_7616, MUFASA, Nonce(cnonce=CNONCE))

        assert f'algorithm=MD5, cnonce="{CNONCE}", qop=auth, nc=00000001, opaque=' in value

    @pytest.mark.parametrize(
        ("algorithm", "expected"),
        [
            ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
            ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
        ],
    )
    def test_gives_what_rfc_7616_gives(self, algorithm: str, expected: str) -> None:
        """Section 3.9.1."""
        challenge = replace(RFC_7616, algorithm=algorithm)
        asked = Asked(method="GET", uri="/dir/index.html")

        assert request_digest(challenge, MUFASA, Nonce(cnonce=CNONCE), asked) == expected

    @pytest.mark.parametrize(
        ("algorithm", "qop", "expected"),
        [
            (None, (), "c178477f832a64804f0ee4ad83a8e8eb"),
            ("MD5-sess", ("auth",), "5f45d0ee339a8a1dd9035d76d4f8b41c"),
            (
                "SHA-256-sess",
                ("auth",),
                "c5af086561963c065713f57dd6b7803f386a5a6bab35c6f35c5197aaa4cc8f5a",
            ),
            ("MD5", ("auth-int",), "243ed45c36293eac81e2ae7d6bc3447d"),
        ],
    )
    def test_gives_what_another_program_gives(
        self, algorithm: str | None, qop: tuple[str, ...], expected: str
    ) -> None:
        """Computed with the md5sum and sha256sum of coreutils."""
        challenge = Challenge(realm="biloxi.com", nonce="dcd98b71", algorithm=algorithm, qop=qop)
        asked = Asked(method="INVITE", uri="sip:bob@biloxi.com", body=b"v=0\r\n")

        assert request_digest(challenge, BOB, Nonce(cnonce="0a4f", count=2), asked) == expected

    def test_counts_the_uses_of_a_nonce(self) -> None:
        _, first = authorization(INVITE, RFC_7616, MUFASA, Nonce(cnonce="a"))
        _, second = authorization(INVITE, RFC_7616, MUFASA, Nonce(cnonce="a", count=26))

        assert "nc=0000001a" in second
        assert response_in(first) != response_in(second)

    def test_goes_to_a_proxy_under_another_name(self) -> None:
        challenge = Challenge(realm="a", nonce="1", is_by_proxy=True)

        assert (
            authorization(INVITE, challenge, MUFASA, Nonce(cnonce="c"))[0] == "Proxy-Authorization"
        )

    def test_quotes_what_it_repeats(self) -> None:
        challenge = Challenge(realm='a "b"', nonce="1")

        _, value = authorization(INVITE, challenge, MUFASA, Nonce(cnonce="c"))

        assert r'realm="a \"b\""' in value


class TestCredentials:
    def test_never_show_their_password(self) -> None:
        assert "Circle" not in repr(MUFASA)
