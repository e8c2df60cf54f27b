"""Compare a day's messages with what the providers have, and name what does not match."""

from datetime import datetime, timedelta

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from coaching.messaging import diff
from coaching.messaging.channels import DeliveryError
from coaching.messaging.models import Channel, CommunicationLog


class Command(BaseCommand):
    help = "Compare the messages and calls of a day with what the providers have, and say so."

    def add_arguments(self, parser):
        parser.add_argument("--day", type=_day, help="YYYY-MM-DD in India; default: yesterday")
        parser.add_argument(
            "--adopt",
            action="store_true",
            help="after a restore, workers stopped: mark what waits and has left as sent",
        )

    def handle(self, *, day, adopt, **_):
        day = day or timezone.localdate() - timedelta(days=1)
        if day > timezone.localdate():
            raise CommandError(f"{day} has not begun.")
        self.stdout.write(f"{day:%d %b %Y}   provider  unclaimed  missing")
        for channel in Channel:
            try:
                found = diff.compare(day, channel)
                if found and adopt and diff.adopt(found):
                    found = diff.compare(day, channel)
            except DeliveryError as error:
                raise CommandError(f"{channel.label}: the provider does not answer.") from error
            if found is None:
                self.stdout.write(f"{channel.label:<11}   not configured")
            else:
                self.show(found)

    def show(self, found):
        self.stdout.write(
            f"{found.get_channel_display():<11} {found.provider_count:>10} "
            f"{len(found.unclaimed):>10} {len(found.missing):>8}"
        )
        for kind in ("unclaimed", "missing"):
            for entry in getattr(found, kind):
                at = timezone.localtime(datetime.fromisoformat(entry["at"]))
                log = CommunicationLog.objects.filter(pk=entry["log"] or None).first()
                self.stdout.write(
                    f"  {kind}: {at:%H:%M:%S} to …{entry['to']} {entry['sid'] or '-'}"
                    f" · {f'{log} · {log.pk}' if log else 'no row fits'}"
                )


def _day(text):
    return datetime.strptime(text, "%Y-%m-%d").date()
