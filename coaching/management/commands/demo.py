"""The demo: a centre whose dates are near today, people to log in as, some earlier enquiries."""

import io

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from academics.models import Batch, Course


class Command(BaseCommand):
    help = "Load the demo centre and its people, unless a centre with open batches is there."

    def handle(self, **_):
        if not settings.DEBUG:
            raise CommandError("The demo is for machines with DEBUG=1.")
        if not Course.objects.exists() or not Batch.objects.open().exists():
            path = settings.BASE_DIR / "coaching" / "demo" / "centre.json"
            call_command("load_centre", path, relative_to_today=True, stdout=self.stdout)
        call_command("demo_people", stdout=io.StringIO())  # `make run` prints the log-ins
