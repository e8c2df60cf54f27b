"""When PhonePe is asked what became of a payment or a refund: the schedule that it publishes.

Payments: first after 20 to 25 seconds, then every 3 s for 30 s, 6 s for 60 s, 10 s for 60 s, 30 s
for 60 s, then each minute while the page is open; after that hourly for two days, because money may
still come. (PhonePe PG v2, "Reconciliation".)
"""

import datetime as dt

FIRST = dt.timedelta(seconds=22)
STEPS = ((52, 3), (112, 6), (172, 10), (232, 30))  # until this age in seconds, every so many
MARGIN = dt.timedelta(minutes=5)  # a page that has closed may have been paid in its last second
LATE_FOR = dt.timedelta(hours=48)
HOURLY = dt.timedelta(hours=1)


def is_over(payment, now):
    """Whether the payment's page has closed, with a margin."""
    return payment.page_until is None or now > payment.page_until + MARGIN


def next_check(payment, now):
    """Return when (UTC) to ask about a payment again, or None: never by itself."""
    age = (now - payment.created_at).total_seconds()
    if age < FIRST.total_seconds():
        return payment.created_at + FIRST
    if is_over(payment, now):
        return now + HOURLY if now < payment.created_at + LATE_FOR else None
    wait = next((every for until, every in STEPS if age < until), 60)
    return now + dt.timedelta(seconds=wait)


def next_refund_check(refund, now):
    """The same for a refund: soon at first, then less and less often, at most every 6 hours."""
    return now + dt.timedelta(seconds=min(6 * 3600, 5 * 2**refund.checks))
