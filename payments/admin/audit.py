"""The sums that must be zero: every figure that is kept twice, against the rows it comes from.

Whole ledger, no dates: an amount that once went astray stays visible until it is found.
"""

from dataclasses import dataclass

from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce
from django.urls import NoReverseMatch, reverse

from academics.models import Batch, Enrollment
from payments.models import Order, Payment, Receipt, Refund, Series

SHOWN = 20
PAPER = Cast(KeyTextTransform("amount_paise", "paper"), IntegerField())


@dataclass(frozen=True)
class Check:
    """Two ways to one sum, in paise unless it counts things; `wrong` are rows that differ."""

    label: str
    left: int
    right: int
    wrong_count: int
    wrong: list
    is_money: bool = True

    @property
    def difference(self):
        return self.left - self.right


def audit():
    """Return all Checks: one query each, and one more for each that finds something."""
    paid = Payment.objects.filter(state=Payment.State.PAID)
    live = Refund.objects.exclude(state=Refund.State.FAILED)
    taken = Case(When(applied_paise__gt=0, then=F("applied_paise")), default=F("amount_paise"))
    active = Enrollment.objects.filter(status=Enrollment.Status.ACTIVE)
    kept = Order.objects.filter(enrollment=OuterRef("pk"), paid_paise__gt=F("refunded_paise"))
    has_paid = Case(When(Exists(kept), then=1), default=0, output_field=IntegerField())
    of_orders = _sum(paid, "order", "applied_paise")
    return [
        _check("What came and no order took = what goes back of it", paid,
               F("received_paise") - F("applied_paise"),
               _sum(live, "payment", F("amount_paise") - F("of_order_paise"))),
        _check("Paid on orders = taken from payments", Order.objects.all(),
               F("paid_paise"), of_orders),
        _check("Returned of payments = their refunds", Payment.objects.all(),
               F("returned_paise"), _sum(live, "payment", "amount_paise")),
        _check("Given back of orders = their refunds", Order.objects.all(),
               F("refunded_paise"), _sum(live, "order", "of_order_paise")),
        _check("Payments = their receipts", paid, taken, _sum(Receipt.objects, "payment", PAPER)),
        _check("Arrived refunds = their notes", Refund.objects.filter(
               state=Refund.State.COMPLETED), F("amount_paise"),
               _sum(Receipt.objects, "refund", PAPER)),
        _check("Numbers given = papers there are", Series.objects.all(), F("last"),
               _count(Receipt.objects, "series"), is_money=False),
        _check("Seats taken = enrolments with a seat", Batch.objects.all(), F("seats_taken"),
               _count(Enrollment.objects.filter(has_seat=True), "batch"), is_money=False),
        _check("Students in a batch = those of them who paid", active, Value(1), has_paid,
               is_money=False),
    ]  # fmt: skip


def _check(label, rows, mine, other, *, is_money=True):
    rows = rows.order_by().annotate(mine=mine, other=other)
    sums = rows.aggregate(
        left=Coalesce(Sum("mine"), 0),
        right=Coalesce(Sum("other"), 0),
        wrong=Count("pk", filter=~Q(mine=F("other"))),
    )
    wrong = rows.exclude(mine=F("other")).order_by("pk")[:SHOWN] if sums["wrong"] else []
    return Check(label, sums["left"], sums["right"], sums["wrong"], [*map(_named, wrong)], is_money)


def _named(row):
    """Give a row that differs its `page`, where it has one."""
    name = f"admin:{row._meta.app_label}_{row._meta.model_name}_change"
    try:
        row.page = reverse(name, args=[row.pk])
    except NoReverseMatch:
        row.page = ""
    return row


def _sum(rows, key, value):
    """Return what `rows` that point here by `key` add up to."""
    return _of(rows, key, Sum(value))


def _count(rows, key):
    return _of(rows, key, Count("pk"))


def _of(rows, key, total):
    mine = rows.filter(**{key: OuterRef("pk")}).order_by().values(key).annotate(total=total)
    return Coalesce(Subquery(mine.values("total"), output_field=IntegerField()), 0)
