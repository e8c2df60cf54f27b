"""Is it alive, and is it ready? For whoever watches the machine."""

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache

from coaching.messaging.models import CommunicationLog

# A due message older than this is late: the sweeper finds what is missed within seconds.
LATE_SECONDS = 120


@never_cache
def livez(request):
    return HttpResponse("ok", content_type="text/plain")


@never_cache
def readyz(request):
    """JSON: 200 when the database answers; the broker and late messages are reported beside it.

    Without the broker messages still leave by the sweeper, so that is `degraded`, not down.
    """
    database, oldest = _database()
    broker = _broker()
    late = oldest is not None and oldest > LATE_SECONDS
    status = "down" if not database else "degraded" if late or not broker else "ok"
    return JsonResponse(
        {
            "status": status,
            "database": database,
            "broker": broker,
            "oldest_unsent_seconds": oldest,
        },
        status=200 if database else 503,
    )


def _database():
    """Return whether the database answers, and the age in seconds of the oldest due message."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        now = timezone.now()
        due_at = (
            CommunicationLog.objects.due(now).order_by("due_at").values_list("due_at", flat=True)
        )
        first = due_at.first()
    except DatabaseError:
        return False, None
    return True, round((now - first).total_seconds(), 1) if first else None


def _broker():
    try:
        client = redis.from_url(settings.REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.5)
        return bool(client.ping())
    except redis.RedisError:
        return False
