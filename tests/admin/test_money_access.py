"""Who may open and do what at the till, typed by hand."""

import pytest
from django.urls import reverse

from academics import seats
from payments import refunds
from payments.models import Coupon, GatewayEvent, Order, Payment, Receipt, Refund
from tests.admin.money import Desk
from tests.admin.test_roles_and_urls import MISSING, MOVED, OK, REFUSED, ROLES

NOT_HERE = 405
A, P, L = "/admin/academics/", "/admin/payments/", "/admin/leads/lead/{lead}/"
E, Y, R = A + "enrollment/{enrolment}/", P + "payment/{payment}/", P + "refund/{refund}/"
W = A + "waitingplace/{place}/"
PAGES = {
    # page: owner, counsellor, teacher
    f"{A}enrollment/": (OK, OK, OK),
    f"{A}enrollment/add/": (REFUSED, REFUSED, REFUSED),
    f"{E}change/": (OK, OK, OK),
    f"{E}cash/": (OK, OK, REFUSED),
    f"{E}link/": (OK, OK, REFUSED),
    f"{E}batch/": (OK, REFUSED, REFUSED),
    f"{E}refund/": (OK, REFUSED, REFUSED),
    f"{E}end/": (OK, REFUSED, REFUSED),
    f"{E}delete/": (REFUSED, REFUSED, REFUSED),
    f"{A}waitingplace/": (OK, OK, REFUSED),
    f"{W}change/": (OK, OK, REFUSED),
    f"{W}offer/": (OK, REFUSED, REFUSED),
    f"{W}removal/": (OK, REFUSED, REFUSED),
    f"{P}order/": (OK, OK, REFUSED),
    f"{P}order/add/": (REFUSED, REFUSED, REFUSED),
    P + "order/{order}/change/": (MOVED, MOVED, REFUSED),
    f"{P}order/export/": (OK, REFUSED, REFUSED),
    f"{P}order/money/": (OK, REFUSED, REFUSED),
    f"{P}order/reconciliation/": (OK, REFUSED, REFUSED),
    f"{P}payment/": (OK, REFUSED, REFUSED),
    f"{P}payment/add/": (REFUSED, REFUSED, REFUSED),
    f"{P}payment/export/": (OK, REFUSED, REFUSED),
    f"{Y}change/": (OK, REFUSED, REFUSED),
    f"{Y}approval/": (OK, REFUSED, REFUSED),
    f"{Y}rejection/": (OK, REFUSED, REFUSED),
    f"{Y}refund/": (OK, REFUSED, REFUSED),
    f"{Y}state/": (NOT_HERE, REFUSED, REFUSED),
    f"{P}refund/": (OK, REFUSED, REFUSED),
    f"{P}refund/add/": (REFUSED, REFUSED, REFUSED),
    f"{P}refund/export/": (OK, REFUSED, REFUSED),
    f"{R}change/": (OK, REFUSED, REFUSED),
    f"{R}sending/": (OK, REFUSED, REFUSED),
    f"{R}by-hand/": (OK, REFUSED, REFUSED),
    f"{P}receipt/": (OK, REFUSED, REFUSED),
    P + "receipt/{receipt}/change/": (OK, REFUSED, REFUSED),
    P + "receipt/{receipt}/delete/": (REFUSED, REFUSED, REFUSED),
    f"{P}receipt/export/": (OK, REFUSED, REFUSED),
    f"{P}coupon/": (OK, REFUSED, REFUSED),
    f"{P}coupon/add/": (OK, REFUSED, REFUSED),
    P + "coupon/{coupon}/change/": (OK, REFUSED, REFUSED),
    P + "coupon/{coupon}/delete/": (REFUSED, REFUSED, REFUSED),
    f"{P}gatewayevent/": (OK, REFUSED, REFUSED),
    P + "gatewayevent/{event}/change/": (OK, REFUSED, REFUSED),
    f"{P}gatewayevent/add/": (REFUSED, REFUSED, REFUSED),
    f"{P}series/": (MISSING, MISSING, MISSING),
    f"{L}enrolment/": (OK, OK, REFUSED),
    f"{L}waiting-place/": (MOVED, MOVED, REFUSED),
}
POSTS = {
    f"{E}cash/": (OK, OK, REFUSED),  # asks what is missing
    f"{E}refund/": (OK, REFUSED, REFUSED),
    f"{E}batch/": (OK, REFUSED, REFUSED),
    f"{E}link/": (MOVED, MOVED, REFUSED),  # it is paid for
    f"{E}end/": (OK, REFUSED, REFUSED),  # without the stamp of the dialog
    f"{W}offer/": (OK, REFUSED, REFUSED),
    f"{W}removal/": (OK, REFUSED, REFUSED),
    f"{Y}approval/": (MOVED, REFUSED, REFUSED),
    f"{Y}rejection/": (MOVED, REFUSED, REFUSED),
    f"{Y}refund/": (MOVED, REFUSED, REFUSED),
    f"{Y}state/": (MISSING, REFUSED, REFUSED),  # cash: PhonePe is not asked
    f"{R}sending/": (MOVED, REFUSED, REFUSED),
    f"{R}by-hand/": (OK, REFUSED, REFUSED),
    f"{P}order/reconciliation/": (OK, REFUSED, REFUSED),
    f"{L}enrolment/": (OK, OK, REFUSED),
    f"{L}waiting-place/": (MOVED, MOVED, REFUSED),
}


@pytest.fixture
def address(ask, people):
    desk = Desk()
    order = desk.paid(plan="instalments", paise=500_000)
    refunds.refund_order(order, 100_000, Refund.Why.GOODWILL)
    place = seats.join_waiting_list(desk.till.person("Late")[0], desk.till.batch(course="django"))
    ids = {
        "lead": ask().pk, "order": order.pk, "enrolment": order.enrollment_id, "place": place.pk,
        "payment": Payment.objects.get().pk, "refund": Refund.objects.get().pk,
        "receipt": Receipt.objects.get().pk,
        "coupon": Coupon.objects.create(code="X", percent=5).pk,
        "event": GatewayEvent.objects.create(key="k", event="e").pk,
    }  # fmt: skip
    return lambda page: page.format(**ids)


def books():
    """All that an act could change."""
    return (
        list(Payment.objects.values_list("state", "received_paise", "returned_paise")),
        list(Refund.objects.values_list("state", "due_at")),
        list(Order.objects.values_list("state", "paid_paise", "refunded_paise")),
    )


def test_every_role_sees_its_pages_and_no_others(address, browser_of):
    browsers = [browser_of(role) for role in ROLES]

    seen = {page: tuple(b.get(address(page)).status_code for b in browsers) for page in PAGES}

    assert seen == PAGES


def test_every_role_does_its_acts_and_no_others(address, browser_of):
    browsers = [browser_of(role) for role in ROLES]
    before = books()

    seen = {page: tuple(b.post(address(page)).status_code for b in browsers) for page in POSTS}

    assert seen == POSTS
    assert books() == before  # nobody had looked, so nothing was done


def test_no_act_happens_by_a_link_or_without_a_token(address, browser_of):
    before = books()
    forger = browser_of("owner", checks_csrf=True)

    answers = {page: forger.post(address(page)).status_code for page in POSTS}

    assert set(answers.values()) == {REFUSED}
    for page in PAGES:
        browser_of("owner").get(address(page))
    assert books() == before


def test_students_are_refused_and_strangers_asked_to_log_in(address, browser_of, client):
    student = browser_of("student")
    for page in PAGES:
        if PAGES[page][0] == MISSING:
            continue
        assert student.get(address(page), follow=True).status_code == REFUSED, page
        to = client.get(address(page), follow=True).redirect_chain[-1][0]
        assert to.startswith(reverse("account_login")), page


def test_a_teacher_sees_who_is_in_a_batch_and_no_word_of_money_or_numbers(address, browser_of):
    pages = [address(f"{A}enrollment/"), address(f"{E}change/"), "/admin/"]

    texts = " ".join(browser_of("teacher").get(page).content.decode() for page in pages)

    assert "Asha Rao" in texts
    assert "₹" not in texts and "+91" not in texts and "/payments/pay/" not in texts


def test_a_counsellor_sees_what_one_owes_and_no_sum_of_the_centre(address, browser_of):
    browser = browser_of("counsellor")

    one = browser.get(address(f"{E}change/")).content.decode()
    first_page = browser.get("/admin/").content.decode()

    assert "₹4,500" in one and "record cash" in one.lower()
    assert "Give money back" not in one and "/admin/payments/payment/" not in one
    assert "Revenue" not in first_page and "₹" not in first_page.split("desk-sending")[0]


def test_the_side_bar_offers_only_what_opens(address, browser_of):
    for role in ROLES:
        browser = browser_of(role)
        groups = browser.get("/admin/").context["sidebar_navigation"]
        links = [str(i["link"]) for group in groups for i in group["items"] if i["has_permission"]]

        answers = {browser.get(link, follow=True).status_code for link in links}

        assert answers == {OK}, role
