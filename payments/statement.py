"""What the pages about an order say: where the seat stands, what is owed by when, what came back.

Made of rows that `for_pages` fetches with the order, so that a page with many orders asks as often
as a page with one. Amounts are paise, days are India's.
"""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Q
from django.utils.functional import cached_property

from academics.models import Enrollment, WaitingPlace
from payments.models import Order, Payment, Receipt
from payments.orders import due_now
from payments.papers.sheet import TITLES


def for_pages(orders):
    """Fetch with `orders` (a QuerySet) all that a Statement reads: five queries in all."""
    return orders.select_related("enrollment__batch__course", "contact").prefetch_related(
        "lines", "instalments", "payments", "refunds"
    )


@dataclass(frozen=True)
class Part:
    """One instalment; `open_paise` is what of it is still to be paid."""

    number: int
    amount_paise: int
    due_on: dt.date
    open_paise: int
    is_overdue: bool


class Statement:
    """One order as of `day`; `standing` says in one word where it is.

    'over' (cancelled), 'held' (a seat waits for the payment), 'lapsed' (unpaid, no seat any more),
    'locked' (enrolled, a fee is overdue for too long), 'owing' (enrolled, parts are to come) or
    'paid'.
    """

    def __init__(self, order, day):
        self.order, self.enrollment = order, order.enrollment
        self.batch = order.enrollment.batch
        self.day = day

    @cached_property
    def standing(self):
        order, enrollment = self.order, self.enrollment
        if enrollment.status == Enrollment.Status.CANCELLED or order.state != Order.State.OPEN:
            return "over"
        if enrollment.status == Enrollment.Status.PENDING:
            return "held" if enrollment.has_seat else "lapsed"
        if not enrollment.is_open_on(self.day):
            return "locked"
        return "owing" if order.owed_paise else "paid"

    @cached_property
    def due_paise(self):
        """What the button asks for: all that is due by now, or the next part."""
        return 0 if self.standing == "over" else due_now(self.order, self.day)

    @cached_property
    def parts(self):
        return [self._part(part) for part in self.order.instalments.all()]

    def _part(self, row):
        open_paise = min(row.amount_paise, max(0, row.upto_paise - self.order.settled_paise))
        is_overdue = bool(open_paise) and row.due_on < self.day
        return Part(row.number, row.amount_paise, row.due_on, open_paise, is_overdue)

    @cached_property
    def next_part(self):
        """The first part that is not paid whole, or None."""
        return next((part for part in self.parts if part.open_paise), None)

    @cached_property
    def locks_after(self):
        """The last day with access while a fee is overdue, or None."""
        is_late = self.standing == "owing" and self.next_part and self.next_part.is_overdue
        return self.enrollment.access_until if is_late else None

    @cached_property
    def unclear(self):
        """The newest payment that nobody knows the end of yet, or None."""
        waiting = (Payment.State.CREATED, Payment.State.PENDING)
        return next((p for p in self.order.payments.all() if p.state in waiting), None)

    @cached_property
    def looked_at(self):
        """Payments that a person has to look at, and such as wait for a second one's approval."""
        states = (Payment.State.HELD, Payment.State.APPROVAL)
        payments = self.order.payments.all()
        return [p for p in payments if p.state in states and not p.returned_paise]

    @cached_property
    def refunds(self):
        """What goes back or has gone back; attempts that failed have successors."""
        return [one for one in self.order.refunds.all() if one.state != one.State.FAILED]


def papers_of(orders):
    """Return (what kind it is, the Receipt) of each paper of orders that `for_pages` fetched.

    The newest first.
    """
    payments = [payment.pk for order in orders for payment in order.payments.all()]
    refunds = [refund.pk for order in orders for refund in order.refunds.all()]
    papers = Receipt.objects.filter(Q(payment__in=payments) | Q(refund__in=refunds))
    return [(TITLES[paper.kind], paper) for paper in papers]


def has_seat(batch):
    """Whether a seat is free that nobody on the waiting list is to be offered first."""
    waiting = WaitingPlace.objects.filter(batch=batch, state=WaitingPlace.State.WAITING)
    return batch.seats_left > 0 and batch.seats_left > waiting.count()
