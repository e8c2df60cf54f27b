"""Add the demo's log-ins and enquiries. Safe to repeat; nothing that could be sent is written."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from coaching.demo import people


class Command(BaseCommand):
    help = "Add the demo's log-ins and enquiries (refused when DEBUG is off)."

    def handle(self, **_):
        if not settings.DEBUG:
            raise CommandError("Demo log-ins have a known password: refused without DEBUG.")
        with transaction.atomic():
            people.add_logins()
            people.add_enquiries()
        for email, _name, role in people.STAFF:
            self.stdout.write(f"{role:<11}{email:<24}password {people.PASSWORD}")
        email, _name, phone = people.STUDENT
        self.stdout.write(f"{'student':<11}{email:<24}or {phone}: a code is sent")
