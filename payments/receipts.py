"""Issue the papers: one for every payment, one for every refund, numbered without a gap.

The number is taken under the lock of its series, in the transaction that books the money: a
booking that fails takes no number, and two that come at once take two. (CGST Rule 46(b): a
consecutive serial number, unique for a financial year.)
"""

from django.utils import timezone
from django.utils.translation import override

from coaching.centre.models import Profile
from payments.models import Receipt, Series
from payments.tax import COACHING_SAC, Gst, financial_year, gst_of_payment, gst_of_refund

Kind = Receipt.Kind
SERIES = {
    Kind.RECEIPT: "R", Kind.TAX_INVOICE: "INV", Kind.CREDIT_NOTE: "CN", Kind.REFUND_NOTE: "RN",
}  # fmt: skip


def issue(payment):
    """Issue the paper of a payment that was just booked, in the same transaction.

    With a GSTIN it is the tax invoice of what the order took; money that goes back whole buys
    nothing, so it gets a plain receipt. Returns the Receipt.
    """
    order, profile = payment.order, Profile.current()
    is_invoice = bool(profile.gstin and payment.applied_paise)
    amount = payment.applied_paise or payment.amount_paise
    paper = _paper(order, profile, amount) | {
        "lines": _lines(order, amount),
        "method": payment.method,
        "reference": payment.transaction_id,
        "paid_at": payment.paid_at.isoformat(),
        "order_total_paise": order.total_paise,
        "paid_so_far_paise": order.settled_paise,
        "tax": None,
    }
    if is_invoice:
        before = order.paid_paise - payment.applied_paise
        place = order.state_code or profile.state_code
        same = place == profile.state_code
        tax = gst_of_payment(amount, before, profile.gst_percent, same)
        paper["tax"] = _tax(tax, profile.gst_percent, place)
    kind = Kind.TAX_INVOICE if is_invoice else Kind.RECEIPT
    return _number(kind, paper, payment=payment)


def issue_note(refund):
    """Issue the paper of money that was given back: a credit note where an invoice had tax."""
    payment, profile = refund.payment, Profile.current()
    original = Receipt.objects.filter(payment=payment).first()  # none for money that was held
    with override(refund.order.language):
        why = str(refund.get_why_display())
    paper = _paper(refund.order, profile, refund.amount_paise) | {
        "lines": [{"text": why, "amount_paise": refund.amount_paise}],
        "method": payment.method,
        "reference": refund.provider_refund_id or refund.merchant_refund_id,
        "paid_at": refund.ended_at.isoformat(),
        "order_total_paise": refund.order.total_paise,
        "paid_so_far_paise": refund.order.settled_paise,
        "against": original.number if original else "",
        "against_on": original.paper["issued_on"] if original else "",
        "reason": why,
        "tax": None,
    }
    charged = original.paper["tax"] if original else None
    if charged and refund.of_order_paise:
        notes = Receipt.objects.filter(refund__payment=payment, kind=Kind.CREDIT_NOTE)
        before = sum(note.paper["amount_paise"] for note in notes)
        tax = gst_of_refund(Gst.read(charged), refund.amount_paise, before)
        paper["tax"] = _tax(tax, charged["rate_percent"], charged["place_of_supply"])
        return _number(Kind.CREDIT_NOTE, paper, refund=refund)
    return _number(Kind.REFUND_NOTE, paper, refund=refund)


def _paper(order, profile, amount_paise):
    batch = order.enrollment.batch
    return {
        "language": order.language,
        "seller": {
            name: getattr(profile, name)
            for name in ("name", "address", "city", "postal_code", "phone", "email", "gstin")
        },
        "buyer": {
            "name": order.name, "phone": order.contact.phone, "email": order.email,
            "state_code": order.state_code,
        },
        "course": batch.course.title_in(order.language),
        "batch": batch.code,
        "amount_paise": amount_paise,
        "against": "", "against_on": "", "reason": "",
    }  # fmt: skip


def _lines(order, amount_paise):
    """Return the order's lines for a payment of the whole, else one line that names the part."""
    if amount_paise == order.total_paise:
        lines = order.lines.filter(is_included=False)
        return [{"text": line.text, "amount_paise": line.amount_paise} for line in lines]
    title = order.enrollment.batch.course.title_in(order.language)
    return [{"text": title, "amount_paise": amount_paise}]


def _tax(tax, rate_percent, place):
    return {
        "sac": COACHING_SAC,
        "rate_percent": rate_percent,
        "place_of_supply": place,
        "taxable_paise": tax.taxable_paise,
        "cgst_paise": tax.cgst_paise,
        "sgst_paise": tax.sgst_paise,
        "igst_paise": tax.igst_paise,
    }


def _number(kind, paper, **of):
    """Give the paper the next number of its series, and write it down for good."""
    now = timezone.now()
    year = financial_year(now)
    serial, series = _next(SERIES[kind], year)
    number = f"{series.name}/{year}/{serial:05}"
    paper |= {
        "kind": kind,
        "number": number,
        "issued_on": timezone.localtime(now, timezone.get_default_timezone()).date().isoformat(),
    }
    return Receipt.objects.create(
        kind=kind, series=series, serial=serial, number=number, paper=paper, issued_at=now, **of
    )


def _next(name, year):
    """Return (serial, series): the row stays locked until the caller's transaction ends."""
    series, _ = Series.objects.get_or_create(name=name, year=year)
    series = Series.objects.select_for_update().get(pk=series.pk)
    series.last += 1
    series.save(update_fields=["last"])
    return series.last, series
