"""What staff do with one enrolment: take money, give it back, end it, move it, send the link."""

from django.template.defaultfilters import date
from django.utils import timezone

from academics import seats
from academics.models import Enrollment
from coaching.centre.models import Profile
from coaching.common.money import inr
from payments import notices, refunds
from payments.admin import rights
from payments.admin.dialogs import Dialog, NoteForm, Refused
from payments.admin.forms import CashForm, MoveForm, ReturnForm
from payments.models import Order, Payment, Refund
from payments.orders import change_batch, due_now, link_until
from payments.services import record

Status = Enrollment.Status
FULL = "This batch is full: every seat is taken, held, or promised to who waits for one."


def order_of(enrollment):
    """Return the enrolment's open order, else its newest, or None. From `with_orders`."""
    orders = enrollment.their_orders
    return next((one for one in orders if one.state == Order.State.OPEN), None) or (
        orders[0] if orders else None
    )


def unapproved_paise(order):
    """Return what staff recorded and nobody has approved yet."""
    return sum(
        one.amount_paise for one in order.payments.all() if one.state == Payment.State.APPROVAL
    )


class Act(Dialog):
    """On an enrolment; most need its order to be open."""

    needs_open_order = True

    def refusal(self, enrollment, user):
        order = order_of(enrollment)
        if order is None or (self.needs_open_order and order.state != Order.State.OPEN):
            return "Nothing is owed or paid any more: its order is over."
        return self.why_not(enrollment, order)

    def why_not(self, enrollment, order):
        return ""


class Cash(Act):
    noun, label, permission = "cash", "Record cash or transfer", rights.RECORD
    form_class = CashForm

    def why_not(self, enrollment, order):
        left = order.owed_paise - unapproved_paise(order)
        return "" if left >= 100 else "Nothing more is owed."

    def points(self, enrollment):
        order, limit = order_of(enrollment), Profile.current().approval_above_paise
        waiting = unapproved_paise(order)
        owed = f"{inr(order.owed_paise)} is owed"
        return [
            f"{owed}; of it {inr(waiting)} is recorded and waits for approval." if waiting
            else f"{owed}.",
            f"Above {inr(limit)} somebody else has to approve it; until then nothing is unlocked."
            if limit else "Somebody else has to approve it; until then nothing is unlocked.",
            "The receipt is made and sent when it is booked." if enrollment.has_seat
            else "No seat is held any more. If none is free, the money has to be paid back.",
        ]  # fmt: skip

    def initial(self, enrollment):
        order = order_of(enrollment)
        due = due_now(order, timezone.localdate())
        return {"amount": min(due, order.owed_paise - unapproved_paise(order)), "method": "cash"}

    def do(self, enrollment, given, user):
        try:
            payment = record(
                order_of(enrollment), method=given["method"], amount_paise=given["amount"],
                by=user, note=given["note"],
            )  # fmt: skip
        except ValueError as error:
            raise Refused(str(error)) from error
        if payment.state == Payment.State.APPROVAL:
            return f"{inr(payment.amount_paise)} is recorded. Somebody else has to approve it."
        if payment.surplus_paise:
            back = f"{inr(payment.surplus_paise)} could not be used: pay it back by hand."
            return f"{inr(payment.amount_paise)} is booked. {back}"
        return f"{inr(payment.amount_paise)} is booked; the receipt is on its way."


class GiveBack(Act):
    noun, label, permission = "refund", "Give money back", rights.GIVE_BACK
    form_class = ReturnForm
    is_danger = True
    needs_open_order = False

    def why_not(self, enrollment, order):
        return "" if order.kept_paise else "Nothing was paid that is not on its way back already."

    def points(self, enrollment):
        order = order_of(enrollment)
        return [
            f"{inr(order.kept_paise)} can be given back at most. {the_rule(order)}",
            "Giving back all of it ends the enrolment and frees the seat; less leaves both.",
            "What came through PhonePe goes back by PhonePe to where it came from. Cash and "
            "transfers you pay back by hand, and say so under Refunds.",
        ]

    def initial(self, enrollment):
        order = order_of(enrollment)
        return {"amount": ruled_paise(order) or order.kept_paise}

    def do(self, enrollment, given, user):
        try:
            refunds.refund_order(
                order_of(enrollment), given["amount"], Refund.Why.GOODWILL,
                by=user, note=given["note"],
            )  # fmt: skip
        except refunds.NothingToGiveBack as error:
            raise Refused(str(error)) from error
        return f"{inr(given['amount'])} goes back."


class Leave(Act):
    noun, label, permission = "end", "End the enrolment", rights.CHANGE_ENROLMENT
    form_class = NoteForm
    is_danger = True

    def why_not(self, enrollment, order):
        live = enrollment.status in (Status.PENDING, Status.ACTIVE)
        return "" if live else f"It is {enrollment.get_status_display().lower()} already."

    def points(self, enrollment):
        order = order_of(enrollment)
        if not order.paid_paise:
            return ["Nothing was paid. The seat is free again; the payment link stops working."]
        return [
            f"{the_rule(order)} So {inr(ruled_paise(order))} goes back, "
            f"{inr(order.kept_paise - ruled_paise(order))} is kept.",
            "To give back another amount, use “Give money back” first.",
            "The seat is free again, and the course is closed to the student.",
        ]

    def do(self, enrollment, given, user):
        made = refunds.leave(order_of(enrollment), by=user, note=given["note"])
        back = sum(one.amount_paise for one in made)
        return f"The enrolment has ended. {f'{inr(back)} goes back.' if back else ''}".strip()


class Move(Act):
    noun, label, permission = "batch", "Move to another batch", rights.CHANGE_ENROLMENT

    def why_not(self, enrollment, order):
        live = enrollment.status in (Status.PENDING, Status.ACTIVE)
        return "" if live else f"It is {enrollment.get_status_display().lower()} already."

    def form(self, enrollment, data=None):
        return MoveForm(data, leaving=enrollment.batch_id)

    def points(self, enrollment):
        return [
            f"Now in {enrollment.batch} ({enrollment.batch.course}).",
            f"{inr(order_of(enrollment).kept_paise)} that was paid goes along.",
            "Another course's fee is charged: what is then paid too much goes back, what is "
            "missing is owed.",
        ]

    def do(self, enrollment, given, user):
        order, batch = order_of(enrollment), given["batch"]
        try:
            made = change_batch(order, batch, by=user)
        except seats.BatchFull as error:
            raise Refused(FULL) from error
        except seats.AlreadyEnrolled as error:
            raise Refused("The student is in that batch already.") from error
        back = sum(one.amount_paise for one in made)
        order.refresh_from_db()
        more = f" {inr(back)} goes back." if back else ""
        more += f" {inr(order.owed_paise)} is owed now." if order.owed_paise else ""
        return f"Moved to {batch}.{more}"


class SendLink(Act):
    noun, label, permission = "link", "Send the payment link again", rights.ENROL

    def why_not(self, enrollment, order):
        return "" if enrollment.status == Status.PENDING else "The seat is paid for already."

    def points(self, enrollment):
        until = date(timezone.localtime(link_until(Profile.current())), "D j M, g:i A")
        order = order_of(enrollment)
        return [
            f"The link for {inr(due_now(order, timezone.localdate()))} goes to "
            f"{order.contact}{f' and {order.email}' if order.email else ''}.",
            f"The seat is held until {until}.",
        ]

    def do(self, enrollment, given, user):
        until = link_until(Profile.current())
        try:
            seats.hold(enrollment.user, enrollment.batch, until=until)
        except seats.BatchFull as error:
            raise Refused(FULL) from error
        except seats.AlreadyEnrolled as error:
            raise Refused("The seat is paid for already.") from error
        order = order_of(enrollment)
        due = due_now(order, timezone.localdate())
        again = f"{timezone.now():%Y%m%d%H%M%S}"
        notices.payment_link(order, until=until, paise=due, again=again)
        return "The link is on its way again."


def ruled_paise(order):
    return refunds.by_the_rule(order, timezone.localdate(), Profile.current())


def the_rule(order):
    """Say what the centre's rule gives back today, and which part of it applies."""
    profile, start = Profile.current(), order.enrollment.batch.starts_on
    return (
        f"By the rule {inr(ruled_paise(order))} goes back today: the batch starts "
        f"{date(start, 'j M Y')}; until {profile.refund_days_before} days before all but "
        f"{inr(profile.refund_keeps_paise)}, in the first week "
        f"{profile.refund_first_week_percent}%, later nothing."
    )


ACTS = (Cash, SendLink, Move, GiveBack, Leave)
