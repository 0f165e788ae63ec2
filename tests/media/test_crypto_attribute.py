import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.repeatable import repeatable

from umbel.media.crypto_attribute import CryptoAttribute, UnusableCrypto
from umbel.media.session import SrtpKey, SrtpSuite

KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd"
MASTER = bytes(range(30))
SUITE = "AES_CM_128_HMAC_SHA1_80"

attributes = st.builds(
    CryptoAttribute,
    tag=st.integers(0, 999_999_999),
    key=st.builds(
        SrtpKey,
        suite=st.sampled_from(SrtpSuite),
        master=st.binary(min_size=30, max_size=30),
        mki=st.binary(max_size=8),
    ),
    lifetime=st.sampled_from(["", "2^20", "2^48", "1000000"]),
)


class TestAnAttribute:
    @repeatable
    @given(attributes)
    def test_comes_back_as_it_was_written(self, attribute: CryptoAttribute) -> None:
        assert CryptoAttribute.parse(str(attribute)) == attribute

    @pytest.mark.parametrize(
        ("value", "lifetime", "mki"),
        [
            (f"1 {SUITE} inline:{KEY}", "", b""),
            (f"1  {SUITE}\tinline:{KEY} ", "", b""),
            (f"1 {SUITE} inline:{KEY}|2^31", "2^31", b""),
            (f"1 {SUITE} inline:{KEY}|1048576|1:4", "1048576", b"\0\0\0\1"),
            (f"1 {SUITE} inline:{KEY}|2^31|1:1", "2^31", b"\1"),
            (f"1 {SUITE} inline:{KEY}|66051:3", "", b"\1\2\3"),
            (f"1 {SUITE} inline:{KEY} KDR=0 WSH=128", "", b""),
        ],
    )
    def test_has_a_key_and_what_qualifies_it(self, value: str, lifetime: str, mki: bytes) -> None:
        key = SrtpKey(suite=SrtpSuite.AES_CM_128_HMAC_SHA1_80, master=MASTER, mki=mki)

        assert CryptoAttribute.parse(value) == CryptoAttribute(tag=1, key=key, lifetime=lifetime)

    def test_may_leave_out_the_padding_of_base64(self) -> None:
        """Never needed for 30 octets, so that a wrong length is told as one."""
        with pytest.raises(UnusableCrypto, match="has 29 octets, not 30"):
            CryptoAttribute.parse(f"1 {SUITE} inline:{KEY[:-1]}")

    def test_does_not_show_its_key_by_accident(self) -> None:
        assert KEY not in repr(CryptoAttribute.parse(f"1 {SUITE} inline:{KEY}"))


class TestAKeyThatWeCannotUse:
    @pytest.mark.parametrize(
        ("value", "says"),
        [
            ("", "tag '' is no number"),
            (f"x {SUITE} inline:{KEY}", "tag 'x' is no number"),
            (f"9999999999 {SUITE} inline:{KEY}", "tag '9999999999' is no number"),
            ("1", "suite '' is not known"),
            (f"1 AES_256_CM_HMAC_SHA1_80 inline:{KEY}", "suite 'AES_256_CM_HMAC_SHA1_80'"),
            (f"1 {SUITE}", "not given inline"),
            (f"1 {SUITE} uri:{KEY}", "not given inline"),
            (f"1 {SUITE} inline:{KEY}|2^31|1:1;inline:{KEY}|2^31|2:1", "several master keys"),
            (f"1 {SUITE} inline:", "has 0 octets, not 30"),
            (f"1 {SUITE} inline:{KEY}AAAA", "has 33 octets, not 30"),
            (f"1 {SUITE} inline:!{KEY}", "not base64"),
            (f"1 {SUITE} inline:é{KEY}", "not base64"),
            (f"1 {SUITE} inline:{KEY}|2^31|x", "neither a lifetime nor an MKI"),
            (f"1 {SUITE} inline:{KEY}|256:1", "256 does not fit into 1 octets"),
            (f"1 {SUITE} inline:{KEY}|1:0", "1 does not fit into 0 octets"),
            (f"1 {SUITE} inline:{KEY}|1:129", "1 does not fit into 129 octets"),
            (f"1 {SUITE} inline:{KEY} UNENCRYPTED_SRTP", "UNENCRYPTED_SRTP' is not supported"),
            (f"1 {SUITE} inline:{KEY} KDR=3", "KDR=3' is not supported"),
        ],
    )
    def test_is_told_why(self, value: str, says: str) -> None:
        with pytest.raises(UnusableCrypto, match=says):
            CryptoAttribute.parse(value)

    @pytest.mark.parametrize("value", [f"1 {SUITE} {KEY}", f"1 {SUITE} inline:{KEY}|{KEY}"])
    def test_is_not_quoted(self, value: str) -> None:
        """The text goes into logs and answers."""
        with pytest.raises(UnusableCrypto) as told:
            CryptoAttribute.parse(value)

        assert KEY[:8] not in str(told.value)
