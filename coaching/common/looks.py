"""A page that is looked at before its button moves thousands of rows."""

from django.utils import timezone
from django.utils.dateparse import parse_datetime


def seen_at(request):
    """Return the aware moment that the look page wrote into its form, at most now.

    None where it holds none, or anything else: then nobody has looked.
    """
    try:
        moment = parse_datetime(request.POST.get("seen_at", ""))
    except ValueError:
        return None
    return min(moment, timezone.now()) if moment and timezone.is_aware(moment) else None
