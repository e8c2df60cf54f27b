"""What the till tells people: the link to pay, what is due, that money came, that it goes back.

Rows of the outbox, written with the change that causes them; the dedupe keys make each of them
once, however often the cause is reported.
"""

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from coaching.centre.models import Profile
from coaching.common.money import inr
from coaching.messaging.links import in_language
from coaching.messaging.services import queue
from payments import access


def payment_link(order, *, until, paise, again=""):
    """Send the link by which the order is paid, and until when the seat is held.

    `again` makes it a further link (a person asked for one); without it an order has one.
    """
    _ask_to_pay(order, "payment_link", until, paise, again)


def seat_offered(order, *, until, paise):
    """Offer the head of the waiting list a seat that is held until then. Each offer once."""
    _ask_to_pay(order, "seat_offered", until, paise, until.isoformat())


def fee_reminder(part, step):
    """Remind of an instalment, once for each `step`: the day (IST) on which it was to be said."""
    order = part.order
    with override(order.language):
        context = _facts(order) | dues(part) | {"note": _lock(order), "link": pay_link(order)}
    _say(order, "fee_reminder", context, f"fee_reminder:{order.pk}:{part.number}:{step}")


def dues(part):
    """Return what a reminder says is owed of an instalment, and by when, in the present language.

    What was paid for later parts is none of it.
    """
    paid = max(part.order.settled_paise - (part.upto_paise - part.amount_paise), 0)
    return {"amount": inr(part.amount_paise - paid), "day": date_format(part.due_on, "j F Y")}


def received(payment, receipt, why):
    """Say that money came: the seat is theirs; or, when none of it could be used, why not."""
    order = payment.order
    with override(order.language):
        context = _facts(order) | _paper(receipt) | {"amount": inr(payment.amount_paise)}
        if not payment.applied_paise:
            context["why"] = _because(why)
            _say(order, "payment_returned", context, f"payment:{payment.pk}")
            return
        context["next"] = _what_is_next(payment)
        context["portal"] = in_language(reverse("portal"), order.language)
    _say(order, "payment_received", context, f"payment:{payment.pk}")


def given_back(refund, receipt):
    """Say that a refund has arrived where the money came from."""
    order = refund.order
    with override(order.language):
        context = _facts(order) | _paper(receipt) | {"amount": inr(refund.amount_paise)}
    _say(order, "refund_done", context, f"refund:{refund.pk}")


def pay_link(order):
    """Return the absolute address where the order is paid; whoever has it may pay."""
    return in_language(reverse("pay", args=[order.token]), order.language)


def paper_link(receipt):
    """Return the absolute address of a paper; whoever has it may read it."""
    return settings.SITE_URL + reverse("receipt", args=[receipt.token])


def _ask_to_pay(order, message, until, paise, which):
    with override(order.language):
        context = _facts(order) | {
            "amount": inr(paise),
            "until": _moment(until),
            "link": pay_link(order),
        }
    _say(order, message, context, f"{message}:{order.pk}:{which}")


def _paper(receipt):
    """Return how the message leads to the paper; `enclosures` attaches it by its token."""
    return {"link": paper_link(receipt), "receipt_token": receipt.token}


def _say(order, message, context, key):
    queue(
        order.contact, message, context, subject=order.subject, dedupe_key=key,
        email=order.email, language=order.language,
    )  # fmt: skip


def _facts(order):
    batch, centre = order.enrollment.batch, Profile.current()
    return {
        "name": order.name.split(" ")[0],
        "centre": centre.name,
        "phone": centre.phone,
        "course": batch.course.title_in(order.language),
        "batch": f"{date_format(batch.starts_on, 'j F Y')}, {batch.days_text}, "
        f"{time_format(batch.start_time)} – {time_format(batch.end_time)}",
    }


def _moment(moment):
    local = timezone.localtime(moment, timezone.get_default_timezone())
    return f"{date_format(local, 'j F Y')}, {time_format(local)}"


def _lock(order):
    """Return until when the course stays open, or that it is locked."""
    last = access.last_day(order, Profile.current())
    if last < timezone.localdate():
        return _("The course is locked until it is paid.")
    return _("If it is not paid, the course is locked after %(day)s.") % {
        "day": date_format(last, "j F Y")
    }


def _what_is_next(payment):
    """Return the sentence after 'your seat is confirmed': what comes back, or what is due next."""
    order = payment.order
    if payment.surplus_paise:
        return _("%(amount)s was more than was owed and goes back to you.") % {
            "amount": inr(payment.surplus_paise)
        }
    part = order.instalments.filter(upto_paise__gt=order.settled_paise).order_by("number").first()
    if part is None:
        return _("The fee is paid in full.")
    return _("Next: %(amount)s by %(day)s.") % {
        "amount": inr(part.upto_paise - order.settled_paise),
        "day": date_format(part.due_on, "j F Y"),
    }


def _because(why):
    return {
        "batch_full": _("the last seat was taken before your payment arrived"),
        "paid_twice": _("this fee had been paid already"),
        "enrolment_over": _("this enrolment is over"),
        "price_changed": _("the offer was over when your payment arrived"),
    }.get(why, _("it could not be used"))
