"""What the till's figures are made of: each is asked for here, and every page shows that number.

Amounts are integer paise. Days are the centre's own (IST), the first and the last included. Money
counts on the day it came (`paid_at`) and on the day it was back where it came from (`ended_at`):
what is still on its way back has not left yet. It counts for the batch that the enrolment is in
now. Lists filter by the same QuerySets, so that a figure opens exactly the rows it is made of.
"""

import datetime as dt
from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.db.models import Count, F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce, TruncDate
from django.utils import timezone

from academics.models import Batch, Enrollment
from payments.models import Instalment, Order, Payment, Refund

STUCK_AFTER = dt.timedelta(minutes=15)  # since the payment page closed; by then PhonePe has said so
LONG_FOR_A_REFUND = dt.timedelta(days=3)


@dataclass(frozen=True)
class Takings:
    """What came and what went back, in paise."""

    paid_paise: int = 0
    returned_paise: int = 0

    @property
    def revenue_paise(self):
        return self.paid_paise - self.returned_paise

    def __add__(self, other):
        return Takings(
            self.paid_paise + other.paid_paise, self.returned_paise + other.returned_paise
        )


def moments(first, last):
    """Return the aware start of the day `first` and the end of `last` (the start of the next)."""
    zone = timezone.get_default_timezone()
    ends = dt.datetime.combine(last + dt.timedelta(days=1), dt.time(), zone)
    return dt.datetime.combine(first, dt.time(), zone), ends


def _came(first, last):
    begins, ends = moments(first, last)
    return Q(state=Payment.State.PAID, paid_at__gte=begins, paid_at__lt=ends)


def _went_back(first, last):
    begins, ends = moments(first, last)
    return Q(state=Refund.State.COMPLETED, ended_at__gte=begins, ended_at__lt=ends)


def paid_between(first, last):
    """Payments that came on these days."""
    return Payment.objects.filter(_came(first, last)).order_by()


def returned_between(first, last):
    """Refunds that were back where the money came from on these days."""
    return Refund.objects.filter(_went_back(first, last)).order_by()


def takings(*spans):
    """Return the Takings of each span of days (first, last), in two queries for all of them."""
    paid = _sums(Payment, "received_paise", [_came(*span) for span in spans])
    back = _sums(Refund, "amount_paise", [_went_back(*span) for span in spans])
    return [Takings(*pair) for pair in zip(paid, back, strict=True)]


def _sums(model, field, conditions):
    """Return the sum of `field` for each condition, in one query over the rows that meet any."""
    rows = model.objects.filter(reduce(or_, conditions)).order_by()
    sums = {f"of_{n}": Coalesce(Sum(field, filter=one), 0) for n, one in enumerate(conditions)}
    return list(rows.aggregate(**sums).values())


def by_day(first, last):
    """Return (day, Takings) of each day on which money moved, the newest first."""
    zone = timezone.get_default_timezone()
    return _grouped(
        first, last, TruncDate("paid_at", tzinfo=zone), TruncDate("ended_at", tzinfo=zone)
    )


def by_batch(first, last):
    """Return (Batch with its course, Takings) of each batch for which money moved."""
    batch = F("order__enrollment__batch")
    found = dict(_grouped(first, last, batch, batch))
    batches = Batch.objects.filter(pk__in=found).select_related("course")
    return [(one, found[one.pk]) for one in batches.order_by("course__position", "starts_on", "pk")]


def by_course(batches):
    """Return (Course, Takings) from what `by_batch` returned: the same money, once more added."""
    found = {}
    for batch, taken in batches:
        found[batch.course] = found.get(batch.course, Takings()) + taken
    return list(found.items())


def _grouped(first, last, of_payment, of_refund):
    found = {}
    paid = paid_between(first, last).annotate(group=of_payment).values_list("group")
    for key, paise in paid.annotate(paise=Sum("received_paise")):
        found[key] = Takings(paid_paise=paise)
    back = returned_between(first, last).annotate(group=of_refund).values_list("group")
    for key, paise in back.annotate(paise=Sum("amount_paise")):
        found[key] = found.get(key, Takings()) + Takings(returned_paise=paise)
    return sorted(found.items(), reverse=True)


# --- what is owed ----------------------------------------------------------------------------


def owing():
    """Orders of people who are in a batch and have not paid all, each with `left_paise` and
    `since`: the day (IST) on which the first unpaid part was or falls due."""
    unpaid = Instalment.objects.filter(
        order=OuterRef("pk"), upto_paise__gt=OuterRef("settled_paise")
    )
    enrolled = [Enrollment.Status.ACTIVE, Enrollment.Status.COMPLETED]
    return Order.objects.filter(
        state=Order.State.OPEN, enrollment__status__in=enrolled, settled_paise__lt=F("total_paise")
    ).annotate(
        left_paise=F("total_paise") - F("settled_paise"),
        since=Subquery(unpaid.order_by("number").values("due_on")[:1]),
    )


def overdue(day):
    """Of `owing`, those of which a part was due before `day` (IST): it is `overdue_paise`."""
    reached = Instalment.objects.filter(order=OuterRef("pk"), due_on__lt=day)
    upto = Subquery(reached.order_by("-upto_paise").values("upto_paise")[:1])
    return owing().filter(since__lt=day).annotate(overdue_paise=upto - F("settled_paise"))


@dataclass(frozen=True)
class Dues:
    """How many orders, and how much of them in paise."""

    count: int
    paise: int


def dues():
    """Return the Dues of all that is owed."""
    return _dues(owing(), "left_paise")


def overdue_dues(day):
    """Return the Dues of what should have been paid before `day` (IST)."""
    return _dues(overdue(day), "overdue_paise")


def _dues(rows, field):
    found = rows.order_by().aggregate(count=Count("pk"), paise=Coalesce(Sum(field), 0))
    return Dues(**found)


def unpaid():
    """Orders whose seat waits for the first payment."""
    return Order.objects.filter(
        state=Order.State.OPEN, enrollment__status=Enrollment.Status.PENDING
    )


# --- what a person has to look at ------------------------------------------------------------

HELD = Q(state=Payment.State.HELD, returned_paise__lt=F("received_paise"))
APPROVAL = Q(state=Payment.State.APPROVAL)


def stuck(now):
    """Attempts whose page closed a while ago, and of which PhonePe still has not said the end."""
    under_way = [Payment.State.CREATED, Payment.State.PENDING]
    return Q(state__in=under_way, page_until__lt=now - STUCK_AFTER)


def payments_to_look_at(now):
    return Payment.objects.filter(HELD | APPROVAL | stuck(now))


def refunds_to_look_at(now):
    """Cash to be paid back by hand, refunds that failed, and those on their way for too long."""
    by_hand = ~Q(payment__method=Payment.Method.PHONEPE)
    waits = Q(state=Refund.State.DUE) & (by_hand | Q(due_at=None) | Q(attempt__gt=1))
    slow = Q(state__in=Refund.IN_FLIGHT, created_at__lt=now - LONG_FOR_A_REFUND)
    return Refund.objects.filter(waits | slow)


def returning():
    """Return how much is on its way back and has not arrived, in paise."""
    open_states = [Refund.State.DUE, *Refund.IN_FLIGHT]
    return _sums(Refund, "amount_paise", [Q(state__in=open_states)])[0]
