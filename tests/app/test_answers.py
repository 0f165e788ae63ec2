"""What an answer to OPTIONS says, whatever a peer writes into it."""

from datetime import UTC, datetime

import pytest
from tests.support.attempts import tried

from umbel.app.answers import answered
from umbel.diagnosis.attempt import Attempt
from umbel.sip.message import Response, parse_message


def with_fields(*fields: str) -> Attempt:
    """Give what is noted of a 200 with these header fields."""
    head = "\r\n".join(
        (
            "SIP/2.0 200 OK",
            "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1",
            "From: <sip:um.example.org>;tag=1",
            "To: <sip:pbx.example.org>;tag=2",
            "Call-ID: 1",
            "CSeq: 1 OPTIONS",
            *fields,
            "Content-Length: 0",
        )
    )
    response = parse_message(f"{head}\r\n\r\n".encode())
    assert isinstance(response, Response)
    return answered(tried(), response, None)


class TestTheClockOfAPeer:
    def test_is_read_in_gmt(self) -> None:
        found = with_fields("Date: Sat, 13 Nov 2010 23:29:00 GMT")
        assert found.peer_clock == datetime(2010, 11, 13, 23, 29, tzinfo=UTC)

    @pytest.mark.parametrize(
        "date",
        [
            "",
            "yesterday",
            "Sat, 13 Nov 99999999999999999999 23:29:00 GMT",
            "Sat, 13 Nov 2010 23:29:00 +99999999999999999999",
        ],
    )
    def test_is_not_known_where_no_calendar_has_it(self, date: str) -> None:
        assert with_fields(f"Date: {date}").peer_clock is None


class TestRetryAfter:
    @pytest.mark.parametrize(
        ("text", "seconds"), [("30 (in maintenance);duration=60", 30), ("soon", None)]
    )
    def test_is_its_seconds(self, text: str, seconds: int | None) -> None:
        assert with_fields(f"Retry-After: {text}").retry_after == seconds
