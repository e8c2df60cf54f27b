"""Back from the payment page: what became of the payment, asked of PhonePe and never guessed."""

import datetime as dt

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from academics.models import Enrollment
from payments.models import Payment
from payments.services import settle

ASK_EVERY = dt.timedelta(seconds=3)  # PhonePe's own bound for a page that somebody looks at
LOOK_FOR_SECONDS = 180  # then the page says that we write, and stops asking

DECLINED = _("The payment was declined on the phone.")
NOT_IN_TIME = _("The payment was not finished in time.")
BANK = _("The bank could not do it right now. Try again later, or with another account.")
OTHER = _("The payment did not go through.")
WHY = {
    **dict.fromkeys(("ZM", "Z6", "INVALID_MPIN"), _("The UPI PIN was not right.")),
    **dict.fromkeys(("Z9", "IE"), _("There was not enough money in the account.")),
    **dict.fromkeys(
        ("Z7", "Z8", "U03", "ZU"),
        _("A limit of the bank or the UPI app was reached. Try a smaller part, or tomorrow."),
    ),
    **dict.fromkeys(("ZA", "ORDER_CANCELLED_BY_USER"), DECLINED),
    **dict.fromkeys(
        ("U69", "ORDER_EXPIRED", "REQUEST_TIME_OUT", "TXN_AUTO_FAILED", "page_closed"), NOT_IN_TIME
    ),
    **dict.fromkeys(("U28", "U90", "UT", "XB", "XY"), BANK),
    "never_reached": _("The payment page could not be opened."),
}


HEADINGS = {
    "confirming": _("Confirming your payment…"),
    "paid": _("Paid: your seat is confirmed"),
    "back": _("Your money goes back to you"),
    "over": _("This enrolment is over"),
    "failed": _("Not paid"),
    "held": _("A person is looking at your payment"),
}


def why_not(payment):
    """Return the reason of a failed payment in plain words."""
    return WHY.get(payment.reason, OTHER)


def ask(payment):
    """Ask PhonePe about a payment that is not over, at most once in three seconds, and return it.

    The claim is a compare-and-swap on `next_check_at`, as the workers make it, so a page that is
    open in two windows asks as often as one. The next look is left due in three seconds: whoever
    comes first takes it, the page or a worker.
    """
    now = timezone.now()
    seen, soon = payment.next_check_at, now + ASK_EVERY
    if is_known(payment) or (seen and now < seen <= soon):
        return payment
    asking = Payment.objects.filter(pk=payment.pk, next_check_at=seen)
    if not asking.update(next_check_at=soon):
        return payment
    payment = settle(payment.pk)
    if not is_known(payment):
        asked = Payment.objects.filter(pk=payment.pk, next_check_at=payment.next_check_at)
        asked.update(next_check_at=soon)
    return payment


def is_known(payment):
    """Whether the payment has come to an end, as far as anybody can see now."""
    return payment.state not in (Payment.State.CREATED, Payment.State.PENDING)


def outcome(payment):
    """Return what the page shows: confirming, paid, back (it is returned), over, failed or held."""
    if payment.state == Payment.State.PAID:
        if not payment.applied_paise:
            return "back"
        is_over = payment.order.enrollment.status == Enrollment.Status.CANCELLED
        return "over" if is_over else "paid"
    if payment.state == Payment.State.HELD:
        return "back" if payment.returned_paise else "held"
    return "failed" if payment.state == Payment.State.FAILED else "confirming"
