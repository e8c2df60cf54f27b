"""`settle()`: the one place where money becomes a seat, or goes back.

Webhook, return page, poller, admin button and nightly sweep all end here; run it as often as you
like, from as many places at once. What a webhook or an address says is never believed: PhonePe is
asked, outside every lock, and its answer counts only when the order is ours and the amount to the
paisa. Then, in one transaction under the person's lock: the payment moves forward, once; the seat
is taken, or the money is put on its way back; the receipt gets its number; the message is queued.
"""

import structlog
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from academics import seats
from academics.models import Enrollment
from coaching.accounts.models import Contact
from coaching.centre.models import Profile
from coaching.common.money import MAX_PAISE, inr
from coaching.common.states import move
from coaching.messaging import alerts
from payments import access, checks, coupons, notices, phonepe, receipts, refunds, signals
from payments.models import Order, Payment, Refund
from payments.pricing import CouponRefused

log_event = structlog.get_logger(__name__)

State, Why = Payment.State, Refund.Why
OVER = (State.PAID, State.HELD)


def settle(payment_id):
    """Ask PhonePe what became of a payment, and act on it. Returns the payment as it is then.

    Not inside a transaction. Raises nothing for PhonePe's troubles: the payment is asked about
    again by the schedule.
    """
    payment = Payment.objects.get(pk=payment_id)
    if payment.method != Payment.Method.PHONEPE or payment.state in OVER:
        return payment
    try:
        answer = phonepe.order_state(payment.merchant_order_id)
    except phonepe.UnknownId:
        answer = None
    except phonepe.KeysRefused:
        alerts.raise_alert("phonepe:keys", KEYS_REFUSED)
        return _later(payment)
    except phonepe.PhonePeError as error:
        log_event.warning("payment_unclear", payment=payment.pk, why=str(error))
        return _later(payment)
    alerts.close("phonepe:keys")
    with transaction.atomic():
        payment = _locked(payment)
        if payment.state not in OVER:
            _act(payment, answer)
    return payment


KEYS_REFUSED = (
    "PhonePe refuses our keys: nobody can pay online, and what was paid is not seen until they "
    "work again. Check PHONEPE_CLIENT_ID, PHONEPE_CLIENT_SECRET and PHONEPE_CLIENT_VERSION."
)


def _later(payment):
    """Ask again by the schedule; the page goes on saying that the payment is being confirmed."""
    now = timezone.now()
    Payment.objects.filter(pk=payment.pk).exclude(state__in=OVER).update(
        next_check_at=checks.next_check(payment, now), checks=F("checks") + 1
    )
    payment.refresh_from_db()
    return payment


def _locked(payment):
    """Return the payment as it is under its person's lock, with its order and enrolment."""
    Contact.objects.locked(payment.order.contact.phone)
    return Payment.objects.select_related("order__enrollment__batch", "order__contact").get(
        pk=payment.pk
    )


def _act(payment, answer):
    """Move the payment by PhonePe's answer (None: it has never heard of it)."""
    now = timezone.now()
    if answer is None:
        _unheard_of(payment, now)
    elif answer.state == "COMPLETED":
        _completed(payment, answer, now)
    elif answer.state == "FAILED":
        _failed(payment, answer.code or "failed", now)
    elif checks.is_over(payment, now):
        _failed(payment, "page_closed", now)
    else:
        if payment.state == State.CREATED:  # the answer that opened its page was lost
            move(payment, State.PENDING, provider_order_id=answer.order_id)
        _ask_again(payment, now)


def _unheard_of(payment, now):
    """The request never reached PhonePe; while it may still be under way, wait."""
    if payment.state == State.CREATED and now - payment.created_at > checks.FIRST:
        move(payment, State.FAILED, reason="never_reached", next_check_at=None)
    else:
        _ask_again(payment, now)


def _failed(payment, reason, now):
    """Not paid; it is asked about for two days more, because money may still come."""
    move(payment, State.FAILED, reason=reason)
    _ask_again(payment, now)


def _ask_again(payment, now):
    """By the schedule; what a webhook has made due meanwhile stays due."""
    if payment.next_check_at is None or payment.next_check_at > now:
        payment.next_check_at = checks.next_check(payment, now)
    payment.checks += 1
    payment.save(update_fields=["next_check_at", "checks"])


def _completed(payment, answer, now):
    wrong = _what_is_wrong(payment, answer)
    if wrong:
        _hold(payment, answer, wrong)
        return
    details = {"transaction_id": answer.transaction_id, "mode": answer.mode}
    try:
        with transaction.atomic():
            receive(payment, now, **details)
    except _TransactionSeen:
        _hold(payment, answer, "transaction_seen")


def _what_is_wrong(payment, answer):
    if answer.amount_paise != payment.amount_paise:
        return "amount_differs"
    if payment.provider_order_id and answer.order_id != payment.provider_order_id:
        return "order_differs"
    return ""


def _hold(payment, answer, reason):
    """PhonePe says paid, but not what was asked for: no seat, no failure; a person looks."""
    came = min(max(0, answer.amount_paise), MAX_PAISE)
    move(payment, State.HELD, reason=reason, received_paise=came, next_check_at=None)
    alerts.raise_alert(
        f"payment:{payment.pk}",
        f"{payment.order.name}: PhonePe reports {inr(answer.amount_paise)} for a payment of "
        f"{inr(payment.amount_paise)}. Nothing was unlocked and nothing given back: look at the "
        "payment and decide.",
    )


class _TransactionSeen(Exception):
    """PhonePe gave two payments one transaction: one of them is not real."""


def receive(payment, now, **details):
    """Book a payment as paid and use it: for the seat, for the fee, or to give it back.

    Joins the caller's transaction, under the person's lock. True for the caller who moved it.
    """
    try:
        with transaction.atomic():
            moved = move(
                payment, State.PAID, received_paise=payment.amount_paise, paid_at=now,
                reason="", next_check_at=None, **details,
            )  # fmt: skip
    except IntegrityError as error:
        raise _TransactionSeen from error
    if not moved:
        return False
    order = payment.order
    applied, why = _use(payment, order)
    if applied:
        Payment.objects.filter(pk=payment.pk).update(applied_paise=applied)
        Order.objects.filter(pk=order.pk).update(
            paid_paise=F("paid_paise") + applied, settled_paise=F("settled_paise") + applied
        )
        payment.applied_paise = applied
        order.refresh_from_db(fields=["paid_paise", "settled_paise"])
        access.write(order)
    receipt = receipts.issue(payment)
    if payment.surplus_paise:
        refunds.give_back(payment, payment.surplus_paise, why)
    notices.received(payment, receipt, why)
    return True


def _use(payment, order):
    """Return (paise that the order takes, why the rest goes back). Takes the seat."""
    enrollment = order.enrollment
    if enrollment.status == Enrollment.Status.CANCELLED:
        return 0, Why.ENROLMENT_OVER
    if order.state == Order.State.CANCELLED and not _reopen(order):
        return 0, Why.PAID_TWICE
    if enrollment.status == Enrollment.Status.PENDING:
        try:
            with transaction.atomic():
                seats.admit(enrollment)
                if order.coupon_id and not order.holds_coupon:
                    coupons.hold(order)
        except seats.BatchFull:
            return 0, Why.BATCH_FULL
        except CouponRefused:
            return 0, Why.PRICE_CHANGED
        signals.enrolled.send(Enrollment, enrollment=enrollment, order=order)
    return min(payment.amount_paise, order.owed_paise), Why.PAID_TWICE


def _reopen(order):
    """Take an order up again that a newer one had replaced, unless that has been paid."""
    newer = Order.objects.filter(enrollment=order.enrollment, state=Order.State.OPEN).first()
    if newer and newer.paid_paise:
        return False
    if newer:
        coupons.give_back(newer)
        move(newer, Order.State.CANCELLED)
    return move(order, Order.State.OPEN)


@transaction.atomic
def record(order, *, method, amount_paise, by, note):
    """Book cash or a bank transfer that staff took. Returns the Payment.

    Above the centre's limit it waits for `approve` by a second person, and nothing is unlocked.
    Raises ValueError when it is no amount, or more than is owed.
    """
    Contact.objects.locked(order.contact.phone)
    order.refresh_from_db()
    waiting = sum(p.amount_paise for p in order.payments.filter(state=State.APPROVAL))
    if not 100 <= amount_paise <= order.owed_paise - waiting:
        raise ValueError(f"{inr(order.owed_paise - waiting)} is owed: not more than that.")
    payment = Payment.objects.create(
        order=order, method=method, amount_paise=amount_paise, recorded_by=by, note=note,
        state=State.APPROVAL,
    )  # fmt: skip
    payment.order = order
    if amount_paise <= Profile.current().approval_above_paise:
        receive(payment, timezone.now())
    return payment


def approve(payment, *, by):
    """Book a payment that needed a second person. True for the one who did.

    Raises PermissionError for the person who recorded it.
    """
    if payment.recorded_by_id == by.pk:
        raise PermissionError("Somebody else has to approve it.")
    with transaction.atomic():
        payment = _locked(payment)
        return payment.state == State.APPROVAL and receive(payment, timezone.now(), approved_by=by)


def reject(payment, *, by, reason):
    """Throw out a recorded payment that was not approved. True for the one who did."""
    if payment.state != State.APPROVAL:
        return False
    return move(payment, State.FAILED, reason=reason[:80], note=f"{payment.note} ({by})"[:200])
