"""The data of a language, read."""

import pytest

from umbel.core.errors import Mistake
from umbel.speech.language import Form, Fragment, Language, Slot, SlotKind, parse_language


def language(phrases: str, *, rest: str = "") -> Language:
    """Read a language of these phrases."""
    return parse_language(f'language = "en-US"\n{rest}\n[phrases]\n{phrases}\n')


class TestASentence:
    def test_without_slots_is_one_clip_of_its_name(self) -> None:
        read = language('welcome = "Welcome."')

        assert read.sentences["welcome"].forms == {
            Form.OTHER: (Fragment("Welcome.", "phrase/welcome"),)
        }

    def test_is_cut_at_its_slots_and_its_clips_are_numbered(self) -> None:
        read = language('menu-choice = "For {label:name}, press {key:digits}."')

        assert read.sentences["menu-choice"].forms[Form.OTHER] == (
            Fragment("For ", "phrase/menu-choice.1"),
            Slot("label", SlotKind.NAME),
            Fragment(", press ", "phrase/menu-choice.2"),
            Slot("key", SlotKind.DIGITS),
            Fragment(".", ""),
        )

    def test_with_one_fragment_to_hear_needs_no_number(self) -> None:
        read = language('calling = "Calling {name:name}."')

        assert "phrase/calling" in read.clips()

    def test_knows_its_slots(self) -> None:
        read = language('envelope = "Received {time:time} from {name:name}."')

        assert read.sentences["envelope"].slots == {"time": SlotKind.TIME, "name": SlotKind.NAME}

    def test_in_forms_is_counted(self) -> None:
        read = language('new = { none = "None.", other = "{count:number} new." }')
        sentence = read.sentences["new"]

        assert sentence.is_counted
        assert read.clips()["phrase/new.none"] == "None."
        assert read.clips()["phrase/new.other"] == "new."


class TestClips:
    def test_are_spoken_without_the_marks_between_fragments(self) -> None:
        read = language(
            'greeting = "Mailbox of {name:name}. Please: speak after {n:number}, {n:number} or more."'
        )

        spoken = [text for key, text in read.clips().items() if key.startswith("phrase/")]

        assert spoken == ["Mailbox of", "Please: speak after", "or more."]

    def test_have_the_pronunciations_of_whole_words(self) -> None:
        read = language(
            'pin = "Your PIN, not PINs."', rest='[pronunciations]\nPIN = "pin"'
        )  # fmt: skip

        assert read.clips()["phrase/pin"] == "Your pin, not PINs."

    def test_include_the_vocabulary_of_the_wording(self) -> None:
        assert language("").clips()["number/7"] == "7"


class TestDataThatCannotBe:
    @pytest.mark.parametrize(
        ("phrases", "found"),
        [
            ('a = "{name}"', "{name}"),
            ('a = "{name:person}"', "{name:person}"),
            ('a = { one = "1" }', "['one']"),
            ('a = { other = "{count:number}" }', "['other']"),
            ('a = { few = "", other = "{count:number}" }', "['few', 'other']"),
            ('a = { one = "1", other = "many" }', "no {count:number}"),
            ('a = { one = "1", other = "{count:digits}" }', "no {count:number}"),
        ],
    )
    def test_is_told_with_what_was_found(self, phrases: str, found: str) -> None:
        with pytest.raises(Mistake) as raised:
            language(phrases)

        assert raised.value.found == found

    def test_is_a_language_without_wording(self) -> None:
        with pytest.raises(Mistake, match=r"found tlh, expected a language of \['en'\]"):
            parse_language('language = "tlh"\n[phrases]\n')
