"""A visitor with a browser and no log-in: the checkout's form, and pages read as words."""

import html
import re
from datetime import timedelta
from urllib.parse import urlsplit

from django.utils import timezone

from payments.models import Payment
from tests.leads.asking import a_post

ADDRESS = "/payments/checkout/FND-EVE/"
ADULT = {"age": "adult", "plan": "full", "course": "", "do": "pay"}
MINOR = {"age": "minor", "guardian": "Meera Rao", "guardian_consent": "on"}


def enrol(client, address=ADDRESS, **changes):
    """Send the checkout's form as a person fills it in."""
    return client.post(address, a_post(**ADULT | changes))


def words(answer):
    """What is read on a page: no tags, one space between words."""
    body = answer.content.decode()
    body = body.split("<body", 1)[-1].split(">", 1)[1] if "<body" in body else body
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", body).split()))


def is_at_phonepe(answer, sandbox):
    """Whether the answer sends the visitor to a payment page."""
    there, here = urlsplit(answer["Location"]), urlsplit(sandbox.url)
    return answer.status_code == 303 and (there.netloc, there.path[:5]) == (here.netloc, "/pay/")


def pay_page(order):
    """The address where an order is paid."""
    return f"/payments/pay/{order.token}/"


def back(payment, waited=0):
    """The address that PhonePe sends the payer to; with `waited` the look after that."""
    return f"/payments/return/{payment.merchant_order_id}/" + (f"?waited={waited}" * bool(waited))


def pages_live_long():
    """The stand-in's clocks run fast: its pages close after seconds, PhonePe's after minutes."""
    Payment.objects.update(page_until=timezone.now() + timedelta(minutes=20))


def the_payment():
    return Payment.objects.latest("pk")
