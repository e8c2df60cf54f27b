"""The till's pages in Chromium: no CSP violation, nothing too wide, readable by everybody."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse

from academics import seats
from academics.models import Batch, WaitingPlace
from coaching.accounts.models import User
from leads.models import Lead
from payments.models import Coupon, Order, Payment, Refund
from tests.admin.conftest import log_in, settle
from tests.admin.money import ENROLMENT, MONEY, ORDER, PAYMENT, RECONCILIATION, REFUND, address
from tests.admin.test_in_a_browser import faults
from tests.admin.test_on_a_phone import CELLS, CUT

pytestmark = pytest.mark.browser
LISTS = [ENROLMENT, ORDER, PAYMENT, REFUND, "/admin/academics/waitingplace/",
         "/admin/payments/receipt/", "/admin/payments/coupon/"]  # fmt: skip


@pytest.fixture
def pages(site):
    """The pages of the demo's till that are ours, each with something on it."""
    late = Order.objects.get(name="Sneha Wankhede")
    waits = Payment.objects.get(state="approval")
    full = Batch.objects.get(code="DA-MRN")
    place = seats.join_waiting_list(User.objects.get(email="student@example.com"), full)
    Coupon.objects.create(code="DIWALI", percent=10, max_uses=20)
    lead, batch = Lead.objects.get(name="Ayesha Khan"), Batch.objects.get(code="DJ-EVE")
    enrol = f"/admin/leads/lead/{lead.pk}/enrolment/?batch={batch.pk}&plan=instalments&code=diwali"
    refund = Refund.objects.get()
    return [
        MONEY, RECONCILIATION, enrol, enrol.replace(f"={batch.pk}&", f"={full.pk}&"),
        *(address(late, act) for act in ("change", "cash", "batch", "refund", "end")),
        address(Order.objects.get(name="Pooja Bhoyar"), "link"),
        f"{PAYMENT}{waits.pk}/change/", f"{PAYMENT}{waits.pk}/rejection/",
        f"{REFUND}{refund.pk}/change/", f"{REFUND}{refund.pk}/by-hand/",
        reverse("admin:academics_waitingplace_change", args=[place.pk]),
        reverse("admin:academics_waitingplace_removal", args=[place.pk]),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("width", "scheme"), [(360, "light"), pytest.param(1280, "dark", marks=pytest.mark.slow)]
)
def test_the_till_breaks_no_rule_and_is_accessible(open_page, pages, width, scheme):
    page, complaints = open_page(width, scheme)
    log_in(page, "owner@example.com")
    found = {}

    for one in ["/admin/", *LISTS, *pages, "/admin/payments/coupon/add/"]:
        page.goto(one)
        wrong = faults(page, width)
        if one in pages:
            axe = Axe().run(page, context={"include": [[".desk"]]}).response["violations"]
            wrong += [f"{rule['id']}: {n['html'][:90]}" for rule in axe for n in rule["nodes"]]
        if wrong:
            found[one] = wrong

    assert found == {}
    assert complaints == []


def test_a_phone_cuts_no_cell_of_a_list(open_page, pages):
    page, _ = open_page(360)
    log_in(page, "owner@example.com")
    found = {}

    for one in LISTS:
        page.goto(one)
        settle(page)
        found[one] = page.evaluate(CUT, CELLS)

    assert found == dict.fromkeys(LISTS, [])


def test_a_counsellor_enrols_somebody_and_takes_the_first_part_by_mouse(open_page, pages):
    page, complaints = open_page(360)
    log_in(page, "counsellor@example.com")

    page.click("text=Ayesha Khan")
    page.click("a:has-text('Enrol…')")
    page.select_option("#id_batch", label=page.locator("#id_batch option").nth(1).inner_text())
    page.check("input[name=plan][value=instalments]")
    page.click("button:has-text('Show the price and the words')")
    page.click("button:has-text('Hold the seat and send this')")
    page.wait_for_selector("text=is held, and the link to pay is on its way.")
    page.click("a:has-text('Record cash or transfer…')")
    page.fill("#id_note", "book 7")
    page.click("button:has-text('Record cash or transfer')")
    page.wait_for_selector("text=is booked; the receipt is on its way.")

    order = Order.objects.get(name="Ayesha Khan")
    assert order.enrollment.status == "active" and order.paid_paise > 0
    assert WaitingPlace.objects.count() == 1
    assert complaints == []
