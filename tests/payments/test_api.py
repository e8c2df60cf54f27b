"""The student's API: what is on offer, enrolling, how they stand; strangers get nothing."""

import pytest
from allauth.headless.tokens.strategies.jwt.internal import create_access_token
from django import conf
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client
from hypothesis import HealthCheck, Phase, settings

from academics.models import Batch, Enrollment
from payments.models import Coupon, Order, Payment
from payments.services import settle
from tests.hostile.test_openapi import CHECKS, SCHEMA
from tests.payments.conftest import Till
from tests.payments.visiting import pages_live_long, the_payment

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch(till):
    return till.batch(code="FND-EVE")


@pytest.fixture
def student(till):
    return till.person("Asha Rao", "asha@example.com")


@pytest.fixture
def own(client, student):
    client.force_login(student[0])
    return client


def enroll(client, batch_id, **more):
    body = {"batch_id": batch_id, **more}
    return client.post("/api/enrollments", body, content_type="application/json")


# --- who may ask -----------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/api/courses", "/api/me"])
def test_a_stranger_is_401(centre, client, path):
    assert client.get(path).status_code == 401
    assert client.get(path, headers={"Authorization": "Bearer x.y.z"}).status_code == 401
    assert enroll(client, 1).status_code == 401


def test_staff_are_nobody_here(centre, client, student):
    student[0].set_role("owner")
    client.force_login(student[0])

    assert client.get("/api/me").status_code == 401


def test_a_session_needs_the_csrf_token_to_enrol(batch, student):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(student[0])

    assert enroll(strict, batch.pk).status_code == 403
    assert not Enrollment.objects.exists()


def test_a_token_is_its_student_and_nobody_else(batch, student, till):
    token = create_access_token(student[0], a_session(), {})
    by_token = Client(headers={"Authorization": f"Bearer {token}"}, enforce_csrf_checks=True)

    answer = enroll(by_token, batch.pk)
    forged = token[:-4] + ("AAAA" if token[-4:] != "AAAA" else "BBBB")
    refused = Client(headers={"Authorization": f"Bearer {forged}"}).get("/api/me")

    assert answer.status_code == 201
    assert Enrollment.objects.get().user == student[0]
    assert refused.status_code == 401


def test_a_token_of_somebody_who_may_not_log_in_any_more_is_401(centre, student):
    token = create_access_token(student[0], a_session(), {})
    student[0].is_active = False
    student[0].save()

    answer = Client(headers={"Authorization": f"Bearer {token}"}).get("/api/me")

    assert answer.status_code == 401


def a_session():
    session = SessionStore()
    session.create()
    return session


@pytest.fixture
def bearer(transactional_db, centre):
    """The header of a student; requests of the test below end for real, and with them its rows."""
    token = create_access_token(Till().person("Asha Rao")[0], a_session(), {})
    yield {"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"}


@SCHEMA.include(path_regex="^/api/").parametrize()
@settings(
    derandomize=True, database=None, deadline=None, max_examples=25,
    phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck),
)  # fmt: skip
def test_every_answer_is_one_that_the_description_knows(case, bearer):
    case.call_and_validate(checks=CHECKS, headers=bearer)


# --- what is on offer ------------------------------------------------------------------------


def test_courses_come_with_their_open_batches_and_whole_numbers_as_ids(batch, own):
    courses = own.get("/api/courses").json()

    foundation = courses[0]
    assert [course["slug"] for course in courses] == ["foundation", "analytics", "django"]
    assert foundation["price_paise"] == 950_000
    assert foundation["batches"][0] == {
        "id": batch.pk, "code": "FND-EVE", "mode": "online", "days": [1, 3, 5], "seats_left": 20,
        "starts_on": f"{batch.starts_on:%Y-%m-%d}", "start_time": "19:30",
        "end_time": "21:30",
    }  # fmt: skip


# --- enrolling -------------------------------------------------------------------------------


def test_enrolling_holds_a_seat_and_gives_the_payment_page(batch, own, sandbox):
    answer = enroll(own, batch.pk)

    enrollment = Enrollment.objects.get()
    body = answer.json()
    assert answer.status_code == 201
    assert (body["id"], body["status"]) == (enrollment.pk, "pending")
    assert body["payment_url"].startswith(f"{sandbox.url}/pay/")
    assert enrollment.has_seat
    assert the_payment().amount_paise == 950_000


def test_asking_again_before_paying_is_200_with_the_same_page(batch, own):
    first = enroll(own, batch.pk)
    pages_live_long()
    again = enroll(own, batch.pk)

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert Order.objects.count() == 1


def test_in_instalments_and_with_a_coupon_the_price_is_theirs(batch, own):
    Coupon.objects.create(code="SAVE10", percent=10)

    enroll(own, batch.pk, plan="instalments", coupon="save10")

    assert the_payment().amount_paise == 500_000
    assert Order.objects.get().total_paise == 855_000


def test_who_is_enrolled_already_is_409(till, batch, own):
    enroll(own, batch.pk)
    till.do(the_payment(), "pay")
    settle(the_payment().pk)

    answer = enroll(own, batch.pk)

    assert answer.status_code == 409
    assert Payment.objects.count() == 1


def test_a_full_batch_is_409(till, own):
    batch = till.batch(seats=0)

    assert enroll(own, batch.pk).status_code == 409
    assert not Order.objects.exists()


@pytest.mark.parametrize("batch_id", [999_999, 2**63 - 1])
def test_an_unknown_batch_is_404(centre, own, batch_id):
    assert enroll(own, batch_id).status_code == 404


def test_a_batch_that_is_not_open_is_404(batch, own):
    Batch.objects.filter(pk=batch.pk).update(is_archived=True)

    assert enroll(own, batch.pk).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"batch_id": 0}, {"batch_id": "x"}, {"batch_id": 2**70}, {}, {"batch_id": None},
        {"plan": "never"}, {"coupon": "\x00"}, {"coupon": "\ud800"}, {"coupon": "NOPE"},
        {"state": "99"},
    ],
)  # fmt: skip
def test_what_is_wrong_is_422_and_names_the_field(batch, own, body):
    whole = body if set(body) <= {"batch_id"} else {"batch_id": batch.pk, **body}

    answer = own.post("/api/enrollments", whole, content_type="application/json")

    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == (list(body) or ["batch_id"])
    assert not Order.objects.exists()


def test_a_silent_phonepe_leaves_the_seat_and_our_own_page(batch, own, sandbox):
    sandbox.misbehave("pay", "500_before")

    answer = enroll(own, batch.pk)

    order = Order.objects.get()
    assert answer.status_code == 201
    assert answer.json()["payment_url"].endswith(f"/payments/pay/{order.token}/")
    assert order.enrollment.has_seat


# --- who I am --------------------------------------------------------------------------------


def test_me_says_who_and_how_the_enrolments_stand(till, batch, student, own):
    till.paid(till.batch(course="analytics"))
    payment = till.paid(batch, who=student, plan="instalments")

    me = own.get("/api/me").json()

    enrollment = Enrollment.objects.get(user=student[0])
    assert (me["name"], me["email"], me["phone"]) == (
        "Asha Rao", "asha@example.com", student[1].phone,
    )  # fmt: skip
    assert me["enrollments"] == [{
        "id": enrollment.pk, "batch_id": batch.pk, "course": "foundation", "status": "active",
        "is_open": True, "access_until": f"{enrollment.access_until:%Y-%m-%d}",
        "owed_paise": 450_000, "due_paise": 450_000,
        "payment_url": f"{conf.settings.SITE_URL}/payments/pay/{payment.order.token}/",
    }]  # fmt: skip


def test_me_asks_as_often_for_many_enrolments_as_for_one(
    till, centre, student, own, django_assert_max_num_queries
):
    counts = []
    for course in ("foundation", "analytics", "django"):
        till.order(till.batch(course=course), who=student)
        with django_assert_max_num_queries(12) as queries:
            own.get("/api/me")
        counts.append(len(queries))

    assert len(set(counts)) == 1
