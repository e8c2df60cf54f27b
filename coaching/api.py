"""The JSON API, its documentation and its OpenAPI description."""

from allauth.headless.tokens.strategies.jwt.internal import validate_access_token
from django.contrib.admin.views.decorators import staff_member_required
from django.db import InterfaceError, OperationalError
from ninja import NinjaAPI
from ninja.errors import ValidationError
from ninja.security import HttpBearer, SessionAuth

from coaching.accounts.models import User
from leads.api import router as public_leads
from payments.api import router as students

api = NinjaAPI(
    title="Coaching centre",
    version="1",
    docs_url="/api/docs",
    openapi_url="/api/openapi.json",
    docs_decorator=staff_member_required,
)


def _student(pk):
    """Return the active student of this id with their contact, or None; staff are nobody here."""
    students = User.objects.select_related("contact").filter(is_active=True, is_staff=False)
    return students.filter(pk=pk).first()


class ByToken(HttpBearer):
    """The access token that allauth's headless API gives."""

    def authenticate(self, request, token):
        found = validate_access_token(token)
        return found and _student(found[1]["sub"])


class BySession(SessionAuth):
    """Whoever is logged in on the pages, with the CSRF token that their forms carry."""

    def __call__(self, request):
        return super().__call__(request) if self.param_name in request.COOKIES else None

    def authenticate(self, request, key):
        user = super().authenticate(request, key)
        return user and _student(user.pk)


api.add_router("/public", public_leads)
api.add_router("/api", students, auth=[ByToken(), BySession()])


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
