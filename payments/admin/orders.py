"""Fees: every order with what is paid and owed. Its own page is the enrolment's."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import format_html
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from academics.admin.enrolments import find_people
from academics.models import Enrollment
from coaching.accounts.phone import for_people
from coaching.common.admin import ReadOnlyAdmin, an_id
from coaching.common.money import inr
from payments.admin.filters import FeeFilter, OrderBatchFilter, OrderCourseFilter
from payments.admin.lists import Exported, in_rupees, named
from payments.admin.money import MoneyViews
from payments.models import Order

BADGES = {"Paid": "success", "In part": "warning", "Waiting for payment": "info", "Over": "muted"}


@admin.register(Order)
class OrderAdmin(Exported, MoneyViews, ReadOnlyAdmin):
    empty_text = "An order is made when somebody enrols; it says what that costs and what is paid."
    search_fields = ["name"]  # switches the box on
    search_help_text = "Name, or number (its beginning)"
    ordering = ["-pk"]
    list_display = ["person", "number", "state_badge", "total", "paid", "owed", "next_due"]
    list_filter = [
        FeeFilter, OrderBatchFilter, OrderCourseFilter, ("plan", ChoicesDropdownFilter),
        ("state", ChoicesDropdownFilter),
    ]  # fmt: skip
    header = ("Name", "Phone", "Batch", "State", "Plan", "Total", "Paid", "Given back", "Owed",
              "Next part due", "Coupon")  # fmt: skip

    def get_queryset(self, request):
        rows = super().get_queryset(request).prefetch_related("instalments")
        return rows.select_related("enrollment__batch", "contact", "coupon")

    def get_search_results(self, request, queryset, search_term):
        return find_people(queryset, search_term, name="name", contact="contact"), False

    def change_view(self, request, object_id, form_url="", extra_context=None):
        if not self.has_view_permission(request):
            raise PermissionDenied
        order = get_object_or_404(Order, pk=an_id(object_id))
        page = reverse("admin:academics_enrollment_change", args=[order.enrollment_id])
        return HttpResponseRedirect(f"{page}#order-{order.pk}")

    def cells(self, order):
        due = first_unpaid(order)
        return (
            order.name, for_people(order.contact.phone), order.enrollment.batch, state_of(order),
            order.get_plan_display(), in_rupees(order.total_paise), in_rupees(order.paid_paise),
            in_rupees(order.refunded_paise), in_rupees(owed(order)), due.due_on if due else "",
            order.coupon or "",
        )  # fmt: skip

    @display(description="Person")
    def person(self, order):
        return named(order)

    @display(description="Number")
    def number(self, order):
        number = for_people(order.contact.phone)
        return format_html('<span class="desk-one-line">{}</span>', number)

    @display(description="State", label=BADGES)
    def state_badge(self, order):
        return state_of(order)

    @display(description="Fee")
    def total(self, order):
        return inr(order.total_paise)

    @display(description="Paid")
    def paid(self, order):
        return inr(order.kept_paise)

    @display(description="Owed")
    def owed(self, order):
        return inr(owed(order)) if owed(order) else "–"

    @display(description="Due since, or on")
    def next_due(self, order):
        due = first_unpaid(order)
        return f"{due.due_on:%-d %b %Y}" if due else "–"


def owed(order):
    return order.owed_paise if order.state == Order.State.OPEN else 0


def first_unpaid(order):
    """Return the first instalment that is not paid in full, or None."""
    if not owed(order):
        return None
    return next((p for p in order.instalments.all() if p.upto_paise > order.settled_paise), None)


def state_of(order):
    """Return the state in a word or two, without a query."""
    if order.state == Order.State.CANCELLED:
        return "Over"
    if order.enrollment.status == Enrollment.Status.PENDING:
        return "Waiting for payment"
    return "In part" if order.owed_paise else "Paid"
