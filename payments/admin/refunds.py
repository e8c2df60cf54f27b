"""Refunds: what is on its way back, what failed, and what is paid back by hand."""

from django.contrib import admin
from django.utils.html import format_html
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from coaching.common.money import inr
from payments import refunds
from payments.admin import reasons, rights
from payments.admin.dialogs import Dialog, DialogAdmin, NeededNoteForm, Refused
from payments.admin.filters import BatchFilter, CourseFilter, RefundLookFilter, WentBackFilter
from payments.admin.lists import Exported, OfAnOrder, in_cell, in_rupees, moment
from payments.models import Refund

State = Refund.State
BADGES = {"To be sent": "warning", "Being sent": "info", "On its way": "info",
          "Given back": "success", "Failed": "danger"}  # fmt: skip


class SendAgain(Dialog):
    noun, label, permission = "sending", "Send it again now", rights.SEE_TO_REFUNDS

    def refusal(self, refund, user):
        if refund.is_by_hand:
            return "It is paid back by hand."
        if refund.state == State.FAILED:
            return "This attempt is over: send the newest one of the payment again."
        return "" if refund.state == State.DUE else "PhonePe has it already."

    def points(self, refund):
        return [reasons.of_refund(refund), "It leaves within seconds; it cannot go twice."]

    def do(self, refund, given, user):
        if not refunds.send_again(refund):
            raise Refused("PhonePe has it already.")
        return f"{inr(refund.amount_paise)} is being sent."


class ByHand(Dialog):
    noun, label, permission = "by-hand", "Paid back by hand", rights.SEE_TO_REFUNDS
    form_class = NeededNoteForm

    def refusal(self, refund, user):
        if not refund.is_by_hand:
            return "It came through PhonePe, and goes back by PhonePe."
        return "" if refund.state == State.DUE else "It was paid back already."

    def points(self, refund):
        return [
            f"Say so when {refund.order.name} has the {inr(refund.amount_paise)}; write who took "
            "it, or the transfer's number.",
            "The note of it is made and sent.",
        ]

    def do(self, refund, given, user):
        refunds.paid_back_by_hand(refund, by=user, note=given["note"])
        return f"{inr(refund.amount_paise)} is written down as paid back."


@admin.register(Refund)
class RefundAdmin(OfAnOrder, Exported, DialogAdmin):
    empty_text = "Money that goes back is listed here until it has arrived, and afterwards."
    dialogs = (SendAgain, ByHand)
    list_display = ["person", "amount", "state_badge", "because", "what_now", "when"]
    list_filter = [
        RefundLookFilter, ("state", ChoicesDropdownFilter), WentBackFilter, BatchFilter,
        CourseFilter, ("why", ChoicesDropdownFilter),
    ]  # fmt: skip
    change_form_outer_before_template = "admin/payments/refund.html"
    header = ("Begun (IST)", "Arrived (IST)", "Name", "Batch", "How", "State", "Amount", "Why",
              "Refund", "Note's number", "By", "Note")  # fmt: skip

    def rows(self):
        return Refund.objects.select_related(
            "order__enrollment__batch", "order__contact", "payment", "by", "receipt"
        )

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("payment", "by", "receipt")

    def contact_of(self, refund):
        return refund.order.contact

    def stamp(self, refund):
        return f"{refund.state} {refund.due_at}"

    def cells(self, refund):
        return (
            in_cell(refund.created_at), in_cell(refund.ended_at), refund.order.name,
            refund.order.enrollment.batch, refund.payment.get_method_display(),
            refund.get_state_display(), in_rupees(refund.amount_paise), refund.get_why_display(),
            refund.merchant_refund_id, getattr(refund, "receipt", None) or "", refund.by or "",
            refund.note,
        )  # fmt: skip

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        refund = self.rows().get(pk=obj.pk)
        context |= {
            "refund": refund,
            "badge": BADGES.get(refund.get_state_display(), ""),
            "what_now": reasons.of_refund(refund),
            "acts": self.acts(request, refund),
        }
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    @display(description="State", label=BADGES)
    def state_badge(self, refund):
        return refund.get_state_display()

    @display(description="Why")
    def because(self, refund):
        return refund.get_why_display()

    @display(description="What it waits for")
    def what_now(self, refund):
        return format_html('<span class="desk-wrap">{}</span>', reasons.of_refund(refund))

    @display(description="When")
    def when(self, refund):
        return moment(refund.ended_at or refund.created_at)
