"""The till as staff use it in the command centre: look at a dialog, press its button."""

import html
import re

from django.db import connection
from django.test.utils import CaptureQueriesContext

from coaching.centre.models import Profile
from coaching.common import remember
from payments.models import Order
from payments.services import record
from tests.admin.test_switches import words
from tests.payments.conftest import Till

ENROLMENT = "/admin/academics/enrollment/"
PAYMENT, REFUND, ORDER = (f"/admin/payments/{name}/" for name in ("payment", "refund", "order"))
MONEY, RECONCILIATION = f"{ORDER}money/", f"{ORDER}reconciliation/"


def plain_fees():
    """No tax on any paper, and no discount for the whole fee: a course costs its price."""
    profile = Profile.fresh()
    profile.gstin, profile.early_discount_paise = "", 0
    profile.save()


class Desk:
    """A till without PhonePe: what staff take and give. Fees are plain."""

    def __init__(self):
        plain_fees()
        self.till = Till()
        self.batch = self.till.batch()

    def order(self, name="Asha Rao", batch=None, **more):
        return self.till.order(batch or self.batch, who=self.till.person(name), **more)

    def paid(self, name="Asha Rao", paise=None, **more):
        """An order of which so much was paid at the desk; all of it where nothing is said."""
        order = self.order(name, **more)
        record(order, method="cash", amount_paise=paise or order.total_paise, by=None, note="desk")
        return Order.objects.get(pk=order.pk)


def address(order, act=""):
    return f"{ENROLMENT}{order.enrollment_id}/{act or 'change'}/"


def look(browser, page):
    """Return the words of a dialog."""
    return words(browser.get(page).content.decode())


def queries(browser, page):
    """Return how many queries a page asks, with nothing remembered from a second ago."""
    remember.forget_everything()
    with CaptureQueriesContext(connection) as asked:
        assert browser.get(page).status_code == 200
    return len(asked)


def stamp_of(response):
    """Return the stamp of what a dialog showed ('' where it only refuses)."""
    found = re.search(r'name="seen" value="([^"]*)"', response.content.decode())
    return html.unescape(found[1]) if found else ""


def press(browser, page, **given):
    """Look at a dialog and press its button; return the words of the page that follows."""
    given = {"seen": stamp_of(browser.get(page)), **given}
    return words(browser.post(page, given, follow=True).content.decode())
