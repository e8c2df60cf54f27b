"""What every request passes through."""

import re

import csp.middleware
from csp.constants import UNSAFE_EVAL, UNSAFE_INLINE
from django.conf import settings
from django.middleware.locale import LocaleMiddleware
from django.utils import translation
from django.utils.cache import patch_vary_headers

from coaching.common.http import refusal


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


class RefuseUnreadable:
    """Say 4xx, in one sentence, to what no view could read or store, before any view meets it.

    A NUL anywhere (Postgres has no place for it), text that is not UTF-8 (other codecs make
    halves of characters, or fail), and a body beyond DATA_UPLOAD_MAX_MEMORY_SIZE, which Django
    itself does not apply to files: no page takes any.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        problem = self._problem(request)
        return refusal(request, *problem) if problem else self.get_response(request)

    def _problem(self, request):
        query, cookies = request.META.get("QUERY_STRING", ""), "".join(request.COOKIES.values())
        length = request.META.get("CONTENT_LENGTH") or "0"
        if "\x00" in request.path_info + cookies or "%00" in query:
            return 400, "The address or a cookie holds a character that cannot be used."
        if request.content_params.get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
            return 415, "Send the text as UTF-8."
        if not re.fullmatch("[0-9]{1,9}", length) or (
            int(length) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        ):
            return 413, "This is too much text for one request."
        return None


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
