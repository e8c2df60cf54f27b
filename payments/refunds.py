"""Money on its way back: rows first, then PhonePe, one in flight per order, until it has arrived.

A refund's id follows from its payment, so that a lost answer can be asked about and the same
refund never goes twice. A refund that fails gets a successor with an id of its own (PhonePe asks
for that), at first by itself, then when the owner says so; the money stays claimed all the while.
"""

import datetime as dt

import structlog
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from academics import seats
from coaching.accounts.models import Contact
from coaching.centre.models import Profile
from coaching.common.money import inr
from coaching.common.states import move
from coaching.messaging import alerts
from payments import checks, notices, phonepe, receipts
from payments.models import Order, Payment, Refund

log_event = structlog.get_logger(__name__)

State, Why = Refund.State, Refund.Why
ANSWERED_BY = dt.timedelta(seconds=20)  # well above what a request may take
ONE_AFTER_ANOTHER = dt.timedelta(seconds=10)
AGAIN_AFTER = (dt.timedelta(minutes=10), dt.timedelta(hours=1), dt.timedelta(hours=6),
               dt.timedelta(hours=24))  # fmt: skip
LEAST_PAISE = 100  # PhonePe gives back no less


class NothingToGiveBack(Exception):
    """So much was not paid, or is on its way back already. The text says what there is."""


def give_back(payment, paise, why, *, of_order=0, by=None, note="", attempt=1, due_at=None):
    """Put `paise` of a payment on its way back. Returns the Refund, which is sent within seconds.

    `of_order` paise of it had been applied to the order. Joins the caller's transaction, under the
    person's lock; the database refuses more than came.
    """
    refund = Refund.objects.create(
        order_id=payment.order_id, payment=payment, amount_paise=paise, of_order_paise=of_order,
        merchant_refund_id=f"R{payment.pk}-{payment.refunds.count() + 1}", why=why, by=by,
        note=note, attempt=attempt, due_at=due_at or timezone.now(),
    )  # fmt: skip
    Payment.objects.filter(pk=payment.pk).update(returned_paise=F("returned_paise") + paise)
    payment.returned_paise += paise
    Order.objects.filter(pk=payment.order_id).update(refunded_paise=F("refunded_paise") + of_order)
    return refund


@transaction.atomic
def refund_order(order, paise, why, *, by=None, note=""):
    """Give back `paise` of what an order was paid, newest payments first. Returns the refunds.

    When nothing is kept the enrolment ends with it: a seat is never unpaid. Raises
    NothingToGiveBack.
    """
    Contact.objects.locked(order.contact.phone)
    order.refresh_from_db()
    if not 0 < paise <= order.kept_paise:
        raise NothingToGiveBack(f"{inr(order.kept_paise)} can be given back at most.")
    ends_it = paise == order.kept_paise
    made = of_order(order, paise, why, by=by, note=note)
    if ends_it:
        seats.cancel(order.enrollment)
        move(order, Order.State.CANCELLED)
    return made


def of_order(order, paise, why, *, by=None, note=""):
    """Spread a refund over the payments that were applied to the order. Returns the refunds.

    Joins the caller's transaction, under the person's lock. Raises NothingToGiveBack.
    """
    made = []
    for payment in order.payments.filter(state=Payment.State.PAID).order_by("-paid_at", "-pk"):
        claimed = sum(one.of_order_paise for one in payment.refunds.exclude(state=State.FAILED))
        part = _sendable(min(paise, payment.applied_paise - claimed), paise, payment)
        if part:
            made.append(give_back(payment, part, why, of_order=part, by=by, note=note))
            paise -= part
    if paise:
        raise NothingToGiveBack("The payments of this order do not add up: ask for help.")
    order.refresh_from_db()
    return made


def _sendable(part, whole, payment):
    """Return how much of `part` can be sent: PhonePe gives back ₹1 or more, or nothing."""
    if payment.method != Payment.Method.PHONEPE:
        return part
    if 0 < whole - part < LEAST_PAISE:  # what is left for the next payment must be sendable, too
        part -= LEAST_PAISE - (whole - part)
    return part if part >= LEAST_PAISE else 0


@transaction.atomic
def give_back_held(payment, *, by, note=""):
    """Give back a payment that was held because its amount differed, all that PhonePe says came.

    Raises NothingToGiveBack when it is not held, or on its way back already.
    """
    Contact.objects.locked(payment.order.contact.phone)
    payment.refresh_from_db()
    left = payment.received_paise - payment.returned_paise
    if payment.state != Payment.State.HELD or left < LEAST_PAISE:
        raise NothingToGiveBack("This payment is not held, or its money is on its way back.")
    alerts.close(f"payment:{payment.pk}")
    return give_back(payment, left, Why.WRONG_AMOUNT, by=by, note=note)


def by_the_rule(order, day, profile):
    """Return what the centre's written rule gives back to who leaves on `day` (IST), in paise.

    Early enough before the start: all but what the centre keeps. Until a week after the start: a
    percentage. Later: nothing.
    """
    start = order.enrollment.batch.starts_on
    if day <= start - dt.timedelta(days=profile.refund_days_before):
        return max(0, order.kept_paise - profile.refund_keeps_paise)
    if day < start + dt.timedelta(days=7):
        return order.kept_paise * profile.refund_first_week_percent // 100
    return 0


@transaction.atomic
def leave(order, *, by=None, note=""):
    """End the enrolment; what the rule gives back is on its way. Returns the refunds, or [].

    What the rule gives back below ₹1 cannot be sent and is kept.
    """
    Contact.objects.locked(order.contact.phone)
    order.refresh_from_db()
    paise = by_the_rule(order, timezone.localdate(), Profile.current())
    made = refund_order(order, paise, Why.LEFT, by=by, note=note) if paise >= LEAST_PAISE else []
    seats.cancel(order.enrollment)
    order.refresh_from_db()
    move(order, Order.State.CANCELLED)
    return made


def send(refund_id):
    """Ask PhonePe to give back a refund that is due. Run it as often as you like.

    Not inside a transaction. Commits that it is being sent before PhonePe hears of it.
    """
    refund = Refund.objects.select_related("payment").get(pk=refund_id)
    if refund.state != State.DUE or refund.is_by_hand:
        return
    now = timezone.now()
    try:
        with transaction.atomic():
            if not move(refund, State.SENDING, next_check_at=now + ANSWERED_BY):
                return
    except IntegrityError:  # another refund of this order is in flight
        Refund.objects.filter(pk=refund.pk, state=State.DUE).update(due_at=now + ONE_AFTER_ANOTHER)
        return
    try:
        answer = phonepe.refund(
            refund.merchant_refund_id, refund.payment.merchant_order_id, refund.amount_paise
        )
    except phonepe.KeysRefused as error:
        move(refund, State.DUE, due_at=now + AGAIN_AFTER[0], reason=str(error), next_check_at=None)
    except phonepe.Refused as error:
        check(refund.pk, refused=str(error))
    except phonepe.Unclear as error:
        log_event.warning("refund_unclear", refund=refund.pk, why=str(error))
    else:
        _progress(refund, answer)


def check(refund_id, *, refused=""):
    """Ask PhonePe what became of a refund in flight, and write it down.

    One that it has never heard of is sent again, with the same id; or, when it was `refused`, it
    has failed. Not inside a transaction.
    """
    refund = Refund.objects.select_related("payment", "order__contact").get(pk=refund_id)
    if refund.state not in Refund.IN_FLIGHT:
        return
    now = timezone.now()
    try:
        answer = phonepe.refund_state(refund.merchant_refund_id)
    except phonepe.UnknownId:
        if refused:
            _failed(refund, refused)
        elif refund.state == State.SENDING:
            move(refund, State.DUE, due_at=now, next_check_at=None)
        else:
            _ask_again(refund, now)
    except phonepe.PhonePeError as error:
        log_event.warning("refund_unclear", refund=refund.pk, why=str(error))
        _ask_again(refund, now)
    else:
        _progress(refund, answer)


def _ask_again(refund, now):
    Refund.objects.filter(pk=refund.pk, state__in=Refund.IN_FLIGHT).update(
        next_check_at=checks.next_refund_check(refund, now), checks=F("checks") + 1
    )


def _progress(refund, answer):
    """Move the refund forward by PhonePe's answer."""
    now = timezone.now()
    if answer.amount_paise != refund.amount_paise:
        alerts.raise_alert(
            f"refund:{refund.pk}",
            f"PhonePe speaks of {inr(answer.amount_paise)} for a refund of "
            f"{inr(refund.amount_paise)} ({refund.merchant_refund_id}). Look at PhonePe's page.",
        )
        _ask_again(refund, now)
    elif answer.state == "COMPLETED":
        complete(refund, provider_refund_id=answer.refund_id)
    elif answer.state == "FAILED":
        _failed(refund, answer.code or "failed")
    else:
        if refund.state == State.SENDING:
            move(refund, State.PENDING, provider_refund_id=answer.refund_id)
        _ask_again(refund, now)


@transaction.atomic
def complete(refund, **details):
    """The money is back where it came from: note, message. True for the one who wrote it."""
    Contact.objects.locked(refund.order.contact.phone)
    now = timezone.now()
    if not move(refund, State.COMPLETED, ended_at=now, next_check_at=None, reason="", **details):
        return False
    notices.given_back(refund, receipts.issue_note(refund))
    alerts.close(f"refund:{refund.payment_id}")
    return True


def paid_back_by_hand(refund, *, by, note):
    """Staff gave the money back themselves. True for the one who wrote it.

    For cash and bank transfers, and for what PhonePe refused until it waits for the owner.
    """
    is_ours = refund.is_by_hand or refund.due_at is None
    return is_ours and refund.state == State.DUE and complete(refund, by=by, note=note)


@transaction.atomic
def _failed(refund, reason):
    """This attempt is over; the money stays claimed by a successor, which is due later."""
    Contact.objects.locked(refund.order.contact.phone)
    now = timezone.now()
    if not move(refund, State.FAILED, reason=reason, ended_at=now, next_check_at=None):
        return
    _unclaim(refund)
    waits = AGAIN_AFTER[refund.attempt - 1 : refund.attempt]
    successor = give_back(
        refund.payment, refund.amount_paise, refund.why, of_order=refund.of_order_paise,
        by=refund.by, note=refund.note, attempt=refund.attempt + 1,
        due_at=now + waits[0] if waits else None,
    )  # fmt: skip
    if not waits:
        Refund.objects.filter(pk=successor.pk).update(due_at=None)
    alerts.raise_alert(
        f"refund:{refund.payment_id}",
        f"{refund.order.name}: {inr(refund.amount_paise)} could not be given back ({reason}). "
        + ("It is tried again by itself." if waits else "Send it again when the cause is gone."),
    )


def _unclaim(refund):
    Payment.objects.filter(pk=refund.payment_id).update(
        returned_paise=F("returned_paise") - refund.amount_paise
    )
    Order.objects.filter(pk=refund.order_id).update(
        refunded_paise=F("refunded_paise") - refund.of_order_paise
    )


def send_again(refund):
    """The owner says: now. True when it waited for that, or for its time."""
    return bool(Refund.objects.filter(pk=refund.pk, state=State.DUE).update(due_at=timezone.now()))
