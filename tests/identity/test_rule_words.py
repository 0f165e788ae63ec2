"""Rules in words, as the reference page shows them."""

import pytest

from umbel.identity.rule_words import demand_in_words
from umbel.identity.rules import CHAIN_ONLY, LYNC, RFC_5922, RFC_6125, RULES


class TestARuleInWords:
    def test_names_what_counts_for_each_side(self) -> None:
        assert demand_in_words(LYNC.as_server) == "common name"
        assert demand_in_words(LYNC.as_client) == (
            "common name; DNS name (* may be the whole left-most label)"
        )

    def test_says_when_a_kind_of_name_counts(self) -> None:
        assert demand_in_words(RFC_5922.as_server) == (
            "URI; DNS name (only where no alternative name is a SIP URI without a user); "
            "common name (only where there are no alternative names at all, permitted, not "
            "demanded)"
        )
        assert "* may be part of the left-most label" in demand_in_words(RFC_6125.as_client)

    def test_says_that_none_counts(self) -> None:
        assert demand_in_words(CHAIN_ONLY.as_server).startswith("no name: every certificate")

    @pytest.mark.parametrize("name", RULES)
    def test_is_never_empty(self, name: str) -> None:
        assert demand_in_words(RULES[name].as_server)
        assert demand_in_words(RULES[name].as_client)
