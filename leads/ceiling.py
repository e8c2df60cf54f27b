"""Beyond the ceiling of an address (`leads.flood`): when its enquiries are taken again."""

import math
from datetime import timedelta

from django.utils import timezone


def opens_again_at():
    """Return when the hour that is counted ends (aware): counts are of clock hours in UTC."""
    return timezone.now().replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)


def retry_after(moment):
    """Return what the header of that name says: whole seconds until `moment`, at least one."""
    return str(max(1, math.ceil((moment - timezone.now()).total_seconds())))
