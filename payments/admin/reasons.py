"""Why a payment or a refund is where it is, and what to do: from stored codes to the owner's words.

PhonePe's codes are open-ended, so what is not known here is shown as it is.
"""

from django.utils import timezone

from payments import reports
from payments.models import Payment, Refund

PAYMENT = {
    "page_closed": "The payment page closed before anything was paid.",
    "never_reached": "PhonePe never got the request: no page was opened, nothing was paid.",
    "amount_differs": "PhonePe reports another amount than was asked for.",
    "order_differs": "PhonePe reports another order number than it had given.",
    "transaction_seen": "PhonePe reports a transaction that another payment has already.",
    "failed": "PhonePe says that it failed.",
}
CODES = {  # PhonePe's `detailedErrorCode`
    **dict.fromkeys(("ZM", "Z6"), "The PIN was wrong."),
    **dict.fromkeys(("Z9", "IE"), "There was not enough money in the account."),
    **dict.fromkeys(("Z7", "Z8", "U03", "ZU"), "The bank's limit was reached."),
    **dict.fromkeys(("ZA", "ORDER_CANCELLED_BY_USER"), "The payer declined."),
    **dict.fromkeys(
        ("U69", "ORDER_EXPIRED", "REQUEST_TIME_OUT", "TXN_AUTO_FAILED"),
        "It was not finished in time.",
    ),
    **dict.fromkeys(("U28", "U90", "UT", "XB", "XY"), "The bank had a fault."),
    "INTERNAL_SECURITY_BLOCK_1": "PhonePe does not know our website's address: register it there.",
    "INTERNAL_SECURITY_BLOCK_2": "PhonePe does not know our server's address: register it there.",
    "INTERNAL_SECURITY_BLOCK_6": "PhonePe wants the centre's papers (KYC) first.",
    "BF_034": "There is not enough money in the centre's PhonePe account for the refund.",
}
STUCK = (
    "The payment page has closed, but PhonePe has not told us the end. Ask PhonePe now; if it "
    "stays so, look whether PhonePe answers at all."
)
HELD_DO = (
    "Nothing was unlocked. Compare with PhonePe's own page. When it is the student's money, give "
    "it back; they can pay again."
)


def of_payment(payment):
    """Return why a payment is not simply paid, and what to do ('' for one that is)."""
    state = payment.state
    if state == Payment.State.APPROVAL:
        return f"{payment.recorded_by} recorded it. Somebody else has to approve it."
    if state == Payment.State.HELD:
        why = PAYMENT.get(payment.reason, payment.reason)
        if payment.returned_paise >= payment.received_paise:
            return f"{why} It goes back."
        return f"{why} {HELD_DO}"
    if state == Payment.State.FAILED:
        return said(payment.reason)
    if state in (Payment.State.CREATED, Payment.State.PENDING):
        closes = payment.page_until
        if closes and closes < timezone.now() - reports.STUCK_AFTER:
            return STUCK
        return "The payment page is open; PhonePe is asked by itself."
    return ""


def of_refund(refund):
    """Return what a refund waits for, or why it failed."""
    if refund.state == Refund.State.FAILED:
        return f"{said(refund.reason)} It goes on with the next attempt."
    if refund.state == Refund.State.DUE:
        if refund.is_by_hand:
            how = refund.payment.get_method_display().lower()
            return f"It came by {how}: pay it back by hand, then say so here."
        if refund.due_at is None:
            return "It failed again and again. Send it again when the cause is gone."
        if refund.attempt > 1:
            return f"It failed before and is tried again by itself (attempt {refund.attempt})."
        return "It leaves within seconds, after any other refund of this order."
    if refund.state in Refund.IN_FLIGHT:
        return "PhonePe has it and is asked by itself; banks take up to a week."
    return ""


def said(code):
    return CODES.get(code) or PAYMENT.get(code) or (f"PhonePe says: {code}." if code else "")
