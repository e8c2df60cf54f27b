"""Payments: what came, what waits and why; one payment beside what PhonePe says of it."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseNotAllowed
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from coaching.common.money import inr
from payments import refunds, services
from payments.admin import comparison, reasons, rights
from payments.admin.dialogs import Dialog, DialogAdmin, NeededNoteForm, Refused
from payments.admin.filters import BatchFilter, CameFilter, CourseFilter, PaymentLookFilter
from payments.admin.lists import Exported, OfAnOrder, in_cell, in_rupees, moment
from payments.models import Payment

State = Payment.State
BADGES = {"Waiting": "info", "Needs approval": "warning", "Paid": "success", "Held": "danger"}
NOT_WAITING = "It does not wait for approval any more."


class Approve(Dialog):
    noun, label, permission = "approval", "Approve", rights.APPROVE

    def refusal(self, payment, user):
        if payment.state != State.APPROVAL:
            return NOT_WAITING
        if payment.recorded_by_id == user.pk:
            return "You recorded it: somebody else has to approve it."
        return ""

    def points(self, payment):
        return [
            f"{payment.recorded_by} took {inr(payment.amount_paise)} from {payment.order.name} "
            f"({payment.get_method_display().lower()}): “{payment.note}”.",
            "Make sure that the money is there. Then it is booked, the seat is theirs, and the "
            "receipt is sent.",
        ]

    def do(self, payment, given, user):
        services.approve(payment, by=user)
        return f"{inr(payment.amount_paise)} is booked."


class Reject(Dialog):
    """By who approves; or by who recorded it, when that was a mistake."""

    noun, label, permission = "rejection", "Reject", rights.APPROVE
    form_class = NeededNoteForm
    is_danger = True

    def may(self, user, payment):
        is_mine = payment.recorded_by_id == user.pk and user.has_perm(rights.RECORD)
        return is_mine or super().may(user, payment)

    def refusal(self, payment, user):
        return "" if payment.state == State.APPROVAL else NOT_WAITING

    def points(self, payment):
        return [f"{inr(payment.amount_paise)} is not booked. The row stays, with your reason."]

    def do(self, payment, given, user):
        services.reject(payment, by=user, reason=given["note"])
        return f"{inr(payment.amount_paise)} is rejected; nothing was booked."


class GiveHeldBack(Dialog):
    """The way out for money that PhonePe reports otherwise than it was asked for."""

    noun, label, permission = "refund", "Give it back", rights.GIVE_BACK
    form_class = NeededNoteForm
    is_danger = True

    def refusal(self, payment, user):
        if payment.state != State.HELD:
            return "Only money that is held goes back from here."
        left = payment.received_paise - payment.returned_paise
        return "" if left else "All of it is on its way back already."

    def points(self, payment):
        left = payment.received_paise - payment.returned_paise
        return [
            f"{inr(left)} goes back by PhonePe to where it came from.",
            "Compare with PhonePe's own page first: only give back what is really there.",
        ]

    def do(self, payment, given, user):
        try:
            refund = refunds.give_back_held(payment, by=user, note=given["note"])
        except refunds.NothingToGiveBack as error:
            raise Refused(str(error)) from error
        return f"{inr(refund.amount_paise)} goes back."


@admin.register(Payment)
class PaymentAdmin(OfAnOrder, Exported, DialogAdmin):
    empty_text = "Each try to pay, and all that staff take, is listed here."
    dialogs = (Approve, Reject, GiveHeldBack)
    list_display = ["person", "amount", "state_badge", "why", "how", "when"]
    list_filter = [
        PaymentLookFilter, ("state", ChoicesDropdownFilter), CameFilter, BatchFilter, CourseFilter,
        ("method", ChoicesDropdownFilter),
    ]  # fmt: skip
    change_form_outer_before_template = "admin/payments/payment.html"
    header = ("Came (IST)", "Name", "Batch", "How", "State", "Received", "Applied", "Given back",
              "PhonePe order", "Transaction", "Receipt", "Recorded by", "Note")  # fmt: skip

    def rows(self):
        return Payment.objects.select_related(
            "order__enrollment__batch", "order__contact", "recorded_by", "approved_by", "receipt"
        )

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("recorded_by", "receipt")

    def contact_of(self, payment):
        return payment.order.contact

    def stamp(self, payment):
        return f"{payment.state} {payment.returned_paise}"

    def cells(self, payment):
        receipt = getattr(payment, "receipt", None)
        return (
            in_cell(payment.paid_at), payment.order.name, payment.order.enrollment.batch,
            payment.get_method_display(), payment.get_state_display(),
            in_rupees(payment.received_paise), in_rupees(payment.applied_paise),
            in_rupees(payment.returned_paise), payment.merchant_order_id or "",
            payment.transaction_id, receipt or "", payment.recorded_by or "", payment.note,
        )  # fmt: skip

    def get_custom_urls(self):
        asks = ("<int:pk>/state/", "payments_payment_state", self.ask_phonepe)
        return (*super().get_custom_urls(), asks)

    def ask_phonepe(self, request, pk, model_admin=None):
        """Settle it now, and show what PhonePe says beside what we have."""
        if not request.user.has_perm(rights.APPROVE):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        payment = get_object_or_404(Payment, pk=pk, method=Payment.Method.PHONEPE)
        return TemplateResponse(
            request,
            "admin/payments/asked.html",
            {
                **self.admin_site.each_context(request),
                "title": f"PhonePe about {payment}",
                "opts": self.opts,
                "compared": [comparison.of_payment(payment.pk)],
                "back": reverse("admin:payments_payment_change", args=[pk]),
            },
        )

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        payment = self.rows().get(pk=obj.pk)
        context |= {
            "payment": payment,
            "badge": BADGES.get(payment.get_state_display(), ""),
            "why": reasons.of_payment(payment),
            "refunds": payment.refunds.select_related("receipt"),
            "acts": self.acts(request, payment),
            "is_online": payment.method == Payment.Method.PHONEPE,
            "may_ask": request.user.has_perm(rights.APPROVE),
        }
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    @display(description="State", label=BADGES)
    def state_badge(self, payment):
        return payment.get_state_display()

    @display(description="Why, and what to do")
    def why(self, payment):
        return format_html('<span class="desk-wrap">{}</span>', reasons.of_payment(payment))

    @display(description="How")
    def how(self, payment):
        return payment.get_method_display()

    @display(description="When")
    def when(self, payment):
        return moment(payment.paid_at or payment.created_at)
