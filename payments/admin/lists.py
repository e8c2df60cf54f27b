"""What the lists of payments, refunds and papers have in common: whose, how much, and as CSV."""

import structlog
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.template.defaultfilters import date
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from unfold.decorators import display

from academics.admin.enrolments import find_people
from coaching.common.money import inr, rupees
from coaching.common.spreadsheet import as_csv
from payments.admin import rights

log_event = structlog.get_logger(__name__)


def moment(value):
    """Say a moment as it is in India; '–' for none."""
    return date(timezone.localtime(value), "j M Y, g:i A") if value else "–"


def in_cell(value):
    """The same for a spreadsheet, which sorts it."""
    return f"{timezone.localtime(value):%Y-%m-%d %H:%M}" if value else ""


def in_rupees(paise):
    """Paise as a number that a spreadsheet adds up: 125050 -> '1250.50'."""
    return rupees(paise).replace(",", "")


class OfAnOrder:
    """Rows with an `order`: found by the person's name or number."""

    search_fields = ["order__name"]  # switches the box on
    search_help_text = "Name, or number (its beginning)"
    ordering = ["-pk"]

    def get_queryset(self, request):
        rows = super().get_queryset(request)
        return rows.select_related("order__enrollment__batch", "order__contact")

    def get_search_results(self, request, queryset, search_term):
        found = find_people(queryset, search_term, name="order__name", contact="order__contact")
        return found, False

    @display(description="Person")
    def person(self, row):
        return named(row.order)

    @display(description="Amount")
    def amount(self, row):
        return format_html('<span class="desk-one-line">{}</span>', inr(row.amount_paise))


def named(order):
    """Whose order, and for which batch, in two lines."""
    return format_html(
        '<strong>{}</strong><br><span class="desk-quiet">{}</span>',
        order.name, order.enrollment.batch,
    )  # fmt: skip


class Exported:
    """A list that the owner may take along, as it is filtered."""

    header = ()
    list_before_template = "admin/payments/export.html"

    def cells(self, row):
        raise NotImplementedError

    def _export_name(self):
        return f"{self.opts.app_label}_{self.opts.model_name}_export"

    def get_custom_urls(self):
        return (*super().get_custom_urls(), ("export/", self._export_name(), self.export))

    def changelist_view(self, request, extra_context=None):
        context = {
            "export_url": reverse(f"admin:{self._export_name()}")
            if request.user.has_perm(rights.SEE_MONEY)
            else "",
            **(extra_context or {}),
        }
        return super().changelist_view(request, context)

    def export(self, request, model_admin=None):
        if not request.user.has_perm(rights.SEE_MONEY):
            raise PermissionDenied
        try:
            rows = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters:
            name = f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"
            return HttpResponseRedirect(reverse(name))
        name = str(self.opts.verbose_name_plural).replace(" ", "-")
        log_event.info(f"{name}_exported", user=request.user.pk, filters=sorted(request.GET))
        return as_csv(name, self.header, map(self.cells, rows.iterator(chunk_size=500)))
