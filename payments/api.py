"""The student's API: what is offered, enrolling, and how their own enrolments stand.

Who asks is decided by the wiring (`coaching.api`); here `request.auth` is the student. Amounts are
paise, times of day India's.
"""

import datetime as dt
from typing import Annotated, Literal

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from ninja import Field, Router, Schema, Status

from academics.models import Batch
from academics.offer import offered_courses
from academics.seats import AlreadyEnrolled, BatchFull
from coaching.centre.models import Profile
from payments import phonepe
from payments.models import Order
from payments.orders import NothingToPay, open_order, seat_until, start_payment
from payments.pricing import CouponRefused
from payments.statement import Statement, for_pages
from payments.tax import STATES

router = Router(tags=["Students"])

Id = Annotated[int, Field(ge=1, le=2**63 - 1)]
Plain = Annotated[str, Field(max_length=30, pattern=r"^[ -~]*$")]


class BatchOut(Schema):
    id: int
    code: str
    mode: str
    starts_on: dt.date
    days: list[int] = Field(description="1 Monday … 7 Sunday")
    start_time: str = Field(description="Such as 19:30, in India")
    end_time: str
    seats_left: int


class CourseOut(Schema):
    id: int
    slug: str
    title: str
    price_paise: int
    batches: list[BatchOut]


class EnrollmentIn(Schema):
    batch_id: Id
    plan: Literal["full", "instalments"] = "full"
    coupon: Plain = ""
    state: Plain = Field("", description="GST state code of the student, for a class online")


class EnrollmentOut(Schema):
    id: int
    status: str
    payment_url: str


class MyEnrollment(Schema):
    id: int
    batch_id: int
    course: str
    status: str
    is_open: bool = Field(description="Whether the classroom is open to the student today")
    access_until: dt.date | None
    owed_paise: int
    due_paise: int = Field(description="What is to be paid next")
    payment_url: str = Field(description="Where it is paid; '' when nothing is owed")


class Me(Schema):
    id: int
    name: str
    email: str
    phone: str
    enrollments: list[MyEnrollment]


class Problem(Schema):
    detail: str


class FieldProblems(Schema):
    errors: dict[str, list[str]]


REFUSALS = {401: Problem, 403: Problem, 503: Problem}


@router.get("/courses", response={200: list[CourseOut], **REFUSALS}, summary="Courses on offer")
def courses(request):
    """Courses with their open batches, the full ones included (`seats_left` is 0 then)."""
    return [
        {
            "id": course.pk,
            "slug": course.slug,
            "title": course.title_in(get_language()),
            "price_paise": course.price_paise,
            "batches": [_batch(batch) for batch in course.open_batches],
        }
        for course in offered_courses()
    ]


def _batch(batch):
    shown = ("code", "mode", "starts_on", "days", "seats_left")
    return {
        "id": batch.pk,
        "start_time": f"{batch.start_time:%H:%M}",
        "end_time": f"{batch.end_time:%H:%M}",
        **{name: getattr(batch, name) for name in shown},
    }


@router.get("/me", response={200: Me, **REFUSALS}, summary="Who I am, and my enrolments")
def me(request):
    user, today = request.auth, timezone.localdate()
    orders = for_pages(Order.objects.filter(user=user, state=Order.State.OPEN))
    return {
        "id": user.pk,
        "name": user.name,
        "email": user.email or "",
        "phone": user.contact.phone if user.contact else "",
        "enrollments": [_mine(Statement(order, today)) for order in orders],
    }


def _mine(statement):
    enrollment, order = statement.enrollment, statement.order
    return {
        "id": enrollment.pk,
        "batch_id": enrollment.batch_id,
        "course": statement.batch.course.slug,
        "status": enrollment.status,
        "is_open": enrollment.is_open_on(statement.day),
        "access_until": enrollment.access_until,
        "owed_paise": order.owed_paise,
        "due_paise": statement.due_paise,
        "payment_url": _pay_link(order) if statement.due_paise else "",
    }


@router.post(
    "/enrollments",
    response={
        201: EnrollmentOut, 200: EnrollmentOut, 400: Problem, 404: Problem, 409: Problem,
        413: Problem, 415: Problem, 422: FieldProblems, **REFUSALS,
    },
    summary="Enrol in a batch",
)  # fmt: skip
def enroll(request, wanted: EnrollmentIn):
    """Hold a seat and open a payment page; the enrolment is active when the money has arrived.

    200 with the same id while it waits for its payment. 409 when already enrolled, or when the
    batch is full; 404 for a batch that is not open. When PhonePe does not answer, `payment_url` is
    our own page, where it can be tried again.
    """
    user = request.auth
    open_batches = Batch.objects.open().offered().select_related("course")
    batch = open_batches.filter(pk=wanted.batch_id).first()
    if batch is None:
        return Status(404, {"detail": "There is no open batch with this id."})
    if user.contact is None:
        return Status(409, {"detail": "We have no number of yours. Please ask the centre."})
    if wanted.state and wanted.state not in STATES:
        return Status(422, {"errors": {"state": ["This is no state code."]}})
    was_pending = user.enrollments.filter(batch=batch, status="pending").exists()
    try:
        order = open_order(
            user=user, contact=user.contact, batch=batch, plan=wanted.plan,
            until=seat_until(Profile.current()), name=user.name, email=user.email or "",
            language=user.contact.language, code=wanted.coupon, state_code=wanted.state,
        )  # fmt: skip
        url = _payment_url(order)
    except (AlreadyEnrolled, NothingToPay):
        return Status(409, {"detail": "You are in this batch already."})
    except BatchFull:
        return Status(409, {"detail": "This batch is full."})
    except CouponRefused as refused:
        return Status(422, {"errors": {"coupon": [str(refused)]}})
    enrollment = order.enrollment
    answer = {"id": enrollment.pk, "status": enrollment.status, "payment_url": url}
    return Status(200 if was_pending else 201, answer)


def _payment_url(order):
    try:
        return start_payment(order).page_url
    except phonepe.PhonePeError:
        return _pay_link(order)


def _pay_link(order):
    return settings.SITE_URL + reverse("pay", args=[order.token])
