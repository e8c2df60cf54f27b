"""The filters of the till's lists: the QuerySets of `payments.reports`, so that counts agree."""

from django.utils import timezone
from unfold.contrib.filters.admin import DropdownFilter

from academics.admin import enrolments
from payments import reports
from payments.admin.periods import presets, read_day

SEPARATOR = "_"


class BatchFilter(enrolments.BatchFilter):
    path = "order__enrollment__batch"


class CourseFilter(enrolments.CourseFilter):
    path = "order__enrollment__batch__course"


class OrderBatchFilter(enrolments.BatchFilter):
    path = "enrollment__batch"


class OrderCourseFilter(enrolments.CourseFilter):
    path = "enrollment__batch__course"


class DaysFilter(DropdownFilter):
    """Money that moved on some days: '2026-11-01_2026-11-23', both included (IST)."""

    parameter_name = "days"
    moved = None  # the function of `reports` for the listed rows

    def lookups(self, request, model_admin):
        choices = {f"{p.first}{SEPARATOR}{p.last}": p.label for p in presets(timezone.localdate())}
        asked = request.GET.get(self.parameter_name, "")
        if span := read_span(asked):
            choices.setdefault(asked, f"{span[0]:%-d %b %Y} to {span[1]:%-d %b %Y}")
        return list(choices.items())

    def queryset(self, request, queryset):
        span = read_span(self.value())
        if span is None:
            return queryset
        return queryset.filter(pk__in=type(self).moved(*span).values("pk"))


def read_span(text):
    """Return the two days of '2026-11-01_2026-11-23', or None."""
    first, _, last = (text or "").partition(SEPARATOR)
    days = read_day(first), read_day(last)
    return days if all(days) and days[0] <= days[1] else None


class CameFilter(DaysFilter):
    title = "day it came"
    moved = staticmethod(reports.paid_between)


class WentBackFilter(DaysFilter):
    title = "day it was back"
    moved = staticmethod(reports.returned_between)


class ChoiceOfRows(DropdownFilter):
    """Each choice is a name and the condition that its rows meet at this moment."""

    choices_of = ()  # (value, label, function of now that returns a Q or a QuerySet's rows)

    def lookups(self, request, model_admin):
        return [(value, label) for value, label, _ in self.choices_of]

    def queryset(self, request, queryset):
        for value, _, rows in self.choices_of:
            if value == self.value():
                return queryset.filter(pk__in=rows(timezone.now()).values("pk"))
        return queryset


def _payments(condition):
    return lambda now: reports.Payment.objects.filter(condition)


class PaymentLookFilter(ChoiceOfRows):
    title = "to look at"
    parameter_name = "look"
    choices_of = [
        ("any", "Anything", reports.payments_to_look_at),
        ("approval", "Needs approval", _payments(reports.APPROVAL)),
        ("held", "Held", _payments(reports.HELD)),
        ("stuck", "Stuck", lambda now: reports.Payment.objects.filter(reports.stuck(now))),
    ]


class RefundLookFilter(ChoiceOfRows):
    title = "to look at"
    parameter_name = "look"
    choices_of = [("any", "Waits for a hand", reports.refunds_to_look_at)]


class FeeFilter(ChoiceOfRows):
    title = "fee"
    parameter_name = "fee"
    choices_of = [
        ("overdue", "Overdue", lambda now: reports.overdue(timezone.localdate(now))),
        ("owed", "Not paid in full", lambda now: reports.owing()),
        ("unpaid", "Waiting for the first payment", lambda now: reports.unpaid()),
    ]
