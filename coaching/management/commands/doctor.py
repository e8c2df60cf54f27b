"""What is configured, what works, and what each missing thing turns off."""

import importlib.util

import redis
from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from coaching.centre.models import Profile
from coaching.messaging import diagnosis
from coaching.messaging.diagnosis import Finding
from payments import phonepe

MARKS = {"works": "✓", "off": "–", "broken": "✗"}


class Command(BaseCommand):
    help = "Say what is configured, what is missing and what that turns off. Exits 1 if broken."
    requires_system_checks = []

    def handle(self, **_):
        found = list(self.findings())
        width = max(len(finding.area) for finding in found)
        for finding in found:
            self.stdout.write(f" {MARKS[finding.state]} {finding.area:<{width}}  {finding.text}")
        broken = sum(finding.state == "broken" for finding in found)
        off = sum(finding.state == "off" for finding in found)
        self.stdout.write(
            f"\n{len(found) - broken - off} work, {off} are off, {broken} are broken."
        )
        if broken:
            raise SystemExit(1)

    def findings(self):
        database = self.database()
        yield database
        yield self.broker()
        yield self.site()
        yield self.sandbox()
        if database.state == "works":
            yield self.centre()
            yield from diagnosis.findings()
        yield self.phonepe()
        yield self.webhook()

    def database(self):
        name = "PostgreSQL" if connection.vendor == "postgresql" else "SQLite (embedded)"
        try:
            executor = MigrationExecutor(connection)
            waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
        except DatabaseError as error:
            return Finding("Database", "broken", f"{name} does not answer: {error}".strip())
        if waiting:
            return Finding(
                "Database", "broken", f"{len(waiting)} migrations wait: manage.py migrate"
            )
        return Finding("Database", "works", name)

    def broker(self):
        try:
            redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2).ping()
        except redis.RedisError:
            return Finding(
                "Broker", "broken",
                "does not answer: messages leave by the sweeper, some seconds later.",
            )  # fmt: skip
        return Finding("Broker", "works", "Redis protocol")

    def site(self):
        if not settings.DEBUG and not settings.USE_HTTPS:
            return Finding("Site", "broken", "SITE_URL must be https:// when DEBUG is off.")
        return Finding("Site", "works", settings.SITE_URL)

    def sandbox(self):
        if settings.SANDBOX:
            hours = " Calls are placed at any hour." if settings.CALLING_ALWAYS else ""
            return Finding("Sandbox", "works", f"stands in for providers without keys.{hours}")
        return Finding("Sandbox", "off", "providers are real.")

    def centre(self):
        profile = Profile.current()
        missing = [
            name for name in ("phone", "whatsapp", "email", "address") if not getattr(profile, name)
        ]
        if missing:
            return Finding(
                "Centre", "off", f"{profile.name}: no {', '.join(missing)} on the website."
            )
        return Finding("Centre", "works", profile.name)

    def phonepe(self):
        if importlib.util.find_spec("phonepe") is None:
            return Finding(
                "Online payment", "off",
                "PhonePe's SDK is not installed: pip install --no-deps -r requirements-nodeps.txt. "
                "Fees can be taken in cash or by bank transfer only.",
            )  # fmt: skip
        if not phonepe.is_configured():
            return Finding(
                "Online payment", "off",
                "PHONEPE_CLIENT_ID and PHONEPE_CLIENT_SECRET are not set: no online payment. Fees "
                "can be taken in cash or by bank transfer only.",
            )  # fmt: skip
        where = "the sandbox" if settings.PHONEPE_SIMULATED else f"PhonePe ({settings.PHONEPE_ENV})"
        try:
            phonepe.order_state("doctor")
        except phonepe.KeysRefused as error:
            return Finding("Online payment", "broken", f"{where} refuses the keys ({error}).")
        except phonepe.Unclear as error:
            return Finding("Online payment", "broken", f"{where} does not answer ({error}).")
        except phonepe.Refused:  # it has never heard of such an order: it knows us, and answers
            pass
        return Finding("Online payment", "works", f"through {where}.")

    def webhook(self):
        if settings.PHONEPE_WEBHOOK_USERNAME and settings.PHONEPE_WEBHOOK_PASSWORD:
            return Finding("Payment webhook", "works", f"{settings.SITE_URL}/webhooks/phonepe/")
        return Finding(
            "Payment webhook", "off",
            "PHONEPE_WEBHOOK_USERNAME and PHONEPE_WEBHOOK_PASSWORD are not set: PhonePe is only "
            "asked, so a payment may be seen half a minute later.",
        )  # fmt: skip
