"""The budget: debited before a request leaves, given back when it certainly did not.

A channel has a cap for each hour and each day of India. One statement adds the price to both and
refuses to pass either, so that no number of workers can spend a paisa too much.
"""

from datetime import timedelta

from django.db import connection
from django.db.models import F
from django.utils import timezone

from coaching.messaging.models import Spend

Period = Spend.Period


class BudgetSpent(Exception):
    """The price does not fit into what is left of this `period`, which ends at `until` (aware)."""

    def __init__(self, period, moment):
        super().__init__(period)
        self.period = Period(period)
        self.until = ends_at(period, moment)


# Rows in one order for everybody (day before hour), so that two debits cannot deadlock.
DEBIT = """
    INSERT INTO messaging_spend (channel, period, starts_at, paise)
    VALUES (%s, 'day', %s, %s), (%s, 'hour', %s, %s)
    ON CONFLICT (channel, period, starts_at)
    DO UPDATE SET paise = messaging_spend.paise + excluded.paise
    WHERE messaging_spend.paise + excluded.paise
        <= CASE excluded.period WHEN 'day' THEN %s ELSE %s END
    RETURNING period
"""
UNLIMITED = 2**62


def debit(channel, paise, profile, moment):
    """Take `paise` (an int) from the channel's budgets of `moment`, or raise BudgetSpent.

    Must run in a transaction that BudgetSpent rolls back: one period may have been debited.
    """
    if not paise:
        return
    caps = {period: profile.budget_paise(channel, period) or UNLIMITED for period in Period.values}
    for period in (Period.DAY, Period.HOUR):
        if paise > caps[period]:
            raise BudgetSpent(period, moment)
    day, hour = map(connection.ops.adapt_datetimefield_value, _starts(moment))
    with connection.cursor() as cursor:
        cursor.execute(
            DEBIT, [channel, day, paise, channel, hour, paise, caps["day"], caps["hour"]]
        )
        debited = {period for (period,) in cursor.fetchall()}
    for period in (Period.DAY, Period.HOUR):
        if period not in debited:
            raise BudgetSpent(period, moment)


def give_back(channel, paise, moment):
    """Return `paise` to the periods that were debited at `moment`. Day before hour, as in DEBIT."""
    if paise:
        for period, starts_at in zip((Period.DAY, Period.HOUR), _starts(moment), strict=True):
            Spend.objects.filter(channel=channel, period=period, starts_at=starts_at).update(
                paise=F("paise") - paise
            )


def spent(channel, period, moment=None):
    """Return what the channel has spent in the hour or day of `moment` (now), in paise."""
    day, hour = _starts(moment or timezone.now())
    starts_at = day if period == Period.DAY else hour
    row = Spend.objects.filter(channel=channel, period=period, starts_at=starts_at).first()
    return row.paise if row else 0


def ends_at(period, moment):
    """Return when the hour or day of India that `moment` lies in is over."""
    day, hour = _starts(moment)
    return day + timedelta(days=1) if period == Period.DAY else hour + timedelta(hours=1)


def _starts(moment):
    """Return when the day and the hour of `moment` began in India."""
    local = timezone.localtime(moment).replace(minute=0, second=0, microsecond=0)
    return local.replace(hour=0), local
