"""Until when the classroom is open: as long as no fee is overdue by more than the days of grace."""

import datetime as dt

from academics.models import Enrollment
from coaching.centre.models import Profile


def last_day(order, profile):
    """Return the last day (IST) with access, or None: nothing is owed any more."""
    owed = order.instalments.filter(upto_paise__gt=order.settled_paise).order_by("number").first()
    return owed and owed.due_on + dt.timedelta(days=profile.fee_grace_days)


def write(order):
    """Write it to the enrolment; after every payment, and when due dates change."""
    Enrollment.objects.filter(pk=order.enrollment_id).update(
        access_until=last_day(order, Profile.current())
    )
