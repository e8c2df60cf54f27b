"""The visitor's checkout: from the course page to a payment page, and nothing typed is lost."""

import re
import time
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone

from academics.models import Batch, Course, Enrollment, WaitingPlace
from coaching.accounts.models import Consent, User
from coaching.centre.models import Profile
from coaching.common import remember
from coaching.messaging.models import CommunicationLog
from leads import checkout
from leads.forms import FASTEST_PERSON_SECONDS
from leads.models import Enquiry, Lead
from payments.models import Coupon, Order, Payment
from payments.services import settle
from tests.leads.asking import a_post
from tests.payments.at_once import at_once
from tests.payments.visiting import (
    ADDRESS,
    ADULT,
    MINOR,
    enrol,
    is_at_phonepe,
    pages_live_long,
    the_payment,
    words,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch(till):
    return till.batch(code="FND-EVE")


def set_profile(**fields):
    Profile.objects.update(**fields)
    remember.forget_everything()


# --- the way there ---------------------------------------------------------------------------


def test_each_open_batch_of_a_course_leads_to_its_checkout(centre, client):
    page = client.get("/courses/foundation/").content.decode()

    assert re.findall(r'href="(/payments/checkout/[^"]+)"', page) == [
        "/payments/checkout/FND-EVE/", "/payments/checkout/FND-WKD/",
    ]  # fmt: skip


def test_a_full_batch_offers_its_waiting_list(centre, client):
    Batch.objects.filter(code="FND-WKD").update(seats_taken_elsewhere=15)

    page = words(client.get("/courses/foundation/"))

    assert "Enrol : Mon, Wed, Fri" in page
    assert "Waiting list : Sat, Sun" in page


def test_without_keys_of_phonepe_nobody_is_sent_to_a_checkout(centre, client, settings):
    settings.PHONEPE_CLIENT_ID = ""

    assert "/payments/checkout/" not in client.get("/courses/foundation/").content.decode()
    assert client.get(ADDRESS).url == "/courses/foundation/"


def test_a_batch_that_has_begun_leads_back_to_its_course(centre, client):
    Batch.objects.filter(code="FND-EVE").update(starts_on=timezone.localdate() - timedelta(days=1))

    assert client.get(ADDRESS).url == "/courses/foundation/"


@pytest.mark.parametrize("address", ["/payments/checkout/NOTHING/", "/payments/checkout/%20/"])
def test_a_batch_that_is_not_there_is_not_found(centre, client, address):
    assert client.get(address).status_code == 404


def test_an_archived_batch_is_not_found(centre, client):
    Batch.objects.filter(code="FND-EVE").update(is_archived=True)

    assert client.get(ADDRESS).status_code == 404


# --- what the page says ----------------------------------------------------------------------


def test_the_page_says_what_each_plan_costs_and_when(batch, client):
    set_profile(early_discount_paise=50_000)
    second = batch.starts_on + timedelta(weeks=3)

    page = words(client.get(ADDRESS))

    assert "Whole fee at once ₹9,000 Python Foundation ₹9,500" in page
    assert "Whole fee before the batch starts -₹500" in page
    assert f"In instalments ₹9,500 now ₹5,000 {second.day} {second:%B %Y} ₹4,500" in page
    assert "If you cancel at least 3 days before the batch starts" in page
    assert "GST" not in page.partition("Student log-in")[0]


def test_a_course_without_instalments_has_one_plan(batch, client):
    Course.objects.update(instalments=[])

    assert "In instalments" not in words(client.get(ADDRESS))


def test_the_state_is_asked_for_the_invoice_of_an_online_class_only(batch, client):
    set_profile(gstin="27AAAPZ1234A1Z5")

    online = client.get(ADDRESS).content.decode()
    at_the_centre = client.get("/payments/checkout/FND-WKD/").content.decode()

    assert '<option value="27" selected>Maharashtra</option>' in online
    assert "id_state" not in at_the_centre


def test_everything_is_there_in_hindi(batch, client):
    page = words(client.get(f"{ADDRESS}?lang=hi"))

    assert "दाखिला लें" in page
    assert "पूरी फीस एक साथ" in page
    assert not re.search(r"Enrol|instalment|guardian", page)


def test_the_page_is_kept_nowhere_and_leads_to_phonepe_only(batch, client):
    answer = client.get(ADDRESS)

    assert "no-store" in answer["Cache-Control"]
    assert answer["X-Robots-Tag"] == "noindex"
    assert "form-action 'self' http: https:" in answer["Content-Security-Policy"]
    assert not answer.cookies


def test_a_page_asks_the_database_as_often_for_many_rows_as_for_few(
    till, batch, client, django_assert_max_num_queries
):
    with django_assert_max_num_queries(12) as few:
        client.get(ADDRESS)
    for _ in range(5):
        till.order(batch)

    with django_assert_max_num_queries(12) as many:
        client.get(ADDRESS)

    assert len(many) == len(few)


# --- enrolling -------------------------------------------------------------------------------


def test_enrolling_holds_a_seat_and_leads_to_the_payment_page(batch, client, sandbox):
    answer = enrol(client)

    payment, lead = the_payment(), Lead.objects.get()
    enrollment = payment.order.enrollment
    assert is_at_phonepe(answer, sandbox)
    assert (payment.state, payment.amount_paise) == ("pending", 950_000)
    assert (lead.source, lead.course.slug, lead.user) == ("enrol", "foundation", enrollment.user)
    assert (enrollment.status, enrollment.has_seat) == ("pending", True)
    assert Consent.objects.get().action == "given"


def test_who_is_paying_is_not_welcomed_like_somebody_who_asks(batch, client):
    enrol(client)

    assert not CommunicationLog.objects.exists()
    assert Lead.objects.get().contact.welcome_window_started_at is None


def test_a_later_enquiry_of_theirs_is_welcomed(batch, client):
    enrol(client)

    client.post("/enquiries/", a_post())

    assert CommunicationLog.objects.filter(purpose="enquiry_welcome").exists()


def test_the_same_form_twice_is_one_of_everything(batch, client):
    form = a_post(**ADULT)

    first = client.post(ADDRESS, form)
    pages_live_long()
    again = client.post(ADDRESS, form)

    assert first["Location"] == again["Location"]
    assert [m.objects.count() for m in (Lead, Enquiry, User, Order, Payment)] == [1] * 5


def test_another_visit_of_the_same_person_leads_to_the_same_payment_page(batch, client):
    first = enrol(client)
    pages_live_long()
    again = enrol(client, name="asha  rao", email="")

    assert first["Location"] == again["Location"]
    assert Order.objects.count() == 1


def test_in_instalments_the_first_part_is_paid(batch, client):
    enrol(client, plan="instalments")

    assert the_payment().amount_paise == 500_000


def test_the_students_state_is_kept_with_the_order(batch, client):
    set_profile(gstin="27AAAPZ1234A1Z5")

    enrol(client, state="29")

    assert Order.objects.get().state_code == "29"


def test_the_paid_enrolment_is_active_and_its_lead_enrolled(till, batch, client):
    enrol(client)
    till.do(the_payment(), "pay")

    settle(the_payment().pk)

    assert Enrollment.objects.get().status == "active"
    assert Lead.objects.get().status == "enrolled"


# --- minors ----------------------------------------------------------------------------------


def test_a_guardians_consent_is_kept_with_the_name_and_the_exact_words(batch, client):
    enrol(client, **MINOR)

    consent = Consent.objects.get(channel="guardian")
    assert (consent.action, consent.given_by) == ("given", "Meera Rao")
    assert (consent.wording_version, consent.ip) == ("2026-11-guardian", "127.0.0.1")
    assert Enrollment.objects.count() == 1


def test_an_adult_needs_nobodys_consent(batch, client):
    enrol(client, guardian="", guardian_consent="")

    assert not Consent.objects.filter(channel="guardian").exists()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"guardian": ""}, "Please write your parent's or guardian's name."),
        ({"guardian": "ASHA RAO"}, "Here we need the parent's name, not the student's."),
        ({"guardian": "www.evil.com"}, "Please write your name."),
        ({"guardian_consent": ""}, "A parent or guardian has to tick this box."),
        ({"age": ""}, "Please choose how old the student is."),
    ],
)
def test_without_a_guardians_consent_a_minor_is_not_enrolled(batch, client, change, sentence):
    answer = enrol(client, **MINOR | change)

    assert answer.status_code == 422
    assert sentence in words(answer)
    assert not Lead.objects.exists()


def test_what_a_guardian_agreed_to_is_never_changed(batch, client):
    enrol(client, **MINOR)

    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_consent SET given_by = 'Somebody else'")

    assert Consent.objects.get(channel="guardian").given_by == "Meera Rao"


# --- coupons ---------------------------------------------------------------------------------


def test_applying_a_coupon_shows_the_new_price_and_saves_nothing(batch, client):
    Coupon.objects.create(code="SAVE10", percent=10)

    answer = enrol(client, code=" save10 ", do="apply", phone="12")

    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Coupon SAVE10 -₹950" in words(answer)
    assert "₹8,550" in page and 'value="Asha Rao"' in page and 'value="12"' in page
    assert "errorlist" not in page
    assert not Lead.objects.exists()


def test_the_price_with_the_coupon_is_what_is_paid(batch, client):
    Coupon.objects.create(code="SAVE10", percent=10)

    enrol(client, code="save10")

    assert the_payment().amount_paise == 855_000
    assert Coupon.objects.get().uses == 1


@pytest.mark.parametrize("do", ["apply", "pay"])
def test_a_code_that_nobody_knows_is_said_beside_its_field(batch, client, do):
    answer = enrol(client, code="NOPE", do=do)

    assert "We do not know this code." in words(answer)
    assert not Order.objects.exists()


def test_a_coupon_that_was_used_up_meanwhile_costs_nothing_but_the_coupon(batch, client):
    Coupon.objects.create(code="ONCE", percent=10, max_uses=1, uses=1)

    refused = enrol(client, code="ONCE")
    without = enrol(client, code="")

    assert refused.status_code == 422
    assert "This code has been used up." in words(refused)
    assert without.status_code == 303


# --- many at once ----------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_the_same_form_many_times_at_once_is_one_lead_one_seat_one_order(batch):
    form = a_post(**ADULT)

    answers = at_once([lambda: Client().post(ADDRESS, form) for _ in range(10)])

    assert {answer.status_code for answer in answers} == {303}
    assert [m.objects.count() for m in (Lead, Enquiry, User, Enrollment, Order)] == [1] * 5
    assert Batch.objects.get(pk=batch.pk).seats_taken == 1


@pytest.mark.django_db(transaction=True)
def test_of_many_who_want_the_last_seat_one_pays_and_the_others_may_wait(till, batch):
    till.batch(seats=1, code="FND-EVE")
    people = [{"name": f"Name {n}", "phone": f"98{n:02}7 64321", "email": ""} for n in range(10)]

    answers = at_once([lambda one=one: enrol(Client(), **one) for one in people])

    assert sorted(answer.status_code for answer in answers) == [303] + [409] * 9
    assert Lead.objects.count() == 10
    assert (Order.objects.count(), Batch.objects.get(pk=batch.pk).seats_taken) == (1, 1)


# --- what can be in the way ------------------------------------------------------------------


def test_the_last_seat_gone_meanwhile_offers_the_waiting_list_with_all_that_was_typed(
    till, batch, client
):
    till.batch(seats=1, code="FND-EVE")
    till.order(batch)

    answer = enrol(client)

    page = answer.content.decode()
    assert answer.status_code == 409
    assert "The last free seat has just been taken." in page
    assert 'value="Asha Rao"' in page and 'value="asha@example.com"' in page
    assert 'name="do" value="wait"' in page
    assert Lead.objects.count() == 1 and Order.objects.count() == 1


def test_joining_the_waiting_list_says_the_place_and_what_comes_next(till, batch, client):
    till.batch(seats=1, code="FND-EVE")
    till.order(batch)

    first = enrol(client, do="wait")
    second = enrol(client, do="wait", name="Ravi Rao", email="ravi@example.com", **MINOR)
    again = enrol(client, do="wait")

    assert "You are number 1 in the queue." in words(first)
    assert "hold the seat for 24 hours. You pay nothing now." in words(first)
    assert "You are number 2 in the queue." in words(second)
    assert "You are number 1 in the queue." in words(again)
    assert WaitingPlace.objects.count() == 2
    assert Consent.objects.get(channel="guardian").given_by == "Meera Rao"


def test_who_comes_to_a_full_batch_is_offered_its_waiting_list_at_once(till, batch, client):
    till.batch(seats=1, code="FND-EVE")
    till.order(batch)

    page = words(client.get(ADDRESS))

    assert "This batch is full." in page
    assert "How do you want to pay?" not in page


def test_a_seat_that_is_free_again_is_held_for_who_wanted_to_wait(batch, client):
    answer = enrol(client, do="wait")

    assert answer.url == f"/payments/pay/{Order.objects.get().token}/"
    assert not WaitingPlace.objects.exists()
    assert not Payment.objects.exists()


def test_who_is_in_the_batch_already_is_told_to_log_in(till, batch, client):
    enrol(client)
    till.do(the_payment(), "pay")
    settle(the_payment().pk)

    answer = enrol(client)

    assert answer.status_code == 409
    assert "You are in this batch already." in words(answer)
    assert "/accounts/login/code/" in answer.content.decode()
    assert Payment.objects.count() == 1


@pytest.mark.parametrize("trouble", ["500_before", "500_after", "bad_json"])
def test_a_silent_phonepe_loses_nothing(batch, client, sandbox, trouble):
    sandbox.misbehave("pay", trouble)

    answer = enrol(client)
    page = words(client.get(answer["Location"]))

    order = Order.objects.get()
    assert answer["Location"] == f"/payments/pay/{order.token}/?trouble=phonepe"
    assert "PhonePe does not answer right now." in page
    assert "Your seat is held until" in page and "Pay ₹9,500" in page
    assert order.enrollment.has_seat
    assert is_at_phonepe(client.post(answer["Location"]), sandbox)


def test_beyond_the_ceiling_it_is_429_and_what_was_written_is_kept(batch, client):
    set_profile(leads_per_ip_hour=1)
    for n in range(10):
        lead = {"name": "Ravi", "phone": f"98{n:02}7 6432{n}", "consent": True}
        client.post("/public/leads", lead, content_type="application/json")

    answer = enrol(client)

    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0
    assert 'value="Asha Rao"' in answer.content.decode()
    assert not Order.objects.exists()


def test_one_address_holds_no_more_seats_than_it_may_ask_in_an_hour(batch, client):
    set_profile(leads_per_ip_hour=2)
    answers = [
        enrol(client, name=f"Visitor {n}", phone=f"98{n:02}7 6432{n}", email="") for n in range(5)
    ]

    assert [answer.status_code for answer in answers] == [303, 303, 429, 429, 429]
    assert int(answers[-1]["Retry-After"]) > 0
    assert 'value="Visitor 4"' in answers[-1].content.decode()
    assert Lead.objects.count() == 5
    assert Enrollment.objects.filter(has_seat=True).count() == 2


TOO_QUICK = "That was very quick."


@pytest.mark.parametrize("trap", [{"website": "http://spam.example"}, {"stamp": ""}])
def test_a_program_is_remembered_and_holds_no_seat(batch, client, trap):
    answer = enrol(client, **trap)

    assert TOO_QUICK in words(answer)
    assert Enquiry.objects.get().suspicion == "suspected_bot"
    assert not Enrollment.objects.exists()


def test_a_quick_person_presses_once_more(batch, client):
    page = enrol(client, stamp="").content.decode()
    stamp = re.search(r'name="stamp" value="([^"]+)"', page)[1]
    time.sleep(FASTEST_PERSON_SECONDS)

    answer = enrol(client, stamp=stamp)

    assert answer.status_code == 303
    assert Enrollment.objects.count() == 1


def test_without_that_guard_a_program_would_hold_a_seat(batch, client, monkeypatch):
    monkeypatch.setattr(checkout.CheckoutForm, "suspicion", lambda form: "")

    enrol(client, website="http://spam.example")

    assert Enrollment.objects.count() == 1


def test_a_foreign_site_cannot_post_the_form(batch, client):
    answer = client.post(ADDRESS, a_post(**ADULT), headers={"Origin": "https://evil.example"})

    assert answer.status_code == 403
    assert not Lead.objects.exists()


@pytest.mark.parametrize(
    "change",
    [
        {"plan": "never"}, {"state": "99"}, {"code": "x" * 31}, {"code": "\x00"}, {"age": "7"},
        {"guardian": "\x00", "age": "minor"}, {"phone": ""}, {"consent": ""}, {"uuid": "x"},
        {"do": "dance", "name": ""}, {"name": "x" * 121}, {"email": "asha@"},
    ],
)  # fmt: skip
def test_odd_input_is_422_and_saves_nothing(batch, client, change):
    set_profile(gstin="27AAAPZ1234A1Z5")

    answer = enrol(client, **change)

    assert answer.status_code == 422
    assert not Lead.objects.exists()


def test_a_plan_that_the_course_does_not_have_is_the_whole_fee(batch, client):
    Course.objects.update(instalments=[])

    enrol(client, plan="instalments")

    assert the_payment().amount_paise == 950_000
