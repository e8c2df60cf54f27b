"""`POST /public/leads`: the enquiry form for other websites and tools of the centre."""

from functools import wraps
from typing import Annotated, Literal

from django.core.exceptions import ValidationError as FieldError
from django.core.validators import validate_email
from django.http import HttpResponse, JsonResponse
from django.utils.translation import get_language
from ninja import Field, Header, Router, Schema, Status
from ninja.decorators import decorate_view
from pydantic import AfterValidator

from academics.offer import offered_course
from coaching.common.http import client_ip, is_foreign_origin
from leads import ceiling
from leads.flood import TooManyEnquiries
from leads.forms import clean_name, clean_phone
from leads.models import Enquiry, Lead
from leads.services import Arrival, capture_lead

router = Router(tags=["Enquiries"])


def _checked_by(check):
    """Turn one of Django's field checks into a pydantic validator with the same sentence."""

    def validate(value):
        try:
            check(value)
        except FieldError as error:
            raise ValueError(error.messages[0]) from error
        return value

    return AfterValidator(validate)


def _storable(text):
    """Refuse what no database row can hold: NUL and halves of characters."""
    if "\x00" in text or any("\ud800" <= c <= "\udfff" for c in text):
        raise FieldError("The text holds a character that cannot be stored.")


def _email_or_nothing(text):
    if text:
        validate_email(text)


Text = Annotated[str, _checked_by(_storable)]


class LeadIn(Schema):
    name: Annotated[Text, _checked_by(clean_name)] = Field(max_length=120)
    phone: Annotated[Text, _checked_by(clean_phone)] = Field(
        max_length=40, description="However people type it; without a country code it is Indian."
    )
    consent: Literal[True] = Field(description="The person agreed to be messaged and called.")
    email: Annotated[Text, _checked_by(_email_or_nothing)] = Field("", max_length=254)
    course: Text = Field("", max_length=50, description="The course's slug")
    message: Text = Field("", max_length=2000)
    source: Text = Field("api", max_length=40)


class LeadOut(Schema):
    id: int
    status: str


class Problem(Schema):
    detail: str


class FieldProblems(Schema):
    errors: dict[str, list[str]]


def known_origin_and_json(operation):
    """Enforce what CORS only asks of browsers, before the body is read."""

    @wraps(operation)
    def guarded(request, *args, **kwargs):
        if is_foreign_origin(request):
            problem = "This website may not send enquiries here."
            return JsonResponse({"detail": problem}, status=403)
        if request.content_type != "application/json":
            problem = "Send the enquiry as application/json."
            return JsonResponse({"detail": problem}, status=415)
        return operation(request, *args, **kwargs)

    return guarded


@router.post(
    "/leads",
    response={
        201: LeadOut,
        200: LeadOut,
        400: Problem,
        403: Problem,
        413: Problem,
        415: Problem,
        422: FieldProblems,
        429: Problem,
        503: Problem,
    },
    summary="Send an enquiry",
    openapi_extra={"security": []},
)
@decorate_view(known_origin_and_json)
def create_lead(
    request,
    response: HttpResponse,
    lead: LeadIn,
    idempotency_key: Annotated[Text | None, Header(alias="Idempotency-Key", max_length=255)] = None,
):
    """Save the enquiry and answer it on WhatsApp, by e-mail and by a call.

    201 for a new enquiry; 200 with the same id for the same Idempotency-Key, or for the same
    number and name while the enquiry is open. 429 where an address sends very many; `Retry-After`
    says after how many seconds it may send again.
    """
    course = offered_course(lead.course) if lead.course else None
    if lead.course and course is None:
        problem = "There is no course of this name. Leave it out if unsure."
        return Status(422, {"errors": {"course": [problem]}})
    try:
        capture = _capture(request, lead, course, idempotency_key)
    except TooManyEnquiries:
        response["Retry-After"] = ceiling.retry_after(ceiling.opens_again_at())
        problem = "Too many enquiries from this address. Retry-After says when to send it again."
        return Status(429, {"detail": problem})
    saved = {"id": capture.lead.pk, "status": _told(capture.lead)}
    return Status(201 if capture.is_new else 200, saved)


def _told(lead):
    """The lead's status as programs may know it: that it is in the bin is ours alone."""
    return Lead.Status.NEW if lead.status == Lead.Status.JUNK else lead.status


def _capture(request, lead, course, idempotency_key):
    return capture_lead(
        name=clean_name(lead.name),
        phone=clean_phone(lead.phone),
        email=lead.email,
        course=course,
        message=lead.message,
        arrival=Arrival(
            via=Enquiry.Via.API,
            language=get_language(),
            source=lead.source,
            referrer=request.headers.get("Referer", "").replace("\x00", "")[:300],
            ip=client_ip(request),
            key=f"api:{idempotency_key}" if idempotency_key else None,
        ),
    )
