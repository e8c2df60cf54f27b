"""The addresses around allauth's own."""

from allauth.account.views import ConfirmLoginCodeView
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect, render


@login_required
def home_after_login(request):
    """Staff go to the command centre, students to the portal."""
    return redirect("admin:index" if request.user.is_staff else "portal")


def closed(request, *args, **kwargs):
    """Addresses and passwords of students are the centre's to keep: allauth's pages stay shut."""
    raise Http404


def too_often(request):
    """allauth's 429 with what allauth leaves out: each limit of these pages counts one minute."""
    response = render(request, "429.html", status=429)
    response["Retry-After"] = "60"
    return response


class ConfirmCodeView(ConfirmLoginCodeView):
    """allauth 65 fails when a new code is asked for a number that nobody has: a 500 that tells
    strangers who is a student. Here it counts as a resend and shows the same screen."""

    def _resend_form_valid(self, form):
        if self._process.user:
            return super()._resend_form_valid(form)
        self._process.record_resend()
        self._process.persist()
        return redirect("account_confirm_login_code")
