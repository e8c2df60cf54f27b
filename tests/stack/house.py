"""The product as it runs on a server: each line of the Procfile a process, beside a database, a
broker and a sandbox of its own, in a folder of its own.

    with House(workers=2) as house:
        house.workers[0].kill()  # and is started again, as whatever runs the Procfile would
"""

import atexit
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import psycopg
import redis

from coaching.run import BASE_DIR, broker_command
from tests.conftest import Sandbox, eventually, is_up
from tests.environment import Postgres, free_ports
from tests.stack.part import Part

NO_LIMITS = {
    "LIMIT_LEADS_PER_IP_HOUR": "0",
    "LIMIT_LEADS_PER_NETWORK_HOUR": "0",
    "LIMIT_LEADS_PER_PREFIX_HOUR": "0",
    "LIMIT_SEQUENTIAL_NUMBERS": "0",
    "BUDGET_WHATSAPP_PAISE_DAY": "0",
    "BUDGET_VOICE_PAISE_DAY": "0",
}
PREPARE = """
import django; django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
call_command("load_centre", "coaching/demo/centre.json", relative_to_today=True)
call_command("submit_templates")
"""


def procfile(name, **replaced):
    """The words of one line of the Procfile, on loopback."""
    text = (BASE_DIR / "Procfile").read_text()
    line = dict(line.split(": ", 1) for line in text.splitlines() if line)[name]
    for old, new in {"0.0.0.0": "127.0.0.1", **replaced}.items():
        line = line.replace(old, new)
    return shlex.split(line)


class House:
    """`database` is postgres or sqlite; a `durable` Postgres keeps what it answered through a power
    cut; `wsgi` and `celery` name the modules that are run; what else is given joins the environment
    of every process."""

    def __init__(self, *, database="postgres", durable=False, workers=1, beats=1,
                 wsgi="coaching.wsgi", celery="coaching.celery", **environment):  # fmt: skip
        self.folder = Path(tempfile.mkdtemp(prefix="coaching-house-"))
        self.folder.chmod(0o755)
        self.port = free_ports(4)
        self.url = f"http://127.0.0.1:{self.port}"
        self.sandbox = Sandbox(f"http://127.0.0.1:{self.port + 1}")
        self.broker_socket = self.folder / "redis.sock"
        self.server = Postgres(self.folder, durable=durable) if database == "postgres" else None
        self.environment = self._environment() | environment
        self._line = line = {
            "coaching.wsgi": wsgi,
            "coaching.celery": celery,
            "$PORT": str(self.port),
        }
        broker = SimpleNamespace(BROKER_SOCKET=self.broker_socket, VAR_DIR=self.folder)
        self.broker = self._part("broker", shlex.split(broker_command(broker)))
        self.stand_in = self._part("sandbox", [sys.executable, "-m", "coaching.sandbox"])
        self.web = self._part("web", procfile("web", **line))
        self.workers = [
            self._part(f"worker-{number}", procfile("worker", **line)) for number in range(workers)
        ]
        self.beats = [self._beat(number) for number in range(beats)]
        self.postgres = None
        self._leaving = threading.Event()
        self._watch = threading.Thread(target=self._start_again_what_died, daemon=True)

    def _environment(self):
        return {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(self.folder),
            "DJANGO_SETTINGS_MODULE": "coaching.settings",
            "PYTHONUNBUFFERED": "1",
            "VAR_DIR": str(self.folder),
            "DEBUG": "1",
            "SANDBOX": "1",
            "SECRET_KEY": "house-" + "h" * 40,
            "PORT": str(self.port),
            "SITE_URL": self.url,
            "CALLING_WINDOW": "always",
            "DATABASE_URL": self.database_at(self.server.home)
            if self.server
            else f"sqlite:///{self.folder / 'db.sqlite3'}",
            "REDIS_URL": f"unix://{self.broker_socket}",
            "SANDBOX_PORT": str(self.port + 1),
            "SANDBOX_SMTP_PORT": str(self.port + 3),
            "SANDBOX_DB": str(self.folder / "sandbox.sqlite3"),
            "SANDBOX_PACE": "0.05",
            **NO_LIMITS,
        }

    @staticmethod
    def database_at(folder):
        """The address of the Postgres whose socket is in `folder`."""
        return f"postgres://coaching@{str(folder).replace('/', '%2F')}/coaching"

    def _part(self, name, command):
        return Part(self, name, command, cwd=BASE_DIR)

    def _beat(self, number):
        """Each keeps its own diary, as on machines of their own."""
        name = f"beat-{number}"
        return self._part(name, [*procfile("beat", **self._line), "-s", self.folder / name])

    def add_beat(self):
        beat = self._beat(len(self.beats))
        self.beats.append(beat)
        beat.start()
        return beat

    @property
    def worker(self):
        return self.workers[0]

    @property
    def parts(self):
        """Every process, those that others lean on last."""
        under = [self.broker, self.stand_in, *([self.postgres] if self.postgres else [])]
        return [self.web, *self.workers, *self.beats, *under]

    def __enter__(self):
        atexit.register(self.stop)
        if self.server:
            self.server.start()
            self.postgres = Part(
                self, "postgres", self.server.process.args,
                cwd=self.server.home, **self.server.as_user,
            )  # fmt: skip
            self.postgres.process = self.server.process
            self.postgres.is_wanted = True
        self.broker.start()
        self.stand_in.start()
        eventually(lambda: is_up(f"{self.sandbox.url}/health"), seconds=60)
        subprocess.run(
            [sys.executable, "-c", PREPARE], env=self.environment, cwd=BASE_DIR, check=True,
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        for part in (self.web, *self.workers, *self.beats):
            part.start()
        self.wait_until_ready()
        self._watch.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        atexit.unregister(self.stop)
        self._leaving.set()
        if self._watch.is_alive():
            self._watch.join()
        for part in self.parts:
            part.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start_again_what_died(self):
        while not self._leaving.wait(0.1):
            for part in self.parts:
                if part.is_wanted and not part.is_alive:
                    part.start()

    def wait_until_ready(self, seconds=60):
        """Pages are served with the database, and every wanted worker waits at the broker."""
        eventually(lambda: is_up(f"{self.url}/readyz"), seconds)
        wanted = sum(worker.is_wanted for worker in self.workers)
        eventually(lambda: self.listening() >= wanted, seconds)

    def listening(self):
        """How many workers wait at the broker at this moment."""
        try:
            return self.redis().info("clients")["blocked_clients"]
        except redis.RedisError:
            return 0

    def redis(self):
        return redis.Redis(unix_socket_path=str(self.broker_socket), socket_timeout=2)

    def connect(self, **how):
        """A connection of its own to Postgres."""
        return psycopg.connect(
            host=str(self.server.home), user="coaching", dbname="coaching", **how
        )

    def sqlite(self):
        """A connection of its own to the SQLite file, with the function that its checks use."""
        connection = sqlite3.connect(self.folder / "db.sqlite3", timeout=20)
        connection.create_function("regexp", 2, lambda wanted, text: bool(re.search(wanted, text)))
        return connection

    def sql(self, text):
        """The rows of one statement, over a connection of its own."""
        if not self.server:
            with closing(self.sqlite()) as connection:
                return connection.execute(text).fetchall()
        with self.connect(autocommit=True) as connection:
            cursor = connection.execute(text)
            return cursor.fetchall() if cursor.description else []
