"""Where a student arrives after logging in: their courses, what they owe, their receipts.

Everything starts from the person, so nobody sees what is another's. The class's meeting link is
not on this page.
"""

from django.contrib.auth.decorators import login_required
from django.db.models import Count, F, Q
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache

from academics.models import Enrollment, WaitingPlace
from payments.models import Order
from payments.statement import Statement, for_pages, papers_of


@login_required(login_url="account_request_login_code")
@never_cache
def home(request):
    """Say what the student is enrolled in and what is to be paid, and how to leave."""
    if request.user.is_staff:
        return redirect("admin:index")
    orders = list(for_pages(Order.objects.filter(user=request.user)))
    today = timezone.localdate()
    statements = [Statement(order, today) for order in orders if order.state == Order.State.OPEN]
    context = {
        "contact": request.user.contact,
        "statements": statements,
        "without_order": _without_order(request.user, statements, today),
        "places": _places(request.user),
        "papers": papers_of(orders),
    }
    return render(request, "portal/home.html", context)


def _without_order(user, statements, today):
    """Return (enrolment, whether it is open) of those that owe nothing: made without an order."""
    billed = [statement.enrollment.pk for statement in statements]
    enrollments = Enrollment.objects.of(user).live().exclude(pk__in=billed)
    rows = enrollments.select_related("batch__course")
    return [(enrollment, enrollment.is_open_on(today)) for enrollment in rows]


def _places(user):
    """Return the student's places in queues, each with its `number`: 1 is the next."""
    ahead = Q(
        batch__waiting_places__state=WaitingPlace.State.WAITING,
        batch__waiting_places__pk__lte=F("pk"),
    )
    mine = WaitingPlace.objects.filter(user=user, state=WaitingPlace.State.WAITING)
    return mine.select_related("batch__course").annotate(
        number=Count("batch__waiting_places", filter=ahead)
    )
