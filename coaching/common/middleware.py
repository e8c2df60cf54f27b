"""What every request passes through."""

import csp.middleware
from csp.constants import UNSAFE_EVAL, UNSAFE_INLINE
from django.conf import settings
from django.http import HttpResponseBadRequest
from django.middleware.locale import LocaleMiddleware
from django.utils import translation
from django.utils.cache import patch_vary_headers


class ContentSecurityPolicy(csp.middleware.CSPMiddleware):
    """Strict everywhere; relaxed for the admin alone, whose theme evaluates Alpine expressions."""

    def get_policy_parts(self, request, response, report_only=False):
        parts = super().get_policy_parts(request, response, report_only)
        if request.path_info.startswith("/admin/"):
            parts.update = {
                **(parts.update or {}),
                "script-src": ["'self'", UNSAFE_EVAL],
                "style-src": ["'self'", UNSAFE_INLINE],
            }
        return parts


class RefuseUnstorableText:
    """A NUL in the address cannot be stored by Postgres: say 400 before any view meets it."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if "\x00" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
            return HttpResponseBadRequest("The address holds a character that cannot be used.")
        return self.get_response(request)


class Language(LocaleMiddleware):
    """Language by one tap: `?lang=hi` switches and is remembered in a cookie for a year.

    A plain link, so that it works without JavaScript, can be shared and can be indexed.
    """

    def process_request(self, request):
        chosen = request.GET.get("lang")
        if chosen in dict(settings.LANGUAGES):
            request.COOKIES[settings.LANGUAGE_COOKIE_NAME] = chosen
        super().process_request(request)
        if request.path_info.startswith("/admin/"):
            translation.activate(settings.LANGUAGE_CODE)  # the command centre speaks English
            request.LANGUAGE_CODE = settings.LANGUAGE_CODE

    def process_response(self, request, response):
        response = super().process_response(request, response)
        chosen = request.GET.get("lang")
        if chosen in dict(settings.LANGUAGES):
            response.set_cookie(
                settings.LANGUAGE_COOKIE_NAME,
                chosen,
                max_age=settings.LANGUAGE_COOKIE_AGE,
                samesite="Lax",
                secure=settings.USE_HTTPS,
            )
        patch_vary_headers(response, ("Cookie",))
        return response
