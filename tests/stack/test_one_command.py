"""`make run`, as a new user runs it: real processes, real HTTP, started and stopped together."""

import os
import re
import signal
import subprocess
import sys
import time

import httpx
import pytest

from tests.conftest import Sandbox, eventually, is_up
from tests.environment import FOLDER, free_ports, servers

pytestmark = pytest.mark.stack
ASHA = "+919876543210"


class Run:
    """One `python -m coaching.run` in a folder of its own, on free ports."""

    def __init__(self, folder, **environment):
        self.port = free_ports(4)
        keep = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LANG", "TMPDIR")}
        self.environment = {
            **keep,
            "PORT": str(self.port),
            "VAR_DIR": str(folder / "var"),
            "DEBUG": "1",
            "SANDBOX": "1",
            "SECRET_KEY": "stack-" + "s" * 40,
            "CALLING_WINDOW": "always",
            "SANDBOX_PACE": "0.05",
            **environment,
        }
        self.output = folder / "output.txt"
        self.url = f"http://localhost:{self.port}"
        self.sandbox = Sandbox(f"http://127.0.0.1:{self.port + 1}")
        self.process = None

    def start(self):
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "coaching.run"],
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        return self

    def text(self):
        return self.output.read_text()

    def is_ready(self):
        assert self.process.poll() is None, self.text()
        return "Ready." in self.text()

    def children(self):
        """The pids of everything that carries this run's folder in its environment."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/environ", "rb") as environ:
                    if f"VAR_DIR={self.environment['VAR_DIR']}".encode() in environ.read():
                        found.append(int(pid))
            except OSError:
                continue
        return found

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        return self.process.wait(20)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    run = Run(tmp_path_factory.mktemp("run")).start()
    try:
        eventually(run.is_ready, seconds=60)
        yield run
    finally:
        if run.process.poll() is None:
            run.stop()


def ask(run, **changes):
    """Fill in the form as a browser without JavaScript does, reading what the page hides in it."""
    page = httpx.get(f"{run.url}/").text
    hidden = dict(re.findall(r'name="(uuid|stamp)" value="([^"]+)"', page))
    time.sleep(0.7)  # nobody is faster
    answer = httpx.post(
        f"{run.url}/enquiries/",
        data={
            "name": "Asha Rao",
            "phone": "098765 43210",
            "email": "asha@example.com",
            "course": "foundation",
            "consent": "on",
            **hidden,
            **changes,
        },
    )
    assert answer.status_code == 303, answer.text[:2000]
    return httpx.get(f"{run.url}{answer.headers['location']}")


def test_it_prints_where_to_go_and_who_to_log_in_as_once_it_is_ready(run):
    for words in (f"{run.url}/admin/", f":{run.port + 1}/", "owner@example.com", "sandbox"):
        assert words in run.text()
    assert httpx.get(f"{run.url}/readyz").json()["status"] == "ok"


def test_an_enquiry_reaches_the_phone_on_three_channels_within_seconds(run):
    began = time.monotonic()
    thanks = ask(run)

    assert thanks.status_code == 200
    eventually(lambda: run.sandbox.messages(ASHA))
    eventually(lambda: run.sandbox.calls(ASHA))
    eventually(lambda: run.sandbox.mails("asha@example.com"))
    assert time.monotonic() - began < 5


def test_the_same_form_again_reaches_nobody_twice(run):
    ask(run, phone="98111 22233", email="")
    ask(run, phone="+91 98111 22233", email="")
    eventually(lambda: run.sandbox.calls("+919811122233"))
    time.sleep(1)

    assert len(run.sandbox.messages("+919811122233")) == 1
    assert len(run.sandbox.calls("+919811122233")) == 1


def test_stop_on_whatsapp_is_heard_and_confirmed(run):
    run.sandbox.writes("+919811122244", "band karo")

    confirmed = eventually(lambda: run.sandbox.messages("+919811122244"))
    assert len(confirmed) == 1


def test_a_taken_port_gets_a_clear_sentence(run, tmp_path):
    second = Run(tmp_path, PORT=str(run.port)).start()

    assert second.process.wait(30) == 1
    assert f"Port {run.port}, which the website needs, is taken." in second.text()
    assert "Traceback" not in second.text()


@pytest.mark.parametrize(
    "how", [pytest.param(signal.SIGTERM, marks=pytest.mark.slow), signal.SIGINT]
)
def test_stopping_ends_every_process_and_the_next_start_takes_seconds(tmp_path, how):
    run = Run(tmp_path).start()
    eventually(run.is_ready, seconds=60)
    assert len(run.children()) >= 5

    code = run.stop(how)

    assert code == 0
    eventually(lambda: run.children() == [])
    began = time.monotonic()
    run.start()
    eventually(run.is_ready, seconds=60)
    print(f"second start: {time.monotonic() - began:.1f} s")
    assert time.monotonic() - began < 20
    run.stop()
    assert "stopped" in run.text()


def test_the_same_code_runs_on_postgres_and_redis_by_two_addresses(tmp_path, db):
    servers["postgres"].create_database("stack")
    run = Run(
        tmp_path,
        DATABASE_URL=f"postgres://coaching@{str(FOLDER / 'postgres').replace('/', '%2F')}/stack",
        REDIS_URL=f"unix://{FOLDER / 'redis.sock'}?db=1",
    ).start()
    try:
        eventually(run.is_ready, seconds=60)
        ask(run)
        eventually(lambda: run.sandbox.messages(ASHA))
        eventually(lambda: run.sandbox.calls(ASHA))
        assert not is_up("http://127.0.0.1:9/")
    finally:
        run.stop()
