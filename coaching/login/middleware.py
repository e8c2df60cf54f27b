"""Where MFA_REQUIRED_FOR_STAFF, staff set up an authenticator app before they see anything."""

from django.conf import settings
from django.shortcuts import redirect

STAFF_PAGES = ("/admin/", "/api/docs", "/api/openapi.json")


class StaffNeedsSecondFactor:
    """Guards the pages of staff alone, so that /accounts/2fa/… stays open to set the app up.

    Whoever has set it up is asked for its code at every log-in, however they logged in.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if settings.MFA_REQUIRED_FOR_STAFF and request.path_info.startswith(STAFF_PAGES):
            from allauth.mfa.utils import is_mfa_enabled

            user = request.user
            if user.is_authenticated and user.is_staff and not is_mfa_enabled(user):
                return redirect("mfa_activate_totp")
        return self.get_response(request)
