"""What the till's messages say, as the person reads them."""

import re
from contextlib import contextmanager

from coaching.accounts.services import give_consent
from coaching.messaging.catalogue import email_of, text_of
from coaching.messaging.models import CommunicationLog
from coaching.messaging.signals import about_to_leave
from payments import reminders
from payments.models import Order
from payments.services import record

ASKING = ("payment_link", "seat_offered", "fee_reminder")
TELLING = ("payment_received", "payment_returned", "refund_done")


def an_order(till, *, language="en-in", name="Asha Rao", plan="instalments", **batch):
    """An order of somebody who agreed to be written to, their place not paid for yet."""
    user, contact = who = till.person(name, f"{name.split()[0].lower()}@example.com")
    give_consent(contact, source="form", language=language)
    return till.order(till.batch(**batch), who=who, plan=plan, language=language)


def pay(order, paise=500_000):
    """The person pays at the desk, which the till books as it books every payment."""
    return record(
        Order.objects.get(pk=order.pk), method="cash", amount_paise=paise, by=None, note=""
    )


@contextmanager
def nothing_asked_before_leaving():
    about_to_leave.disconnect(reminders.why_not_wanted)
    try:
        yield
    finally:
        about_to_leave.connect(reminders.why_not_wanted)


def rows(purpose):
    return CommunicationLog.objects.filter(purpose=purpose).order_by("pk")


def whatsapp(purpose):
    return text_of(rows(purpose).get(channel="whatsapp"))


def email(purpose):
    """(subject, text, html) of the one e-mail."""
    way_out = {"unsubscribe_url": "https://centre.example/unsubscribe/x/"}
    return email_of(rows(purpose).get(channel="email"), way_out)


def words(html):
    """What is read of an HTML page: no tags, one space between words."""
    return " ".join(re.sub(r"<[^>]+>", " ", html.partition("<body")[2].partition(">")[2]).split())
