"""Spans of days for the money page, each with the span before it to compare with."""

import datetime as dt
from calendar import monthrange
from dataclasses import dataclass

LONGEST = dt.timedelta(days=366)
A_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Period:
    """From the day `first` to `last`, and the days `before` it (both ends count, IST)."""

    name: str
    label: str
    first: dt.date
    last: dt.date
    before: tuple

    @property
    def query(self):
        return f"period={self.name}" if self.name else f"from={self.first}&to={self.last}"


def presets(today):
    """Return the Periods that one click offers. A month is compared with the same days of the
    month before, a financial year with those of the year before, others with the days before."""
    month = today.replace(day=1)
    earlier = (month - A_DAY).replace(day=1)
    april = today.replace(year=today.year - (today.month < 4), month=4, day=1)
    last_april = april.replace(year=april.year - 1)
    return [
        Period("month", "This month", month, today, (earlier, _same_day(today, earlier))),
        Period("last", "Last month", earlier, month - A_DAY,
               ((earlier - A_DAY).replace(day=1), earlier - A_DAY)),
        _plain("30d", "Last 30 days", today - 29 * A_DAY, today),
        Period("year", "This financial year", april, today,
               (last_april, last_april + (today - april))),
    ]  # fmt: skip


def _same_day(day, month):
    """Return the day of `month` (its first) with the number of `day`, or the month's last."""
    return month.replace(day=min(day.day, monthrange(month.year, month.month)[1]))


def _plain(name, label, first, last):
    length = last - first + A_DAY
    return Period(name, label, first, last, (first - length, first - A_DAY))


def chosen(query, today):
    """Return the Period that a page's address asks for: a preset's `period`, or `from` and `to`.

    This month where it asks for none, or for what is no span of days.
    """
    first, last = (read_day(query.get(name)) for name in ("from", "to"))
    if first and last and first <= last <= first + LONGEST:
        return _plain("", "These days", first, last)
    known = presets(today)
    return next((one for one in known if one.name == query.get("period")), known[0])


def read_day(text):
    """Return the date of '2026-11-23', or None for anything else."""
    try:
        day = dt.date.fromisoformat(text or "")
    except ValueError:
        return None
    return day if 2000 <= day.year < 2200 else None
