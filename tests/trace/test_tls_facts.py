"""What is said of a TLS connection in a line, and whether its peer was believed."""

from dataclasses import replace

from tests.support.certificates import authority, leaf
from tests.support.traces import HANDSHAKE, REFUSED

from umbel.identity.handshake import Role
from umbel.trace.tls_facts import tls_facts, tls_in_short, verification

CHAIN = (leaf("pool.example.org", issuer=authority()).der,)


class TestVerification:
    def test_is_told_with_its_reason(self) -> None:
        shown = replace(REFUSED, peer_chain=CHAIN)
        told = [
            verification(replace(HANDSHAKE.report, peer_chain=CHAIN)),
            verification(replace(shown, verify_code=10, verify_text="certificate has expired")),
            verification(shown),
            verification(REFUSED),
            verification(replace(REFUSED, is_resumed=True)),
        ]

        assert told == [
            "verified",
            "not verified: certificate has expired",
            "not verified",
            "no certificate shown",
            "not shown again: an earlier session was resumed",
        ]


class TestFacts:
    def test_say_who_opened_the_connection(self) -> None:
        accepted = replace(REFUSED, role=Role.SERVER, server_name=None)

        assert tls_facts(accepted)[0].startswith("opened by the peer; nothing agreed")

    def test_fit_into_a_line(self) -> None:
        assert tls_in_short(replace(HANDSHAKE.report, peer_chain=CHAIN)) == (
            "TLSv1.3, TLS_AES_256_GCM_SHA384, peer CN=pool.example.org, verified"
        )
        assert tls_in_short(REFUSED) == "TLS, peer unknown, no certificate shown"

    def test_name_a_certificate_without_a_subject(self) -> None:
        assert "a certificate without a subject" in tls_facts(replace(REFUSED, own_chain=(b"",)))[1]
