"""The JSON API, its documentation and its OpenAPI description."""

from django.contrib.admin.views.decorators import staff_member_required
from django.db import InterfaceError, OperationalError
from ninja import NinjaAPI
from ninja.errors import ValidationError

from leads.api import router as public_leads

api = NinjaAPI(
    title="Coaching centre",
    version="1",
    docs_url="/api/docs",
    openapi_url="/api/openapi.json",
    docs_decorator=staff_member_required,
)
api.add_router("/public", public_leads)


@api.exception_handler(ValidationError)
def field_errors(request, error):
    """422 with one list of sentences for each field."""
    errors = {}
    for problem in error.errors:
        field = str(problem["loc"][-1]) if problem["loc"] else "body"
        sentence = problem["msg"].removeprefix("Value error, ")
        errors.setdefault(field, []).append(sentence)
    return api.create_response(request, {"errors": errors}, status=422)


@api.exception_handler(OperationalError)
@api.exception_handler(InterfaceError)
def for_the_guard(request, error):
    """Ninja would show a traceback under DEBUG; the guard of `coaching.common.outage` knows."""
    raise error
