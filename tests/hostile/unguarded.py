"""The product without its guards against a database that was or is away: for the control alone."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "coaching.settings")

from django.conf import settings  # noqa: E402
from django.core.signals import got_request_exception  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402

settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "HonestOutage" not in name]
settings.DATABASES["default"]["CONN_HEALTH_CHECKS"] = False
application = get_wsgi_application()

from coaching.common import outage  # noqa: E402

got_request_exception.disconnect(outage.to_the_guard)
