"""The order's page, the papers, the student's own page."""

from datetime import timedelta

import pytest
from django.utils import timezone

from academics import seats
from academics.models import Enrollment, WaitingPlace
from coaching.accounts.models import Contact
from coaching.accounts.services import student_for
from payments import refunds
from payments.access import write
from payments.models import Instalment, Order, Payment
from payments.orders import let_lapse
from payments.services import record, settle
from tests.payments.visiting import (
    back,
    is_at_phonepe,
    pages_live_long,
    pay_page,
    the_payment,
    words,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch(till):
    return till.batch(code="FND-EVE")


# --- the order's page ------------------------------------------------------------------------


def test_a_held_seat_says_until_when_and_what_is_to_be_paid(till, batch, client):
    order = till.order(batch, plan="instalments")

    page = words(client.get(pay_page(order)))

    assert "Your seat is held until" in page
    assert "₹5,000 " in page and "₹4,500 " in page
    assert "Pay ₹5,000" in page and "Pay everything: ₹9,500" in page


def test_the_button_leads_to_phonepe_with_the_next_part(till, batch, client, sandbox):
    order = till.order(batch, plan="instalments")

    answer = client.post(pay_page(order))

    assert is_at_phonepe(answer, sandbox)
    assert the_payment().amount_paise == 500_000


def test_everything_can_be_paid_at_once(till, batch, client):
    order = till.order(batch, plan="instalments")

    client.post(pay_page(order), {"everything": "1"})

    assert the_payment().amount_paise == 950_000


def test_a_second_tap_leads_to_the_same_payment_page(till, batch, client):
    order = till.order(batch)

    first = client.post(pay_page(order))
    pages_live_long()
    again = client.post(pay_page(order))

    assert first["Location"] == again["Location"]
    assert Payment.objects.count() == 1


def test_what_was_begun_can_be_looked_up(till, batch, client):
    payment = till.begin(batch)

    page = client.get(pay_page(payment.order)).content.decode()

    assert back(payment) in page


def test_paid_in_parts_says_which_and_lists_the_receipt(till, batch, client):
    payment = till.paid(batch, plan="instalments")

    page = words(client.get(pay_page(payment.order)))

    assert "Your seat is confirmed and your course is open." in page
    assert "paid ₹5,000" in page and "open ₹4,500" in page
    assert f"Receipt {payment.receipt.number}" in page


def test_paid_in_full_asks_for_nothing(till, batch, client):
    payment = till.paid(batch)

    answer = client.get(pay_page(payment.order))

    assert "Everything is paid. Your course is open." in words(answer)
    assert "<form" not in answer.content.decode()
    assert client.post(pay_page(payment.order))["Location"] == pay_page(payment.order)


def test_a_lapsed_link_tries_for_a_seat_again(till, batch, client, sandbox):
    order = till.order(batch)
    let_lapse(order.enrollment)

    page = words(client.get(pay_page(order)))
    answer = client.post(pay_page(order))

    assert "Your seat is not held any more, but there are free ones." in page
    assert is_at_phonepe(answer, sandbox)
    assert Enrollment.objects.get().has_seat


def test_a_lapsed_link_of_a_full_batch_offers_the_waiting_list(till, client):
    batch = till.batch(seats=1, code="FND-EVE")
    order = till.order(batch)
    let_lapse(order.enrollment)
    till.order(batch)

    answer = client.get(pay_page(order))

    assert "the batch is full now" in words(answer)
    assert "/payments/checkout/FND-EVE/" in answer.content.decode()
    assert client.post(pay_page(order))["Location"] == pay_page(order)
    assert not Payment.objects.exists()


def test_an_overdue_fee_says_when_the_course_locks_and_since_when_it_is(till, batch, client):
    order = till.paid(batch, plan="instalments").order
    today = timezone.localdate()
    said = {}

    for days in (2, 9):
        Instalment.objects.filter(order=order, number=2).update(due_on=today - timedelta(days=days))
        write(order)
        said[days] = words(client.get(pay_page(order)))

    assert "A fee is overdue. Your course stays open until" in said[2]
    assert "overdue ₹4,500" in said[2] and "Pay ₹4,500" in said[2]
    assert "Your course has been locked since" in said[9]


def test_a_cancelled_enrolment_says_so_and_what_comes_back(till, batch, client):
    order = till.paid(batch).order
    refunds.leave(order)

    answer = client.get(pay_page(order))

    assert "This enrolment is over; there is nothing to pay." in words(answer)
    assert "The student left: on its way back to you" in words(answer)
    assert "<form" not in answer.content.decode()


def test_an_order_that_a_newer_one_has_replaced_leads_to_it(till, batch, client):
    who = till.person()
    old = till.order(batch, who=who)
    new = till.order(batch, who=who, plan="instalments")

    assert client.get(pay_page(old)).url == pay_page(new)


def test_a_payment_that_a_person_looks_at_is_said(till, batch, client):
    payment = till.begin(batch)
    till.tell(payment, amount=100)
    till.do(payment, "pay")
    settle(payment.pk)

    page = words(client.get(pay_page(payment.order)))

    assert "A person is looking at your payment of ₹1." in page


def test_without_keys_the_page_says_whom_to_ask(till, batch, client, settings):
    order = till.order(batch)
    settings.PHONEPE_CLIENT_ID = ""

    answer = client.get(pay_page(order))

    assert "Online payment is off at the moment." in words(answer)
    assert "<form" not in answer.content.decode()


def test_a_foreign_site_cannot_press_the_button(till, batch, client):
    order = till.order(batch)

    answer = client.post(pay_page(order), headers={"Origin": "https://evil.example"})

    assert answer.status_code == 403
    assert not Payment.objects.exists()


# --- papers ----------------------------------------------------------------------------------


def test_a_receipt_is_a_page_and_a_pdf(till, batch, client):
    receipt = till.paid(batch).receipt
    address = f"/payments/receipts/{receipt.token}/"

    page, pdf = client.get(address), client.get(address + "pdf/")

    assert receipt.number in words(page) and "₹9,500" in words(page)
    assert address + "pdf/" in page.content.decode()
    assert pdf["Content-Type"] == "application/pdf" and pdf.content.startswith(b"%PDF")
    assert receipt.number.replace("/", "-") in pdf["Content-Disposition"]


@pytest.mark.parametrize("rest", ["", "pdf/"])
def test_an_unknown_paper_is_not_found(centre, client, rest):
    assert client.get(f"/payments/receipts/nothing/{rest}").status_code == 404


def test_what_is_somebodys_own_is_kept_and_listed_nowhere(till, batch, client):
    payment = till.paid(batch)
    receipt = f"/payments/receipts/{payment.receipt.token}/"

    for address in (pay_page(payment.order), back(payment), receipt, receipt + "pdf/"):
        answer = client.get(address)
        assert "no-store" in answer["Cache-Control"], address
        assert answer["X-Robots-Tag"] == "noindex", address


# --- the student's own page ------------------------------------------------------------------


@pytest.fixture
def who(till):
    return till.person("Asha Rao", "asha@example.com")


def portal(client, who):
    """The page as that student sees it."""
    client.force_login(who[0])
    return client.get("/portal/")


def test_a_student_sees_courses_dues_and_receipts_in_words(till, batch, who, client):
    payment = till.paid(batch, who=who, plan="instalments")

    answer = portal(client, who)

    page = words(answer)
    assert "Python Foundation Mon, Wed, Fri, 7:30–9:30 PM IST" in page
    assert "Your seat is confirmed and your course is open." in page
    assert "open ₹4,500" in page
    assert payment.receipt.number in page
    assert pay_page(payment.order) in answer.content.decode()


def test_a_pending_place_has_its_way_to_pay(till, batch, who, client):
    order = till.order(batch, who=who)

    answer = portal(client, who)

    assert "Your seat is held until" in words(answer)
    assert pay_page(order) in answer.content.decode()


def test_a_place_in_a_queue_says_its_number(till, who, client):
    batch = till.batch(seats=0)
    seats.join_waiting_list(till.person()[0], batch)
    seats.join_waiting_list(who[0], batch)
    gone = seats.join_waiting_list(till.person()[0], batch)
    WaitingPlace.objects.filter(pk=gone.pk).update(state="left")

    assert "Waiting list: you are number 2." in words(portal(client, who))


def test_who_has_nothing_is_shown_the_courses(till, who, client):
    assert "You are not enrolled in a course yet." in words(portal(client, who))


def test_nobody_sees_what_is_anothers_and_nobody_the_meeting_link(till, batch, who, client):
    batch.__class__.objects.update(meeting_link="https://meet.example/secret")
    theirs = till.paid(batch)
    till.paid(batch, who=who)

    page = portal(client, who).content.decode()

    assert theirs.receipt.number not in page and theirs.order.token not in page
    assert "meet.example" not in page


def test_the_page_asks_as_often_for_many_enrolments_as_for_one(
    till, centre, who, client, django_assert_max_num_queries
):
    client.force_login(who[0])
    counts = set()

    for course in ("foundation", "analytics", "django"):
        order = till.order(till.batch(course=course), who=who, plan="instalments")
        record(order, method="cash", amount_paise=500_000, by=None, note="")
        with django_assert_max_num_queries(12) as queries:
            client.get("/portal/")
        counts.add(len(queries))

    assert len(counts) == 1


@pytest.mark.parametrize("which", ["pay", "return"])
def test_the_public_pages_ask_little_and_always_the_same(
    till, batch, client, django_assert_max_num_queries, which
):
    payment = till.paid(batch, plan="instalments")
    address = pay_page(payment.order) if which == "pay" else back(payment)
    with django_assert_max_num_queries(12) as few:
        client.get(address)
    record(payment.order, method="cash", amount_paise=100_000, by=None, note="")
    till.paid(batch)

    with django_assert_max_num_queries(12) as many:
        client.get(address)

    assert len(many) == len(few)


def test_a_sibling_on_the_same_number_sees_nothing_of_the_other(till, batch, client):
    contact = Contact.objects.having("+919811100011")
    elder, younger = (student_for(contact, name) for name in ("Asha Rao", "Ravi Rao"))
    payment = till.paid(batch, who=(elder, contact))

    page = portal(client, (younger, contact)).content.decode()

    assert payment.receipt.number not in page
    assert Order.objects.get().token not in page
