"""The product as a server runs it, beside a Postgres of its own that can be killed and frozen."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx

from coaching.run import BASE_DIR
from tests.conftest import eventually, is_up
from tests.environment import Postgres, free_ports

PREPARE = """
import django; django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
call_command("load_centre", "coaching/demo/centre.json", relative_to_today=True)
call_command("collectstatic", interactive=False, verbosity=0,
             ignore_patterns=["admin", "unfold", "ninja"])
"""


class Database(Postgres):
    """A Postgres that can be taken away and brought back."""

    def kill(self):
        """End it at once, as a crash does: no connection is finished."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(10)

    def restart(self):
        self.process = subprocess.Popen(
            self.process.args, cwd=self.home, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, **self.as_user,
        )  # fmt: skip
        self.wait_until_it_accepts()

    def freeze(self):
        for pid in self._all():
            os.kill(pid, signal.SIGSTOP)

    def thaw(self):
        for pid in self._all():
            os.kill(pid, signal.SIGCONT)

    def _all(self):
        parent = self.process.pid
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        return [parent, *map(int, children)]

    def stop(self):
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(10)


class Site:
    """One granian, as the Procfile has it but smaller. `get` and `post` go there over HTTP."""

    def __init__(self, environment, application="coaching.wsgi:application"):
        port = free_ports(1)
        self.url = f"http://127.0.0.1:{port}"
        self.address = ("127.0.0.1", port)
        self.http = httpx.Client(base_url=self.url, timeout=30)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1",
             "--port", str(port), "--workers", "1", "--blocking-threads", "8", "--no-ws",
             "--log-level", "error", application],
            cwd=BASE_DIR, env={**environment, "SITE_URL": self.url},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        eventually(lambda: is_up(f"{self.url}/livez"), seconds=30)

    def timed(self, method, path, **more):
        """Ask; return the answer and the seconds it took."""
        began = time.monotonic()
        answer = self.http.request(method, path, **more)
        return answer, time.monotonic() - began

    def stop(self):
        self.http.close()
        self.process.terminate()
        self.process.wait(20)


def environment(folder, debug):
    socket = str(folder / "postgres").replace("/", "%2F")
    return {
        **os.environ,
        "VAR_DIR": str(folder / f"var-{debug}"),
        "DATABASE_URL": f"postgres://coaching@{socket}/coaching",
        "DEBUG": debug,
        "SANDBOX": debug,
        "CALLING_WINDOW": "09:00-21:00",
        "TWILIO_AUTH_TOKEN": "known-to-the-test",
        "DJANGO_SETTINGS_MODULE": "coaching.settings",
    }


def prepare(environment):
    Path(environment["VAR_DIR"]).mkdir()
    subprocess.run(
        [sys.executable, "-c", PREPARE], cwd=BASE_DIR, env=environment, check=True,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
