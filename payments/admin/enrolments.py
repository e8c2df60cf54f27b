"""An enrolment with its money: the page from which a student is looked after at the till."""

from django.contrib import admin
from django.db.models import Prefetch
from django.utils import timezone
from unfold.decorators import display

from academics.admin import enrolments as base
from academics.models import Enrollment, WaitingPlace
from coaching.centre.models import Profile
from coaching.common.money import inr
from coaching.common.states import move
from payments import notices, rounds
from payments.admin import reasons, rights
from payments.admin.acts import ACTS, order_of, unapproved_paise
from payments.admin.dialogs import Dialog, DialogAdmin, Refused
from payments.models import Order, Payment
from payments.orders import let_lapse, link_until

State = WaitingPlace.State


def with_orders(rows):
    """Give each enrolment `their_orders`, newest first: one more query."""
    orders = Order.objects.order_by("-pk").select_related("contact")
    return rows.prefetch_related(Prefetch("orders", orders, to_attr="their_orders"))


@admin.register(Enrollment)
class EnrollmentAdmin(base.EnrollmentAdmin, DialogAdmin):
    dialogs = ACTS
    change_form_outer_before_template = "admin/payments/enrolment.html"

    def rows(self):
        rows = Enrollment.objects.select_related("user__contact", "batch__course")
        return with_orders(rows)

    def contact_of(self, enrollment):
        return order_of(enrollment).contact

    def stamp(self, enrollment):
        order = order_of(enrollment)
        money = order and (
            order.pk, order.state, order.paid_paise, order.refunded_paise, unapproved_paise(order)
        )  # fmt: skip
        held = enrollment.held_until and enrollment.held_until.timestamp()
        return f"{money} {enrollment.status} {enrollment.batch_id} {held}"

    def get_queryset(self, request):
        rows = super().get_queryset(request)
        return with_orders(rows) if request.user.has_perm(rights.SEE_ORDERS) else rows

    def get_list_display(self, request):
        shown = super().get_list_display(request)
        if not request.user.has_perm(rights.SEE_ORDERS):
            return shown
        return [*shown, "paid", "owed"]

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        sees_orders = request.user.has_perm(rights.SEE_ORDERS)
        enrollment = self.rows().get(pk=obj.pk)
        context |= {
            "enrollment": enrollment,
            "badge": base.BADGES.get(enrollment.get_status_display(), ""),
            "access": base.access_text(enrollment),
            "sees_orders": sees_orders,
            "sees_person": request.user.has_perm("accounts.view_contact"),
            "may_open_payments": request.user.has_perm(rights.SEE_MONEY),
        }
        if sees_orders:
            context |= {
                "acts": self.acts(request, enrollment),
                "orders": [self._with_all(one, request) for one in enrollment.their_orders],
            }
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def _with_all(self, order, request):
        """Give an order what its panel shows; an enrolment has one or two of them."""
        order.is_open = order.state == Order.State.OPEN
        order.pay_link = notices.pay_link(order) if order.is_open and order.owed_paise else ""
        order.parts = order.instalments.all()
        order.came = order.payments.select_related("receipt", "recorded_by", "approved_by")
        for payment in order.came:
            payment.why = reasons.of_payment(payment)
            payment.can_be_withdrawn = (
                payment.state == Payment.State.APPROVAL and payment.recorded_by == request.user
            )
        order.back = order.refunds.select_related("receipt", "payment")
        for refund in order.back:
            refund.why_not = reasons.of_refund(refund)
        return order

    @display(description="Paid")
    def paid(self, enrollment):
        order = order_of(enrollment)
        return inr(order.kept_paise) if order else "–"

    @display(description="Owed")
    def owed(self, enrollment):
        order = order_of(enrollment)
        is_open = order and order.state == Order.State.OPEN
        return inr(order.owed_paise) if is_open and order.owed_paise else "–"


class Offer(Dialog):
    noun, label, permission = "offer", "Offer a seat now", rights.SEE_TO_QUEUE

    def refusal(self, place, user):
        if place.state != State.WAITING:
            return f"It is “{place.get_state_display()}” now, so there is nothing to do."
        if place.batch.is_full:
            return "No seat is free. The next free one is offered by itself."
        ahead = WaitingPlace.objects.filter(
            batch=place.batch, state=State.WAITING, pk__lt=place.pk
        ).first()
        return f"{ahead.user} was first: offer the seat there." if ahead else ""

    def points(self, place):
        until = timezone.localtime(link_until(Profile.current()))
        return [
            f"A seat in {place.batch} is held for {place.user} until {until:%-d %b, %-I:%M %p}, "
            "and the link to pay goes out.",
            "Unpaid by then it goes to the next on the list.",
        ]

    def do(self, place, given, user):
        if not rounds.offer(place):
            raise Refused("No seat is free any more.")
        return f"{place.user} has been offered a seat."


class Removal(Dialog):
    noun, label, permission = "removal", "Take off the list", rights.SEE_TO_QUEUE
    is_danger = True

    def refusal(self, place, user):
        on_it = place.state in (State.WAITING, State.OFFERED)
        return "" if on_it else f"It is “{place.get_state_display()}”: not on the list any more."

    def points(self, place):
        held = place.state == State.OFFERED
        return [
            "The seat that is held goes to the next on the list." if held
            else "Who joins again starts at the end of the list.",
            "Nobody is told; tell the student yourself.",
        ]  # fmt: skip

    def do(self, place, given, user):
        mine = Enrollment.objects.filter(
            user=place.user, batch=place.batch, status=Enrollment.Status.PENDING
        )
        if place.state == State.OFFERED and (enrollment := mine.first()):
            let_lapse(enrollment)
        move(place, State.LEFT)
        return f"{place.user} is off the waiting list of {place.batch}."


@admin.register(WaitingPlace)
class WaitingPlaceAdmin(base.WaitingPlaceAdmin, DialogAdmin):
    dialogs = (Offer, Removal)
    change_form_outer_before_template = "admin/payments/waiting.html"

    def rows(self):
        return WaitingPlace.objects.select_related("user__contact", "batch__course")

    def contact_of(self, place):
        return place.user.contact

    def stamp(self, place):
        return place.state

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        place = self.rows().get(pk=obj.pk)
        context |= {
            "place": place,
            "badge": base.BADGES.get(str(place.get_state_display()), ""),
            "ahead": WaitingPlace.objects.filter(
                batch=place.batch, state=State.WAITING, pk__lt=place.pk
            ).count(),
            "acts": self.acts(request, place),
        }
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)
