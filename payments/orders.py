"""From "I want this batch" to a payment page: hold the seat, price it, make the order, ask PhonePe.

Whoever changes a person's orders and payments takes the person's lock first
(`Contact.objects.locked`), then the batch's (`academics.seats`), then a receipt series': one order
of locks, no deadlock.
"""

import datetime as dt
import secrets

import structlog
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from academics import seats
from coaching.accounts.models import Contact
from coaching.centre.models import Profile
from coaching.common.states import move
from payments import access, checks, coupons, phonepe, refunds
from payments.models import Instalment, Order, OrderLine, Payment, Refund
from payments.pricing import due_on, fitted, quote
from payments.services import settle
from payments.tax import gst, place_of_supply

log_event = structlog.get_logger(__name__)

STILL_OPEN = dt.timedelta(seconds=60)  # a page that closes sooner is not worth going back to


class NothingToPay(Exception):
    """The order is paid, or over."""


def seat_until(profile, seconds=phonepe.PAGE_SECONDS):
    """Return until when (UTC) a seat is held for a payment page of so many seconds."""
    return timezone.now() + dt.timedelta(seconds=seconds, minutes=profile.seat_grace_minutes)


def link_until(profile):
    """Return until when (UTC) a seat is held that staff, or the waiting list, have promised."""
    return timezone.now() + dt.timedelta(hours=profile.payment_link_hours)


@transaction.atomic
def open_order(*, user, contact, batch, plan, until, name, email="", language="en-in",
               code="", state_code="", by=None, waited=False):  # fmt: skip
    """Return the student's open order for a place in `batch`, with a seat held until `until`.

    The same order again while its price is the same, or something has been paid; otherwise the old
    one is cancelled. Raises BatchFull, AlreadyEnrolled or CouponRefused, and changes nothing then.
    """
    Contact.objects.locked(contact.phone)
    enrollment = seats.hold(user, batch, until=until, waited=waited)
    old = Order.objects.filter(enrollment=enrollment, state=Order.State.OPEN).first()
    if old and old.paid_paise:
        return old
    with override(language):
        priced = quote(
            batch, plan, timezone.localdate(), Profile.current(), coupons.find(code), language
        )
    if old and _is_same(old, priced):
        if old.coupon_id and not old.holds_coupon:
            coupons.hold(old)
        old.name, old.email, old.language = name, email.lower(), language  # as corrected
        old.save(update_fields=["name", "email", "language"])
        return old
    if old:
        coupons.give_back(old)
        move(old, Order.State.CANCELLED)
    place = _place(batch, state_code)
    order = Order.objects.create(
        enrollment=enrollment, user=user, contact=contact, name=name, email=email.lower(),
        language=language, state_code=place, plan=plan, total_paise=priced.total_paise,
        coupon=priced.coupon, created_by=by,
    )  # fmt: skip
    if order.coupon_id:
        coupons.hold(order)
    _write_lines(order, priced)
    return order


def _place(batch, state_code):
    """Return the state that decides about the kind of GST, '' for a centre without a GSTIN."""
    profile = Profile.current()
    is_online = batch.mode == batch.Mode.ONLINE
    return profile.gstin and place_of_supply(profile.state_code, state_code, is_online)


def _is_same(order, priced):
    lines = [(line.kind, line.text, line.amount_paise) for line in order.lines.all()
             if not line.is_included]  # fmt: skip
    return order.plan == priced.plan and lines == priced.lines


def _write_lines(order, priced):
    OrderLine.objects.bulk_create(
        OrderLine(order=order, kind=kind, text=text, amount_paise=paise)
        for kind, text, paise in priced.lines
    )
    write_tax(order)
    write_parts(order, priced.parts)


def write_tax(order):
    """Write the line that says what of the total is GST; none for a centre without GSTIN."""
    profile = Profile.current()
    order.lines.filter(kind=OrderLine.Kind.TAX).delete()
    if not profile.gstin:
        return
    same = order.state_code in ("", profile.state_code)
    tax = gst(order.total_paise, profile.gst_percent, same)
    OrderLine.objects.create(
        order=order, kind=OrderLine.Kind.TAX, is_included=True, amount_paise=tax.tax_paise,
        text=f"GST {profile.gst_percent}%",
    )  # fmt: skip


def write_parts(order, parts):
    """Write an order's instalments anew, from (paise, day) in the order they are due."""
    order.instalments.all().delete()
    upto = 0
    rows = []
    for number, (paise, day) in enumerate(parts, 1):
        upto += paise
        rows.append(
            Instalment(order=order, number=number, amount_paise=paise, upto_paise=upto, due_on=day)
        )
    Instalment.objects.bulk_create(rows)


@transaction.atomic
def change_batch(order, batch, *, by=None):
    """Move an order's enrolment, with its seat and its money, to another batch.

    Another course's price is charged as a line of its own; what was paid too much goes back.
    Returns the refunds. Raises BatchFull or AlreadyEnrolled, and changes nothing then.
    """
    Contact.objects.locked(order.contact.phone)
    order.refresh_from_db()
    enrollment = order.enrollment
    old = enrollment.batch
    seats.change_batch(enrollment, batch)
    difference = batch.course.price_paise - old.course.price_paise
    if difference:
        OrderLine.objects.create(
            order=order, kind=OrderLine.Kind.CHANGE, amount_paise=difference,
            text=f"{old.course.title_in(order.language)} → {batch.course.title_in(order.language)}",
        )  # fmt: skip
    total = max(100, order.total_paise + difference)
    too_much = max(0, order.kept_paise - total)
    made = refunds.of_order(order, too_much, Refund.Why.PRICE_CHANGED, by=by)
    order.total_paise, order.state_code = total, _place(batch, order.state_code)
    order.settled_paise -= too_much
    order.save(update_fields=["total_paise", "settled_paise", "state_code"])
    wanted = batch.course.instalments if order.plan == Order.Plan.INSTALMENTS else []
    day = timezone.localdate()
    parts = [(part["paise"], due_on(part["when"], n, batch, day)) for n, part in enumerate(wanted)]
    write_parts(order, fitted(parts or [(order.total_paise, day)], order.total_paise))
    write_tax(order)
    access.write(order)
    return made


@transaction.atomic
def let_lapse(enrollment):
    """Give back the seat and the coupon that an unpaid enrolment held. True if it held a seat."""
    order = Order.objects.filter(enrollment=enrollment, state=Order.State.OPEN).first()
    if order:
        Contact.objects.locked(order.contact.phone)
        order.refresh_from_db()
        if order.paid_paise:
            return False
    if not seats.let_go(enrollment):
        return False
    if order:
        coupons.give_back(order)
    return True


def due_now(order, day):
    """Return what is to be paid next, in paise: all that is due by `day` (IST), or the next part.

    0 when nothing is owed.
    """
    reached = [part.upto_paise for part in order.instalments.all() if part.due_on <= day]
    ahead = [part.upto_paise for part in order.instalments.all()
             if part.upto_paise > order.settled_paise]  # fmt: skip
    upto = max([*reached, *ahead[:1]], default=order.total_paise)
    return max(0, min(upto, order.total_paise) - order.settled_paise)


def start_payment(order, *, everything=False):
    """Return a Payment whose page at PhonePe (`page_url`) is open: the present one, or a new one.

    The row is committed before PhonePe is asked. Not inside a transaction. Raises NothingToPay,
    BatchFull or CouponRefused before anything is begun; phonepe.PhonePeError when no page could be
    opened (the attempt is failed, or checked later).
    """
    payment, is_new = _attempt(order, everything)
    while not is_new:  # it may have ended meanwhile: paid, or declined
        if settle(payment.pk).state == Payment.State.PENDING:
            return payment
        payment, is_new = _attempt(order, everything)
    try:
        page = phonepe.open_page(
            payment.merchant_order_id,
            payment.amount_paise,
            settings.SITE_URL + reverse("payment_return", args=[payment.merchant_order_id]),
        )
    except phonepe.Refused as error:
        move(payment, Payment.State.FAILED, reason=str(error), next_check_at=None)
        raise
    except phonepe.Unclear as error:
        log_event.warning("no_payment_page", payment=payment.pk, why=str(error))
        raise
    opened = {"provider_order_id": page.order_id, "page_url": page.url, "page_until": page.until}
    move(payment, Payment.State.PENDING, **opened)
    return payment


@transaction.atomic
def _attempt(order, everything):
    """Return (payment, is_new): the row that says what is about to be asked of PhonePe."""
    Contact.objects.locked(order.contact.phone)
    order.refresh_from_db()
    day, now = timezone.localdate(), timezone.now()
    amount = order.owed_paise if everything else due_now(order, day)
    enrollment = order.enrollment
    if order.state != Order.State.OPEN or amount <= 0 or enrollment.status == "cancelled":
        raise NothingToPay
    if enrollment.status == "pending":
        seats.hold(order.user, enrollment.batch, until=seat_until(Profile.current()))
        if order.coupon_id and not order.holds_coupon:
            coupons.hold(order)
    current = order.payments.filter(
        state=Payment.State.PENDING, amount_paise=amount, page_until__gt=now + STILL_OPEN
    ).first()
    if current:
        return current, False
    return (
        Payment.objects.create(
            order=order,
            amount_paise=amount,
            merchant_order_id=f"P{order.pk}-{secrets.token_hex(8)}",
            page_until=now + dt.timedelta(seconds=phonepe.PAGE_SECONDS),
            next_check_at=now + checks.FIRST,
            created_at=now,
        ),
        True,
    )
