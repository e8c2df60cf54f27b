"""Times are whole milliseconds since 1970; shown in IST, told to the API as Twilio writes them."""

import time
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime, parsedate_to_datetime

IST = timezone(timedelta(hours=5, minutes=30), "IST")
DAY = 24 * 3600 * 1000


def now():
    return time.time_ns() // 1_000_000


def rfc2822(at):
    return None if at is None else format_datetime(datetime.fromtimestamp(at // 1000, UTC))


def iso(at):
    """The Content API writes its times this way, unlike its elder sister."""
    return datetime.fromtimestamp(at // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def clock(at):
    """Time of day as a person in India reads it; with the date when it was not today."""
    moment = datetime.fromtimestamp(at / 1000, IST)
    if moment.date() == datetime.now(IST).date():
        return moment.strftime("%H:%M")
    return moment.strftime("%d %b, %H:%M")


def read_range(text):
    """First and last millisecond meant by a date or a moment in a list's query.

    Twilio takes `2026-11-22` (a whole day), ISO moments and RFC 2822. Raises ValueError.
    """
    text = text.strip()
    if len(text) == 10:
        start = int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1000
        return start, start + DAY - 1
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = parsedate_to_datetime(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    start = int(moment.timestamp()) * 1000
    return start, start + 999
