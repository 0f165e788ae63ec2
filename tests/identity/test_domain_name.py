"""Domain names: one form to compare, wildcards as each source has them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umbel.identity.domain_name import (
    Wildcards,
    as_ip_address,
    canonical,
    compare,
    impossible,
    reference_host,
)

LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)
NAME = st.lists(LABEL, min_size=2, max_size=4).map(".".join)


class TestCanonical:
    @pytest.mark.parametrize(
        ("name", "form"),
        [
            ("NODE01.Domain.Local", "node01.domain.local"),
            ("node_01.domain.local", "node_01.domain.local"),
            ("bücher.example", "xn--bcher-kva.example"),
            ("BÜCHER.example", "xn--bcher-kva.example"),
            ("bu\u0308cher.example", "xn--bcher-kva.example"),
            ("XN--BCHER-KVA.example", "xn--bcher-kva.example"),
            ("straße.example", "xn--strae-oqa.example"),
            ("例え。テスト", "xn--r8jz45g.xn--zckzah"),
        ],
    )
    def test_is_one_form_for_every_way_to_write_a_name(self, name: str, form: str) -> None:
        """RFC 4343 for case, RFC 5890 and RFC 9525 section 6.3 for internationalised names."""
        assert canonical(name) == form

    @pytest.mark.parametrize(
        ("name", "why"),
        [
            ("", "is empty"),
            ("a\0.example", "contains a NUL"),
            ("a b.example", "contains blanks"),
            ("a\n.example", "contains blanks or control characters"),
            ("node01.domain.local.", "ends with a dot"),
            (".domain.local", "begins with a dot"),
            ("a..example", "is no domain name"),
            ("-a.example", "is no domain name"),
            ("a-.example", "is no domain name"),
            (r"a\xff.example", "is no domain name"),
            ("a" * 64 + ".example", "is no domain name"),
            (".".join(["a" * 60] * 5), "is no domain name"),
            ("\ud800.example", "contains blanks or control characters"),
            ("\u212aing.example", "is no domain name"),
            ("☎.example", "is no domain name"),
        ],
    )
    def test_is_none_for_what_no_host_can_have(self, name: str, why: str) -> None:
        assert canonical(name) is None
        assert impossible(name).startswith(why)

    @given(NAME)
    def test_of_its_own_form_is_itself(self, name: str) -> None:
        assert canonical(name) == name
        assert canonical(name.upper()) == name

    @given(st.text(max_size=30))
    def test_of_any_text_is_a_form_or_none(self, text: str) -> None:
        form = canonical(text)

        assert form is None or canonical(form) == form

    def test_of_a_reference_may_end_with_a_dot(self) -> None:
        """The dot says that a name is complete; certificates never write it."""
        assert reference_host("Node01.domain.local.") == "node01.domain.local"


class TestCompare:
    @given(NAME)
    def test_finds_every_name_like_itself(self, name: str) -> None:
        assert compare(name.upper(), name, Wildcards.NEVER).is_match

    @pytest.mark.parametrize(
        ("presented", "wildcards", "why"),
        [
            ("um.domain.local", Wildcards.NEVER, "it is not node01.domain.local"),
            ("node01.domain.local.", Wildcards.NEVER, "it ends with a dot"),
            ("*.domain.local", Wildcards.NEVER, "it has a wildcard"),
            ("node*.domain.local", Wildcards.WHOLE_LABEL, "its wildcard is only a part"),
            ("*.*.local", Wildcards.WHOLE_LABEL, "a wildcard may stand only once"),
            ("**.domain.local", Wildcards.PART_OF_LABEL, "a wildcard may stand only once"),
            ("node01.*.local", Wildcards.PART_OF_LABEL, "a wildcard may stand only once"),
            ("*.local", Wildcards.WHOLE_LABEL, "its wildcard stands for one label"),
            ("*", Wildcards.WHOLE_LABEL, "its wildcard stands for one label"),
            ("*.other.local", Wildcards.PART_OF_LABEL, "its wildcard stands for one label"),
            ("mode*.domain.local", Wildcards.PART_OF_LABEL, "its first label does not fit"),
            ("*02.domain.local", Wildcards.PART_OF_LABEL, "its first label does not fit"),
            ("node01*01.domain.local", Wildcards.PART_OF_LABEL, "its first label does not fit"),
            ("xn--*.domain.local", Wildcards.PART_OF_LABEL, "a wildcard may not stand inside"),
        ],
    )
    def test_says_why_a_name_is_another(
        self, presented: str, wildcards: Wildcards, why: str
    ) -> None:
        """RFC 5922 section 7.2, RFC 6125 section 6.4.3, RFC 9525 section 6.3."""
        found = compare(presented, "node01.domain.local", wildcards)

        assert not found.is_match
        assert found.why.startswith(why)

    @pytest.mark.parametrize(
        ("presented", "wildcards", "is_optional"),
        [
            ("*.Domain.local", Wildcards.WHOLE_LABEL, False),
            ("*.domain.local", Wildcards.PART_OF_LABEL, False),
            ("NODE*.domain.local", Wildcards.PART_OF_LABEL, True),
            ("*01.domain.local", Wildcards.PART_OF_LABEL, True),
            ("n*1.domain.local", Wildcards.PART_OF_LABEL, True),
        ],
    )
    def test_lets_a_wildcard_stand_for_a_label_or_a_part(
        self, presented: str, wildcards: Wildcards, is_optional: bool
    ) -> None:
        found = compare(presented, "node01.domain.local", wildcards)

        assert found.is_match
        assert found.is_optional is is_optional

    def test_keeps_partial_wildcards_out_of_internationalised_labels(self) -> None:
        """RFC 6125 section 6.4.3, rule 3."""
        found = compare("x*.example", "xn--bcher-kva.example", Wildcards.PART_OF_LABEL)

        assert not found.is_match

    @given(NAME, NAME)
    def test_of_a_whole_wildcard_depends_on_the_parent_alone(self, one: str, other: str) -> None:
        first, _, parent = one.partition(".")

        found = compare(f"*.{other}", f"{first}.{parent}", Wildcards.WHOLE_LABEL)

        assert found.is_match is (parent == other)


class TestIpAddress:
    @pytest.mark.parametrize(
        ("text", "address"),
        [("192.0.2.1", "192.0.2.1"), ("[2001:DB8::1]", "2001:db8::1"), ("node01", "None")],
    )
    def test_is_told_from_a_name(self, text: str, address: str) -> None:
        assert str(as_ip_address(text)) == address
