"""Where a student arrives after logging in. The schedule, work and fees join it with their apps."""

from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render


@login_required(login_url="account_request_login_code")
def home(request):
    """Say who is logged in, how the centre reaches them, and how to leave."""
    if request.user.is_staff:
        return redirect("admin:index")
    return render(request, "portal/home.html", {"contact": request.user.contact})
