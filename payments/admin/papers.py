"""Receipts, coupons, and what PhonePe's webhooks said."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from coaching.accounts.models import Contact
from coaching.common.admin import OfficeAdmin, ReadOnlyAdmin
from coaching.common.lookups import starts_with
from coaching.common.money import inr
from payments.admin.forms import CouponForm
from payments.admin.lists import Exported, in_cell, in_rupees, moment
from payments.models import Coupon, GatewayEvent, Receipt


@admin.register(Receipt)
class ReceiptAdmin(Exported, ReadOnlyAdmin):
    """Papers as they were issued; nobody changes one, and none is missing."""

    empty_text = "Each payment and each refund gets its paper by itself; all are listed here."
    list_display = ["number", "kind", "buyer", "total", "issued", "open_it"]
    list_filter = [("kind", ChoicesDropdownFilter)]
    search_fields = ["number"]
    search_help_text = "Its number, or the person's (the beginning)"
    ordering = ["-pk"]
    fields = ["number", "kind", "buyer", "total", "issued", "open_it"]
    readonly_fields = ["buyer", "total", "issued", "open_it"]
    header = ("Number", "Kind", "Issued (IST)", "Name", "Course", "Amount", "Taxable", "CGST",
              "SGST", "IGST", "Against")  # fmt: skip

    def get_search_results(self, request, queryset, search_term):
        term = search_term.strip()
        if not term:
            return queryset, False
        if "/" in term or term[0].isalpha():
            return queryset.filter(starts_with("number", term.upper())), False
        people = Contact.objects.starting(term)
        mine = queryset.filter(payment__order__contact__in=people)
        return mine | queryset.filter(refund__order__contact__in=people), False

    def cells(self, receipt):
        paper = receipt.paper
        tax = paper["tax"] or {}
        names = ("taxable_paise", "cgst_paise", "sgst_paise", "igst_paise")
        return (
            receipt.number, receipt.get_kind_display(), in_cell(receipt.issued_at),
            paper["buyer"]["name"], paper["course"], in_rupees(paper["amount_paise"]),
            *(in_rupees(tax[name]) if tax else "" for name in names), paper["against"],
        )  # fmt: skip

    @display(description="For")
    def buyer(self, receipt):
        return receipt.paper["buyer"]["name"]

    @display(description="Amount")
    def total(self, receipt):
        return inr(receipt.paper["amount_paise"])

    @display(description="Issued")
    def issued(self, receipt):
        return moment(receipt.issued_at)

    @display(description="Paper")
    def open_it(self, receipt):
        page, pdf = (reverse(name, args=[receipt.token]) for name in ("receipt", "receipt_pdf"))
        return format_html(
            '<a class="underline" href="{}">page</a> · <a class="underline" href="{}">PDF</a>',
            page, pdf,
        )  # fmt: skip


@admin.register(Coupon)
class CouponAdmin(OfficeAdmin):
    empty_text = "A code that takes something off the fee, for everybody or for so many."
    form = CouponForm
    list_display = ["code", "takes_off", "for_course", "used", "counts", "is_active"]
    search_fields = ["code__istartswith"]
    list_select_related = ["course"]
    ordering = ["code"]

    def has_delete_permission(self, request, obj=None):
        return False  # orders name it; one that is over is switched off

    @display(description="Takes off")
    def takes_off(self, coupon):
        return f"{coupon.percent}%" if coupon.percent else inr(coupon.amount_paise)

    @display(description="Course")
    def for_course(self, coupon):
        return coupon.course or "every course"

    @display(description="Used")
    def used(self, coupon):
        return f"{coupon.uses} of {coupon.max_uses}" if coupon.max_uses else str(coupon.uses)

    @display(description="Counts")
    def counts(self, coupon):
        begins = f"from {coupon.starts_on:%-d %b %Y} " if coupon.starts_on else ""
        ends = f"until {coupon.ends_on:%-d %b %Y}" if coupon.ends_on else ""
        return f"{begins}{ends}".strip() or "always"


@admin.register(GatewayEvent)
class GatewayEventAdmin(ReadOnlyAdmin):
    """As it came, however it came: nothing here moved any money by itself."""

    empty_text = "What PhonePe tells us by itself is kept here; it only makes us ask."
    list_display = ["event", "about", "times", "came"]
    search_fields = ["about"]
    search_help_text = "Our number of the payment or refund (its beginning)"
    ordering = ["-pk"]
    fields = ["event", "about", "times", "came", "ip", "body"]
    readonly_fields = ["came"]

    def get_search_results(self, request, queryset, search_term):
        term = search_term.strip()
        return queryset.filter(starts_with("about", term)) if term else queryset, False

    @display(description="Came")
    def came(self, event):
        return moment(event.received_at)
