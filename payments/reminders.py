"""Fees that fall due: each instalment is spoken of before, on and after its day, once each.

Found by a scan of the rows, so that an hour in which beat was down is caught up with, and any
number of scans say it once. What is paid meanwhile is not asked for: the question is put again
right before a message leaves. Days are IST.
"""

import datetime as dt

import structlog
from django.db.models import F
from django.dispatch import receiver
from django.utils import timezone
from django.utils.translation import override

from academics.models import Enrollment
from coaching.centre.models import Profile
from coaching.messaging.signals import about_to_leave
from payments import notices
from payments.models import Instalment, Order, Payment

log_event = structlog.get_logger(__name__)

DAYS_AROUND = 3  # before and after the day itself
CATCH_UP_DAYS = 2  # what was missed for longer is not said any more
IN_IT = (Enrollment.Status.ACTIVE, Enrollment.Status.COMPLETED)


def remind():
    """Queue the reminders of today. Run it as often as you like; one bad row keeps no other."""
    day, profile = timezone.localdate(), Profile.current()
    for part in _owed_around(day, profile.fee_grace_days):
        try:
            step = step_on(day, part, profile.fee_grace_days)
            if step:
                notices.fee_reminder(part, step)
        except Exception:
            log_event.exception("reminder_failed", order=part.order_id, part=part.number)


def step_on(day, part, grace_days):
    """Return the day on which what is to be said on `day` about an instalment was due, or None.

    Three days before it is due, on the day, three days after, and on the last day before the
    course is locked. Nothing on the day that the student joined: the receipt has said it.
    """
    joined = timezone.localdate(part.order.enrollment.activated_at)
    offsets = (-DAYS_AROUND, 0, DAYS_AROUND, grace_days)
    steps = [part.due_on + dt.timedelta(days=offset) for offset in offsets]
    latest = max((step for step in steps if joined < step <= day), default=None)
    is_fresh = latest and (day - latest).days <= CATCH_UP_DAYS
    return latest if is_fresh else None


def _owed_around(day, grace_days):
    """Instalments near their day that a student owes; cash that waits for approval has come."""
    longest = max(DAYS_AROUND, grace_days) + CATCH_UP_DAYS
    around = Instalment.objects.filter(
        due_on__range=(day - dt.timedelta(days=longest), day + dt.timedelta(days=DAYS_AROUND)),
        upto_paise__gt=F("order__settled_paise"),
        order__state=Order.State.OPEN,
        order__enrollment__status__in=IN_IT,
    ).exclude(order__payments__state=Payment.State.APPROVAL)
    return around.select_related("order__contact", "order__enrollment__batch__course")


@receiver(about_to_leave)
def why_not_wanted(log, **_):
    """Return why a message that asks for money is no longer wanted, or ''."""
    if log.purpose not in ("payment_link", "seat_offered", "fee_reminder"):
        return ""
    order = Order.objects.select_related("enrollment").get(pk=log.subject.removeprefix("order:"))
    enrollment = order.enrollment
    if order.state != Order.State.OPEN or enrollment.status == Enrollment.Status.CANCELLED:
        return "order_over"
    if log.purpose == "fee_reminder":
        return "" if _is_still_owed(log.context, order) else "paid"
    if enrollment.status != Enrollment.Status.PENDING:
        return "paid"
    return "" if enrollment.has_seat else "seat_let_go"


def _is_still_owed(said, order):
    """Whether an instalment is still owed just as the reminder says: that amount, by that day."""
    if order.payments.filter(state=Payment.State.APPROVAL).exists():
        return False
    owed = order.instalments.filter(upto_paise__gt=order.settled_paise)
    with override(order.language):
        return any(notices.dues(part).items() <= said.items() for part in owed)
