"""The names of certificates, common and strange: nothing lost, nothing corrected, no crash."""

from hashlib import sha256
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.certificates import alternative_names, authority, distinguished, issue, leaf

from umbel.identity.der import only_element
from umbel.identity.names import PresentedNames, presented_names

ROOT = authority()
PLAIN = issue("aaaa.domain.local", extensions=[alternative_names(["bbbb.domain.local"])]).der

_SERVICE_NAME = x509.ObjectIdentifier("1.3.6.1.5.5.7.8.7")
_PRINCIPAL_NAME = x509.ObjectIdentifier("1.3.6.1.4.1.311.20.2.3")
_COMMON_NAME = bytes.fromhex("0603550403")
_ALTERNATIVE_NAMES = bytes.fromhex("0603551d11")


def with_alternatives(*names: x509.GeneralName) -> PresentedNames:
    """Read a certificate with these alternative names."""
    return presented_names(issue("a", extensions=[x509.SubjectAlternativeName(names)]).der)


def with_general_name(encoded: bytes) -> PresentedNames:
    """Read a certificate whose only alternative name is these bytes, of any kind."""
    place = b"placeholder-" + bytes(range(97, 97 + len(encoded) - 14))
    der = with_dns(place.decode())
    wanted = b"\x82" + bytes([len(place)]) + place
    assert wanted in der
    assert len(wanted) == len(encoded)
    return presented_names(der.replace(wanted, encoded))


def with_dns(name: str) -> bytes:
    """Issue a certificate with one DNS name."""
    return issue("a", extensions=[alternative_names([name])]).der


class TestUsualCertificates:
    def test_present_every_kind_of_name_in_their_order(self) -> None:
        """RFC 5280 section 4.2.1.6: the kinds that identify a SIP peer, and the rest."""
        names = with_alternatives(
            x509.DNSName("Node01.Domain.Local"),
            x509.UniformResourceIdentifier("sip:domain.local"),
            x509.IPAddress(ip_address("192.0.2.1")),
            x509.DNSName("um.domain.local"),
            x509.IPAddress(ip_address("2001:db8::1")),
            x509.OtherName(_SERVICE_NAME, b"\x16\x11_sip.domain.local"),
            x509.OtherName(_PRINCIPAL_NAME, b"\x0c\x0dnode01@domain"),
            x509.RFC822Name("bell@domain.local"),
            x509.RegisteredID(x509.ObjectIdentifier("1.2.3")),
            x509.DirectoryName(distinguished("Somebody", organisation="Bell, Sons")),
        )

        assert names.dns_names == ("Node01.Domain.Local", "um.domain.local")
        assert names.uris == ("sip:domain.local",)
        assert names.ip_addresses == ("192.0.2.1", "2001:db8::1")
        assert names.service_names == ("_sip.domain.local",)
        assert names.other_names == (
            "1.3.6.1.4.1.311.20.2.3: node01@domain",
            "e-mail address: bell@domain.local",
            "registered identifier: 1.2.3",
            r"directory name: CN=Somebody,O=Bell\, Sons",
        )
        assert names.has_alternative_names
        assert not names.unreadable

    def test_present_several_common_names_and_those_that_are_not_alone(self) -> None:
        """RFC 6125 section 1.8: a CN-ID stands alone in its RDN."""
        alone = x509.RelativeDistinguishedName([x509.NameAttribute(NameOID.COMMON_NAME, "first")])
        joint = x509.RelativeDistinguishedName(
            [
                x509.NameAttribute(NameOID.COMMON_NAME, "second"),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Bell"),
            ]
        )
        names = presented_names(issue(x509.Name([alone, joint])).der)

        assert names.common_names == ("first", "second")
        assert names.joint_common_names == ("second",)
        assert names.subject in ("O=Bell+CN=second,CN=first", "CN=second+O=Bell,CN=first")

    def test_name_their_key(self) -> None:
        node = leaf(issuer=ROOT)

        names = presented_names(node.der)

        assert names.public_key_pin == sha256(node.public_key_info).hexdigest()

    def test_without_alternative_names_say_so(self) -> None:
        names = presented_names(issue("um.domain.local").der)

        assert not names.has_alternative_names
        assert names.subject == "CN=um.domain.local"
        assert names.alternative_names == ()


class TestStrangeNames:
    @pytest.mark.parametrize(
        ("octets", "shown"),
        [
            (b"bb\x00b.domain.local", "bb\x00b.domain.local"),
            (b"bb\xffb.domain.local", r"bb\xffb.domain.local"),
            (b"b\xc3\xbcb.domain.local", r"b\xc3\xbcb.domain.local"),
            (b"*bbb.domain.local", "*bbb.domain.local"),
            (b"bbbb.domain.loca.", "bbbb.domain.loca."),
        ],
    )
    def test_among_dns_names_are_shown_as_they_stand(self, octets: bytes, shown: str) -> None:
        names = presented_names(PLAIN.replace(b"bbbb.domain.local", octets))

        assert names.dns_names == (shown,)

    @pytest.mark.parametrize(
        ("tag", "octets", "text"),
        [
            (0x0C, b"caf\xc3\xa9.domain.local", "café.domain.local"),
            (0x14, b"cafe\xe9.domain.local"[:17], "cafeé.domain.loca"),
            (0x1E, "aaaadoma".encode("utf-16-be") + b"", "aaaadoma"),
            (0x16, b"aaaa\x00domain.local", "aaaa\x00domain.local"),
        ],
    )
    def test_as_common_name_are_decoded_by_their_tag(
        self, tag: int, octets: bytes, text: str
    ) -> None:
        """NUL stays: what looks like aaaa to C code is another name (RFC 9525 section 7)."""
        subject = "a" * len(octets)
        plain = b"\x0c" + bytes([len(octets)]) + subject.encode()
        der = issue(subject).der

        names = presented_names(der.replace(plain, bytes([tag, len(octets)]) + octets))

        assert names.common_names == (text,)
        assert not names.unreadable

    @pytest.mark.parametrize(
        ("tag", "octets", "complaint"),
        [
            (0x0C, b"aaaa\xff", r"b'aaaa\xff' is no UTF8String"),
            (0x13, b"aaaa\xff", "is no PrintableString"),
            (0x1E, b"aaaaa", "is no BMPString"),
            (0x04, b"aaaaa", "tag 0x04 is no kind of text"),
        ],
    )
    def test_that_are_no_text_are_told(self, tag: int, octets: bytes, complaint: str) -> None:
        der = issue("aaaaa").der

        names = presented_names(der.replace(b"\x0c\x05aaaaa", bytes([tag, 5]) + octets))

        assert names.common_names == ()
        assert complaint in names.unreadable[0]
        assert names.subject == f"CN=#{tag:02x}05{octets.hex()}"

    def test_of_unknown_attributes_are_written_by_their_number(self) -> None:
        name = x509.Name([x509.NameAttribute(x509.ObjectIdentifier("1.2.3.4"), 'a"b')])

        assert presented_names(issue(name).der).subject == r"1.2.3.4=a\"b"

    @pytest.mark.parametrize(
        ("encoded", "complaint"),
        [
            (b"\x87\x0d" + bytes(13), "(IP address) cannot be read"),
            (b"\xa3\x0d" + bytes(13), "(X.400 address) cannot be read: its value is 00"),
            (b"\x8c\x0d" + bytes(13), "(of the unknown kind 0x8c) cannot be read"),
            (b"\xa0\x0d\x06\x0b" + bytes([1] * 11), "it has 1 parts instead of two"),
            (
                b"\xa0\x0e\x06\x04\x2a\x03\x04\x05\xa0\x06\x0c\x01a\x0c\x01b",
                "1.2.3.4.5 has 2 values instead of one",
            ),
            (b"\xa4\x0d" + bytes([4] * 13), "(directory name) cannot be read"),
        ],
    )
    def test_that_cannot_be_read_are_told_and_hide_no_other(
        self, encoded: bytes, complaint: str
    ) -> None:
        names = with_general_name(encoded)

        assert complaint in names.unreadable[0]
        assert names.has_alternative_names
        assert names.common_names == ("a",)


class TestBrokenCertificates:
    @pytest.mark.parametrize(
        ("octets", "complaint"),
        [
            (b"", "0 elements stand where one belongs"),
            (b"no certificate", "byte 0: 111 octets are announced, fewer follow"),
            (b"\x30\x00", "it is empty"),
            (b"\x30\x02\x30\x00", "ends before its subject and public key"),
            (PLAIN + b"\x00", "byte"),
        ],
    )
    def test_present_nothing_and_say_why(self, octets: bytes, complaint: str) -> None:
        names = presented_names(octets)

        assert names == PresentedNames(unreadable=names.unreadable)
        assert complaint in names.unreadable[0]

    def test_with_a_subject_of_another_shape_keep_their_other_names(self) -> None:
        names = presented_names(
            PLAIN.replace(b"\x31\x1a\x30\x18" + _COMMON_NAME, b"\x30\x1a\x30\x18" + _COMMON_NAME)
        )

        assert names.common_names == ()
        assert "the subject cannot be read: tag 0x30 stands where 0x31 belongs" in names.unreadable
        assert names.dns_names == ("bbbb.domain.local",)

    def test_with_a_subject_whose_attribute_has_no_value_say_so(self) -> None:
        names = presented_names(
            issue("a").der.replace(_COMMON_NAME + b"\x0c\x01a", b"\x06\x06\x55\x04\x03\x03\x03\x03")
        )

        assert names.unreadable == (
            "the subject cannot be read: an attribute has not one type and one value",
        )

    def test_with_two_sets_of_alternative_names_present_neither(self) -> None:
        """RFC 5280 section 4.2 forbids two; readers take the first, the last or none."""
        extension = x509.UnrecognizedExtension(
            x509.ObjectIdentifier("2.5.29.99"), b"\x30\x03\x82\x01b"
        )
        der = issue("a", extensions=[alternative_names(["b"]), extension]).der

        names = presented_names(der.replace(bytes.fromhex("0603551d63"), _ALTERNATIVE_NAMES))

        assert names.dns_names == ()
        assert names.has_alternative_names
        assert names.unreadable == ("there are 2 sets of alternative names",)

    def test_with_malformed_alternative_names_say_so(self) -> None:
        extension = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.17"), b"\x04\x00")

        names = presented_names(issue("a", extensions=[extension]).der)

        assert names.unreadable == (
            "the alternative names cannot be read: tag 0x04 stands where 0x30 belongs",
        )

    def test_with_malformed_extensions_count_as_having_alternative_names(self) -> None:
        """Otherwise a rule would fall back to the common name (RFC 5922 section 7.1)."""
        der = with_dns("bbbb")
        broken = der.replace(_ALTERNATIVE_NAMES + b"\x04\x08", _ALTERNATIVE_NAMES + b"\x05\x08")

        names = presented_names(broken)

        assert names.has_alternative_names
        assert names.unreadable == (
            "an extension is malformed: tag 0x05 stands where 0x04 belongs",
        )

    def test_with_an_extension_of_too_few_parts_say_so(self) -> None:
        der = with_dns("bbbb")
        broken = der.replace(_ALTERNATIVE_NAMES + b"\x04\x08", _ALTERNATIVE_NAMES + b"\x01\x08")

        assert presented_names(broken).unreadable == (
            "an extension is malformed: it has not one identifier and one value",
        )

    def test_with_extensions_that_are_no_list_say_so(self) -> None:
        der = with_dns("bbbb")
        extensions = only_element(der, 0x30).parts()[0].parts()[-1].encoded

        names = presented_names(der.replace(extensions, extensions[:2] + b"\x04" + extensions[3:]))

        assert names.has_alternative_names
        assert names.unreadable[0].startswith("the extensions cannot be read: tag 0x04")

    @settings(suppress_health_check=[HealthCheck.too_slow])
    @given(st.integers(0, len(PLAIN) - 1), st.integers(0, 255))
    def test_of_any_one_wrong_byte_never_crash(self, place: int, octet: int) -> None:
        """Whatever a peer sends, its names are read or the reason is told."""
        names = presented_names(PLAIN[:place] + bytes([octet]) + PLAIN[place + 1 :])

        assert isinstance(names, PresentedNames)
        assert names.subject or names.unreadable
