"""The product as it is measured: every line of the Procfile a process, set as on a server.

Postgres keeps its promises here: unlike in the tests, an answered commit is on the disk.
"""

import json
import subprocess
import sys
import urllib.request
from types import SimpleNamespace

from coaching import run
from tests.conftest import eventually, is_up
from tests.environment import free_ports
from tests.stack.house import House

# Switched on, so that they cost what they cost; far too high to act.
LIMITS = {
    **dict.fromkeys(
        (
            "LIMIT_LEADS_PER_IP_HOUR", "LIMIT_LEADS_PER_NETWORK_HOUR",
            "LIMIT_LEADS_PER_PREFIX_HOUR", "LIMIT_SEQUENTIAL_NUMBERS",
        ),
        "1000000",
    ),
    "BUDGET_WHATSAPP_PAISE_DAY": "0",
    "BUDGET_VOICE_PAISE_DAY": "0",
}  # fmt: skip
SERVER = {
    "DEBUG": "0",
    "SANDBOX": "0",
    "CALLING_WINDOW": "09:00-21:00",
    "DJANGO_SETTINGS_MODULE": "tests.bench.settings",
}
DEMO = {"DEBUG": "1", "SANDBOX": "1", "CALLING_WINDOW": "always"}  # what `make run` sets


class Product(House):
    """`demo` runs it as `make run` does, worker and beat in one; else it is as on a server."""

    def __init__(self, provider, *, demo=False, **how):
        mode = DEMO if demo else SERVER
        super().__init__(
            beats=0 if demo else 1,
            durable=True,
            **{**LIMITS, **mode, **provider.environment, "TRUSTED_PROXIES": "1", **how},
        )  # fmt: skip
        if demo:
            settings = SimpleNamespace(
                PORT=self.port, SANDBOX=False, REDIS_URL="", BROKER_SOCKET=self.broker_socket
            )
            self.workers[0].command = ["sh", "-c", f"exec {run.commands(settings)['worker']}"]

    def __enter__(self):
        subprocess.run(
            [
                sys.executable, "manage.py", "collectstatic", "--noinput", "-v", "0",
                "-i", "admin", "-i", "unfold", "-i", "ninja",
            ],
            env=self.environment, cwd=run.BASE_DIR, check=True,
        )  # fmt: skip
        return super().__enter__()


class Provider:
    """The stand-in for Twilio and the mail server as a process, for a `with`."""

    def __init__(self, latency=0.0):
        port = free_ports(2)
        self.url = f"http://127.0.0.1:{port}"
        self.mail_url = f"smtp://127.0.0.1:{port + 1}"
        self.command = [sys.executable, "-m", "tests.bench.provider", str(port), str(port + 1),
                        str(latency)]  # fmt: skip

    def __enter__(self):
        self.process = subprocess.Popen(self.command)
        eventually(lambda: is_up(self.url), seconds=10)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)

    @property
    def environment(self):
        """The variables that point the product at it."""
        return {
            "TWILIO_ACCOUNT_SID": "AC" + "b" * 32,
            "TWILIO_AUTH_TOKEN": "bench",
            "TWILIO_WHATSAPP_FROM": "+14155238886",
            "TWILIO_VOICE_FROM": "+14155550100",
            "TWILIO_BASE_URL": self.url,
            "EMAIL_URL": self.mail_url,
        }

    def arrivals(self):
        """What arrived since the last time, as (channel, to, moment)."""
        with urllib.request.urlopen(f"{self.url}/arrivals", timeout=30) as answer:
            return json.load(answer)
