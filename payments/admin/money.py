"""The money page and the reconciliation: the owner's figures, each a link to its rows."""

from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from coaching.common.lookups import capped_count
from coaching.common.money import inr
from payments import reports
from payments.admin import reasons, rights
from payments.admin.audit import audit
from payments.admin.comparison import compare
from payments.admin.filters import SEPARATOR
from payments.admin.periods import chosen, presets

SHOWN = 10


class MoneyViews:
    """Mixed into the order's admin: pages that are of no single row."""

    def get_custom_urls(self):
        return (
            *super().get_custom_urls(),
            ("money/", "payments_money", self.money),
            ("reconciliation/", "payments_reconciliation", self.reconciliation),
        )

    def money(self, request, model_admin=None):
        """Revenue of some days beside that of the days before; what is owed; what is stuck."""
        _check(request)
        today, now = timezone.localdate(), timezone.now()
        period = chosen(request.GET, today)
        taken, before = reports.takings((period.first, period.last), period.before)
        difference = taken.revenue_paise - before.revenue_paise
        batches = reports.by_batch(period.first, period.last)
        look = reports.payments_to_look_at(now).select_related("order__enrollment__batch")
        late = reports.overdue(today).select_related("enrollment__batch", "contact")
        return self._show(request, "admin/payments/money.html", {
            "title": "Money",
            "period": period,
            "presets": presets(today),
            "days": f"{period.first}{SEPARATOR}{period.last}",
            "days_before": SEPARATOR.join(map(str, period.before)),
            "takings": taken,
            "before": before,
            "difference_paise": difference,
            "less_paise": -difference,
            "by_course": _nested(batches),
            "by_day": reports.by_day(period.first, period.last),
            "dues": reports.dues(),
            "overdue": reports.overdue_dues(today),
            "late": late.order_by("since", "pk")[:SHOWN],
            "returning": reports.returning(),
            "look": [_with_reason(one) for one in look[:SHOWN]],
            "look_count": look.count(),
            "refunds_count": reports.refunds_to_look_at(now).count(),
            "unpaid_count": reports.unpaid().count(),
        })  # fmt: skip

    def reconciliation(self, request, model_admin=None):
        """The sums that must be zero; and, by a POST, what PhonePe says of some days' rows."""
        _check(request)
        today = timezone.localdate()
        period = chosen(request.GET, today) if request.GET else presets(today)[2]
        context = {
            "title": "Reconciliation",
            "period": period,
            "presets": presets(today),
            "checks": audit(),
            "is_simulated": settings.PHONEPE_SIMULATED,
        }
        if request.method == "POST":
            context |= _asked(request, period)
        elif request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "POST"])
        return self._show(request, "admin/payments/reconciliation.html", context)

    def _show(self, request, template, context):
        context = {**self.admin_site.each_context(request), **context}
        return TemplateResponse(request, template, context)


def _check(request):
    if not request.user.has_perm(rights.SEE_MONEY):
        raise PermissionDenied


def _nested(batches):
    """Return (course, its Takings, its (batch, Takings)) from `reports.by_batch`."""
    return [
        (course, sums, [pair for pair in batches if pair[0].course == course])
        for course, sums in reports.by_course(batches)
    ]


def _with_reason(payment):
    payment.why = reasons.of_payment(payment)
    return payment


def _asked(request, period):
    text = request.POST.get("skip", "")
    skip = int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else 0
    compared, done, total = compare(period.first, period.last, skip)
    ours = sum(_signed(one.row, one.our_paise) for one in compared)
    theirs = sum(_signed(one.row, one.their_paise) for one in compared)
    return {
        "asked": True,
        "compared": sorted(compared, key=lambda one: one.verdict == "agrees"),
        "ours": ours,
        "theirs": theirs,
        "difference": ours - theirs,
        "begin": skip + 1,
        "done": done,
        "total": total,
    }


def _signed(row, paise):
    """What came counts for, what went back against."""
    return -paise if isinstance(row, reports.Refund) else paise


@dataclass(frozen=True)
class Card:
    """One figure of the first page, and the page with exactly the rows it counts."""

    figure: str
    label: str
    hint: str
    page: str
    warns: bool = False


def cards(today, now):
    """Return the owner's Cards, in five queries whatever there is."""
    month = presets(today)[0]
    this, last = reports.takings((month.first, month.last), month.before)
    late = reports.overdue_dues(today)
    look = capped_count(reports.payments_to_look_at(now))
    back = capped_count(reports.refunds_to_look_at(now))
    return [
        Card(inr(this.revenue_paise), "Revenue this month",
             f"{inr(last.revenue_paise)} in the same days of last month", _page("payments_money")),
        Card(str(late.count), "Fees overdue", f"{inr(late.paise)} in all",
             _page("payments_order_changelist", "?fee=overdue"), bool(late.count)),
        Card(str(look), "Payments to look at", "held, stuck or to be approved",
             _page("payments_payment_changelist", "?look=any"), bool(look)),
        Card(str(back), "Refunds to see to", "by hand, failed or slow",
             _page("payments_refund_changelist", "?look=any"), bool(back)),
    ]  # fmt: skip


def _page(name, query=""):
    return reverse(f"admin:{name}") + query
