"""Submit the WhatsApp wordings to Twilio for approval, and keep the ContentSids."""

from django.core.management.base import BaseCommand, CommandError

from coaching.messaging import twilio
from coaching.messaging.catalogue import CATALOGUE, LANGUAGES, numbered_wording
from coaching.messaging.channels import DeliveryError, whatsapp
from coaching.messaging.models import Channel, WhatsAppTemplate


class Command(BaseCommand):
    help = (
        "Submit every WhatsApp wording that is new or changed to Twilio's Content API and ask "
        "for its approval. Approval takes from an hour to two days."
    )

    def add_arguments(self, parser):
        parser.add_argument("--all", action="store_true", help="submit unchanged ones again, too")

    def handle(self, **options):
        if not whatsapp.is_configured():
            raise CommandError(
                "WhatsApp is not configured. `manage.py doctor` says what is missing."
            )
        submitted = 0
        for message in CATALOGUE.values():
            if Channel.WHATSAPP not in message.channels or not message.template:
                continue
            for language in LANGUAGES:
                submitted += self.submit(message, language, again=options["all"])
        self.stdout.write(f"{submitted} WhatsApp templates submitted.")

    def submit(self, message, language, *, again):
        wording = numbered_wording(message.name, language)
        known = WhatsAppTemplate.objects.filter(message=message.name, language=language).first()
        if known and known.wording == wording and not again:
            return 0
        try:
            sid = twilio.submit_template(message.name, language, wording, message.category)
        except DeliveryError as error:
            raise CommandError(str(error)) from error
        WhatsAppTemplate.objects.update_or_create(
            message=message.name,
            language=language,
            defaults={"content_sid": sid, "wording": wording},
        )
        return 1
