"""Which encryption is offered and taken under which policy (RFC 4568, RFC 8643, MS-SDPEXT)."""

from base64 import b64encode

import pytest
from tests.support.sdp import (
    CRYPTO_32,
    CRYPTO_80,
    CRYPTO_256,
    THEIR_KEY,
    THEIR_MASTER,
    described,
    lines_of,
    ours,
)

from umbel.media.offer_answer import MediaSecurity, NotAcceptable
from umbel.media.session import MediaSession, SrtpSuite

NONE, OPTIONAL, REQUIRED = MediaSecurity
PLAIN, SECURE = "audio 4000 RTP/AVP 0", "audio 4000 RTP/SAVP 0"


def taken(security: MediaSecurity, media: str, *attributes: str) -> MediaSession | None:
    """Give what is agreed; ``None``: the offer is refused."""
    try:
        return ours(security).receive_offer(described(*attributes, media=media))[1]
    except NotAcceptable:
        return None


def outcome(security: MediaSecurity, media: str, *attributes: str) -> str:
    session = taken(security, media, *attributes)
    if session is None:
        return "refused"
    return "encrypted" if session.sends_with and session.receives_with else "plain"


class TestThePolicy:
    @pytest.mark.parametrize(
        ("media", "attributes", "none", "optional", "required"),
        [
            (PLAIN, (), "plain", "plain", "refused"),
            (PLAIN, (CRYPTO_80,), "plain", "encrypted", "encrypted"),
            (PLAIN, (CRYPTO_80, "encryption:optional"), "plain", "encrypted", "encrypted"),
            (PLAIN, (CRYPTO_80, "encryption:required"), "refused", "encrypted", "encrypted"),
            (PLAIN, (CRYPTO_80, "encryption:rejected"), "plain", "plain", "refused"),
            (PLAIN, ("encryption:required",), "refused", "refused", "refused"),
            (PLAIN, (CRYPTO_256,), "plain", "plain", "refused"),
            (SECURE, (CRYPTO_80,), "refused", "encrypted", "encrypted"),
            (SECURE, (CRYPTO_32,), "refused", "encrypted", "encrypted"),
            (SECURE, (CRYPTO_80, "encryption:required"), "refused", "encrypted", "encrypted"),
            (SECURE, (CRYPTO_256,), "refused", "refused", "refused"),
            (SECURE, (), "refused", "refused", "refused"),
            ("audio 4000 RTP/SAVPF 0", (CRYPTO_80,), "refused", "encrypted", "encrypted"),
        ],
    )
    def test_decides_what_is_taken(
        self, media: str, attributes: tuple[str, ...], none: str, optional: str, required: str
    ) -> None:
        told = [outcome(security, media, *attributes) for security in MediaSecurity]

        assert told == [none, optional, required]

    @pytest.mark.parametrize(
        ("security", "profile", "keys"),
        [(NONE, "RTP/AVP", 0), (OPTIONAL, "RTP/AVP", 2), (REQUIRED, "RTP/SAVP", 2)],
    )
    def test_decides_what_is_offered(
        self, security: MediaSecurity, profile: str, keys: int
    ) -> None:
        offer = ours(security).make_offer()

        assert lines_of(offer, "m=") == [f"m=audio 30000 {profile} 0 8 101"]
        assert len(lines_of(offer, "a=crypto")) == keys

    @pytest.mark.parametrize("caller", MediaSecurity)
    @pytest.mark.parametrize("called", MediaSecurity)
    def test_lets_two_of_us_agree_unless_one_must_and_one_must_not(
        self, caller: MediaSecurity, called: MediaSecurity
    ) -> None:
        calling, other = ours(caller), ours(called)
        if {caller, called} == {NONE, REQUIRED}:
            with pytest.raises(NotAcceptable):
                other.receive_offer(calling.make_offer())
            return
        answer, theirs = other.receive_offer(calling.make_offer())
        session = calling.receive_answer(answer)

        assert session.sends_with == theirs.receives_with
        assert session.receives_with == theirs.sends_with
        assert (session.sends_with is None) == (NONE in (caller, called))


class TestTheReason:
    @pytest.mark.parametrize(
        ("security", "media", "attribute", "says"),
        [
            (
                NONE,
                SECURE,
                CRYPTO_80,
                "over RTP/SAVP with AES_CM_128_HMAC_SHA1_80: it is encrypted",
            ),
            (REQUIRED, PLAIN, "x", r"it is not encrypted \(there is no a=crypto line\)"),
            (REQUIRED, PLAIN, CRYPTO_256, "suite 'AES_256_CM_HMAC_SHA1_80' is not known"),
            (OPTIONAL, SECURE, CRYPTO_256, "no a=crypto line can be used"),
            (OPTIONAL, PLAIN, "encryption:required", "it says a=encryption:required"),
        ],
    )
    def test_says_what_was_offered(
        self, security: MediaSecurity, media: str, attribute: str, says: str
    ) -> None:
        with pytest.raises(NotAcceptable, match=says):
            ours(security).receive_offer(described(attribute, media=media))

    @pytest.mark.parametrize(
        ("security", "says"),
        [
            (OPTIONAL, "unencrypted (RTP/AVP) or encrypted with AES_CM_128_HMAC_SHA1_80 or"),
            (REQUIRED, "this call takes PCMU or PCMA, encrypted (RTP/SAVP) with AES_CM_128"),
        ],
    )
    def test_says_what_we_take(self, security: MediaSecurity, says: str) -> None:
        with pytest.raises(NotAcceptable) as told:
            ours(security).receive_offer(described(media=SECURE))

        assert says in str(told.value)

    def test_never_tells_a_key(self) -> None:
        broken = f"crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{THEIR_KEY}|{THEIR_KEY}"
        with pytest.raises(NotAcceptable) as told:
            ours(REQUIRED).receive_offer(described(broken, f"crypto:{THEIR_KEY}", media=SECURE))

        assert THEIR_KEY[:24] not in str(told.value)


class TestTheKeyThatIsTaken:
    def test_is_the_first_that_we_can_use(self) -> None:
        offer = described(
            CRYPTO_256,
            f"crypto:2 AES_CM_128_HMAC_SHA1_80 inline:{THEIR_KEY} UNENCRYPTED_SRTP",
            "crypto:3 AES_CM_128_HMAC_SHA1_80 inline:broken",
            f"crypto:4 AES_CM_128_HMAC_SHA1_32 inline:{THEIR_KEY}",
            f"crypto:5 AES_CM_128_HMAC_SHA1_80 inline:{THEIR_KEY}",
            media=SECURE,
        )
        answer, session = ours(REQUIRED).receive_offer(offer)
        (line,) = lines_of(answer, "a=crypto")

        assert line.startswith("a=crypto:4 AES_CM_128_HMAC_SHA1_32 inline:")
        assert session.receives_with is not None
        assert session.receives_with.suite is SrtpSuite.AES_CM_128_HMAC_SHA1_32
        assert session.receives_with.master == THEIR_MASTER

    def test_is_answered_with_one_of_ours(self) -> None:
        answer, session = ours(REQUIRED).receive_offer(described(CRYPTO_80, media=SECURE))
        assert session.sends_with is not None
        master = b64encode(session.sends_with.master).decode()

        assert lines_of(answer, "a=crypto") == [
            f"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{master}"
        ]
        assert session.sends_with.master != THEIR_MASTER

    def test_is_answered_with_the_lifetime_and_mki_that_it_has(self) -> None:
        offer = described(f"{CRYPTO_80}|2^31|258:2", media=SECURE)
        answer, session = ours(REQUIRED).receive_offer(offer)

        assert lines_of(answer, "a=crypto")[0].endswith("|2^31|258:2")
        assert session.sends_with is not None
        assert session.receives_with is not None
        assert session.sends_with.mki == session.receives_with.mki == b"\1\2"


class TestTheAnswerOfThePeer:
    def test_may_take_our_second_suite(self) -> None:
        dialog = ours(REQUIRED)
        offered = lines_of(dialog.make_offer(), "a=crypto")[1]
        crypto = CRYPTO_32.replace("crypto:1", "crypto:2")
        session = dialog.receive_answer(described(crypto, media=SECURE))

        assert session.sends_with is not None
        assert session.sends_with.suite is SrtpSuite.AES_CM_128_HMAC_SHA1_32
        assert offered.endswith(b64encode(session.sends_with.master).decode())

    def test_does_not_lend_us_its_mki(self) -> None:
        """What we send carries what our own line said."""
        dialog = ours(REQUIRED)
        dialog.make_offer()
        session = dialog.receive_answer(described(f"{CRYPTO_80}|1:1", media=SECURE))

        assert session.sends_with is not None
        assert session.receives_with is not None
        assert (session.sends_with.mki, session.receives_with.mki) == (b"", b"\1")

    @pytest.mark.parametrize("crypto", [CRYPTO_32, CRYPTO_80.replace("crypto:1", "crypto:7")])
    def test_must_be_one_of_those_that_we_offered(self, crypto: str) -> None:
        dialog = ours(REQUIRED)
        dialog.make_offer()

        with pytest.raises(NotAcceptable, match="we had offered 1 AES_CM_128_HMAC_SHA1_80, 2"):
            dialog.receive_answer(described(crypto, media=SECURE))
        assert dialog.session is None

    def test_must_not_drop_encryption_that_is_required(self) -> None:
        dialog = ours(REQUIRED)
        dialog.make_offer()

        with pytest.raises(NotAcceptable, match="it is not encrypted"):
            dialog.receive_answer(described(media=PLAIN))

    def test_may_drop_encryption_that_is_optional(self) -> None:
        dialog = ours(OPTIONAL)
        dialog.make_offer()

        assert dialog.receive_answer(described(media=PLAIN)).sends_with is None
