"""The pages of the till: the order that is paid, the way back from PhonePe, the papers.

Nobody is logged in here: whoever has an address may pay, or read the paper. No page of these ever
logs anybody in, and none believes what its address says.
"""

from urllib.parse import urlencode

from csp.decorators import csp_update
from django.conf import settings
from django.http import HttpResponse, HttpResponseForbidden, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from academics.seats import BatchFull
from coaching.common.http import is_foreign_origin
from payments import phonepe, returning
from payments.models import Order, Payment, Receipt
from payments.orders import NothingToPay, start_payment
from payments.papers.sheet import sheet
from payments.pricing import CouponRefused
from payments.statement import Statement, for_pages, has_seat, papers_of

# A form that ends on PhonePe's page: browsers hold every redirect of it against `form-action`.
# A stand-in (PHONEPE_BASE_URL) may show its page wherever it likes.
PHONEPES_PAGES = ["http:", "https:"] if settings.PHONEPE_BASE_URL else ["https://*.phonepe.com"]
leads_to_phonepe = csp_update({"form-action": PHONEPES_PAGES})


def go_and_pay(order, *, everything=False):
    """Return the redirect to a payment page at PhonePe, or to the order's page, which says why not.

    Not inside a transaction.
    """
    trouble = ""
    try:
        return _see_other(start_payment(order, everything=everything).page_url)
    except phonepe.PhonePeError:
        trouble = "phonepe"
    except CouponRefused:
        trouble = "coupon"
    except (NothingToPay, BatchFull):
        pass  # the order's page says so by itself
    query = f"?{urlencode({'trouble': trouble})}" if trouble else ""
    return _see_other(reverse("pay", args=[order.token]) + query)


def _see_other(address):
    response = HttpResponseRedirect(address)
    response.status_code = 303
    return response


def _unlisted(request, template, context, status=200):
    """Render a page that is somebody's own: neither kept by the browser nor listed anywhere."""
    response = render(request, template, context, status=status)
    response["X-Robots-Tag"] = "noindex"
    return response


@csrf_exempt  # nobody is logged in, and the link may be opened where no cookies are kept
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@leads_to_phonepe
def pay(request, token):
    order = get_object_or_404(for_pages(Order.objects.all()), token=token)
    newer = _newer(order)
    if newer:
        return redirect("pay", newer.token)
    if request.method == "POST":
        if is_foreign_origin(request):
            return HttpResponseForbidden("This form belongs to another website.")
        return go_and_pay(order, everything="everything" in request.POST)
    statement = Statement(order, timezone.localdate())
    return _unlisted(
        request,
        "payments/pay.html",
        {
            "order": order,
            "it": statement,
            "is_full": statement.standing == "lapsed" and not has_seat(statement.batch),
            "can_pay": phonepe.is_configured(),
            "papers": papers_of([order]),
            "trouble": request.GET.get("trouble"),
        },
    )


def _newer(order):
    """Return the open order that has taken a cancelled one's place, or None."""
    if order.state == Order.State.OPEN:
        return None
    return Order.objects.filter(enrollment=order.enrollment_id, state=Order.State.OPEN).first()


@require_safe
@never_cache
@leads_to_phonepe
def payment_return(request, merchant_order_id):
    """Where PhonePe sends the payer back to, and the fragment by which that page looks again.

    The first look never waits for PhonePe. `waited` counts the seconds that the page has looked;
    after some minutes it stops.
    """
    payments = Payment.objects.select_related("order__enrollment__batch__course", "order__contact")
    payment = get_object_or_404(payments, merchant_order_id=merchant_order_id)
    waited = _seconds(request.GET.get("waited"))
    if waited:
        returning.ask(payment)
        payment = payments.get(pk=payment.pk)
    outcome = returning.outcome(payment)
    context = {
        "payment": payment,
        "order": payment.order,
        "batch": payment.order.enrollment.batch,
        "outcome": outcome,
        "heading": returning.HEADINGS[outcome],
        "is_looking": outcome == "confirming" and waited < returning.LOOK_FOR_SECONDS,
        "waited": waited,
        "by_page": waited + 3,
        "by_fragment": waited + 2,
        **_more(payment, outcome),
    }
    template = "payments/_outcome.html" if request.htmx else "payments/return.html"
    return _unlisted(request, template, context)


def _more(payment, outcome):
    """Return what only one outcome needs."""
    today = timezone.localdate()
    statement = Statement(payment.order, today)
    if outcome == "failed":
        return {"why": returning.why_not(payment), "may_try": statement.due_paise > 0}
    if outcome == "paid":
        return {
            "receipt": _receipt_of(payment),
            "next_part": statement.next_part,
            "begins": statement.batch.starts_on >= today,
        }
    if outcome in ("back", "over"):
        return {"receipt": _receipt_of(payment), "refund": payment.refunds.first()}
    return {}


def _receipt_of(payment):
    return Receipt.objects.filter(payment=payment).first()


def _seconds(text):
    return min(int(text), 10_000) if text and text.isascii() and text.isdigit() else 0


@require_safe
@never_cache
def receipt(request, token):
    paper = get_object_or_404(Receipt, token=token)
    context = {"paper": sheet(paper.paper), "pdf_url": reverse("receipt_pdf", args=[token])}
    return _unlisted(request, "payments/paper/page.html", context)


@require_safe
@never_cache
def receipt_pdf(request, token):
    from payments.papers.pdf import pdf  # the typesetter is large, and few processes ever need it

    paper = get_object_or_404(Receipt, token=token)
    name = paper.number.replace("/", "-")
    return HttpResponse(
        pdf(paper.paper),
        content_type="application/pdf",
        headers={
            "Content-Disposition": f'inline; filename="{name}.pdf"',
            "X-Robots-Tag": "noindex",
        },
    )
