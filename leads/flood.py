"""Bots: how many enquiries came from one place and for which numbers, before anything is sent.

The form dials whatever it is given, so every enquiry is saved and those beyond a limit of the
centre's profile are held, with the reason. Ten times the limit of one address is refused (429).
Counted in the database, in one statement, so that parallel posts cannot slip past.
"""

import datetime as dt
import ipaddress

from django.db import connection
from django.utils import timezone

from coaching.centre.models import Profile
from coaching.messaging import alerts, reports

CEILING = 10  # times the limit of an address
PER_EMAIL_A_DAY = 5  # addresses that a stranger's form may write to
NEIGHBOURS = 100  # numbers; two grids, half of one apart, so that no run of 50 is cut in two
# Why an enquiry is held, in the order in which it is asked.
REASONS = (
    "too_many_from_address",
    "too_many_from_network",
    "sequential_numbers",
    "too_many_of_prefix",
    "too_many_with_email",
)

COUNT = """
    INSERT INTO leads_tally (scope, key, starts_at, count) VALUES %s
    ON CONFLICT (scope, key, starts_at) DO UPDATE SET count = leads_tally.count + 1
    RETURNING scope, key, count
"""


class TooManyEnquiries(Exception):
    """The address has posted ten times what is sent from it in an hour: 429."""


def suspicion(phone, arrival, *, email="", is_new_number=True):
    """Count one enquiry and return why its messages are to be held, or ''.

    `arrival.suspicion` (the honeypot and the time trap come first) counts only against the ceiling
    of its address: a program must not use up what people of that address may ask. Beginnings and
    neighbours are counted for new numbers. Joins the caller's transaction. Raises
    TooManyEnquiries.
    """
    limits = Profile.current()
    now = timezone.now()
    ceiling = limits.leads_per_ip_hour * CEILING
    wanted = {("post", caller(arrival.ip)): (ceiling, "")} if arrival.ip else {}
    if not arrival.suspicion:
        wanted |= dict(_of_places(arrival.ip, email, limits))
    if not arrival.suspicion and is_new_number:
        wanted |= dict(_of_numbers(phone, limits))
    wanted = {what: bound for what, bound in wanted.items() if bound[0]}  # 0 = no limit
    counts = _count(sorted(wanted), now)
    passed = {what: bound for what, bound in wanted.items() if counts[what] > bound[0]}
    if any(scope == "post" for scope, _ in passed):
        raise TooManyEnquiries
    reasons = {reason for _, reason in passed.values()}
    return arrival.suspicion or next((r for r in REASONS if r in reasons), "")


def _of_places(ip, email, limits):
    """Yield ((scope, key), (limit, reason)) of where this enquiry comes from and writes to."""
    if ip:
        yield ("ip", caller(ip)), (limits.leads_per_ip_hour, "too_many_from_address")
        yield ("network", network(ip)), (limits.leads_per_network_hour, "too_many_from_network")
    if email:
        yield ("email", mailbox(email)), (PER_EMAIL_A_DAY, "too_many_with_email")


def _of_numbers(phone, limits):
    """Yield the same for the number that was given."""
    yield ("prefix", phone.e164[:-4]), (limits.leads_per_prefix_hour, "too_many_of_prefix")
    number = int(phone.e164)
    for grid, shift in (("near", 0), ("near½", NEIGHBOURS // 2)):
        block = str((number + shift) // NEIGHBOURS)
        yield (grid, block), (limits.sequential_numbers, "sequential_numbers")


def caller(ip):
    """Return who an address stands for: IPv4 itself, IPv6 /64 (one line's)."""
    return _network(ip, 32, 64)


def network(ip):
    """Return the network that an address belongs to: IPv4 /24, IPv6 /48 (one customer's)."""
    return _network(ip, 24, 48)


def _network(ip, length_4, length_6):
    length = length_4 if ipaddress.ip_address(ip).version == 4 else length_6
    return str(ipaddress.ip_network(f"{ip}/{length}", strict=False))


def mailbox(email):
    """Return whose mailbox an address is: without +tags, and without the dots Gmail ignores."""
    name, _, domain = email.lower().rpartition("@")
    name = name.partition("+")[0]
    if domain in ("gmail.com", "googlemail.com"):
        name, domain = name.replace(".", ""), "gmail.com"
    return f"{name}@{domain}"


def _count(what, now):
    """Add one to each (scope, key) of this hour (of this day for e-mail); return the counts.

    `what` is sorted: everybody takes the rows in one order, so nobody waits in a circle.
    """
    if not what:
        return {}
    hour = now.replace(minute=0, second=0, microsecond=0)
    for_database = connection.ops.adapt_datetimefield_value
    this_hour, this_day = for_database(hour), for_database(hour.replace(hour=0))
    values = [(scope, key, this_day if scope == "email" else this_hour) for scope, key in what]
    with connection.cursor() as cursor:
        cursor.execute(
            COUNT % ", ".join(["(%s, %s, %s, 1)"] * len(values)),  # noqa: S608
            [field for value in values for field in value],
        )
        return {(scope, key): count for scope, key, count in cursor.fetchall()}


def tell_of_a_flood():
    """Tell the owner while many messages of a day wait as a program's; once, until they looked."""
    numbers, messages = reports.like_a_program()
    if numbers < reports.A_FLOOD:
        alerts.close("flood")
        return
    alerts.raise_alert(
        "flood",
        f"Enquiries from {numbers:,} numbers look like a program's: their {messages:,} messages "
        "are held, and nothing was spent on them. Bin what a program wrote, release the people.",
    )


def forget_old_tallies():
    """Delete the counts of past days; returns how many."""
    from leads.models import Tally

    yesterday = timezone.now() - dt.timedelta(days=2)
    return Tally.objects.filter(starts_at__lt=yesterday).delete()[0]
