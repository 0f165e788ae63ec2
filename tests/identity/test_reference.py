"""Reference identities: what a person may write, and what it is taken for."""

import base64

import pytest

from umbel.identity.reference import ReferenceKind, reference

PIN = "ab" * 32
BASE64 = base64.b64encode(bytes.fromhex(PIN)).decode()


class TestReference:
    @pytest.mark.parametrize(
        ("text", "kind", "canonical"),
        [
            ("Node01.domain.local", ReferenceKind.HOST, "node01.domain.local"),
            (" node01.domain.local. ", ReferenceKind.HOST, "node01.domain.local"),
            ("sip:domain.local", ReferenceKind.HOST, "domain.local"),
            ("SIPS:domain.local", ReferenceKind.HOST, "domain.local"),
            ("bücher.example", ReferenceKind.HOST, "xn--bcher-kva.example"),
            ("192.0.2.1", ReferenceKind.ADDRESS, "192.0.2.1"),
            ("[2001:DB8:0::1]", ReferenceKind.ADDRESS, "2001:db8::1"),
            ("2001:db8::1", ReferenceKind.ADDRESS, "2001:db8::1"),
            ("sip:192.0.2.1", ReferenceKind.ADDRESS, "192.0.2.1"),
            ("_sips.Domain.local", ReferenceKind.SERVICE, "_sips.domain.local"),
            (PIN.upper(), ReferenceKind.PUBLIC_KEY, PIN),
            (":".join(["AB"] * 32), ReferenceKind.PUBLIC_KEY, PIN),
            (f"sha256:{PIN}", ReferenceKind.PUBLIC_KEY, PIN),
            (f"SHA256/{BASE64}", ReferenceKind.PUBLIC_KEY, PIN),
            (f"pin-sha256:{BASE64}", ReferenceKind.PUBLIC_KEY, PIN),
            ("", ReferenceKind.IMPOSSIBLE, ""),
            ("*.domain.local", ReferenceKind.IMPOSSIBLE, ""),
            ("sip:bell@domain.local", ReferenceKind.IMPOSSIBLE, ""),
            ("sha256/short", ReferenceKind.IMPOSSIBLE, ""),
            ("sha256/YWJj", ReferenceKind.IMPOSSIBLE, ""),
        ],
    )
    def test_is_read_as_what_it_is(self, text: str, kind: ReferenceKind, canonical: str) -> None:
        found = reference(text, "a test")

        assert (found.kind, found.canonical) == (kind, canonical)
        assert str(found) == text
        assert found.origin == "a test"
