"""The real sandbox process on free ports, and a small HTTP server in the product's place."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from tests.sandbox.till import Till

ACCOUNT = "AC" + "5a" * 16
TOKEN = "sandbox-auth-token"  # noqa: S105
SENDER = "whatsapp:+14155238886"
CALLER = "+14155550100"
ASHA = "+919876543210"
ROOT = Path(__file__).parents[2]


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def until(condition, seconds=5):
    """The first truthy value of `condition()`; fails when there is none in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.01)
    raise AssertionError("it did not happen in time")


class Process:
    """One sandbox; `start` again after `stop` keeps ports and database."""

    def __init__(self, folder, site_url):
        self.port, self.smtp_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **os.environ,
            "SANDBOX_PORT": str(self.port),
            "SANDBOX_SMTP_PORT": str(self.smtp_port),
            "SANDBOX_DB": str(folder / "sandbox.sqlite3"),
            "SANDBOX_PACE": "0.02",
            "SITE_URL": site_url,
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": TOKEN,
        }
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "coaching.sandbox"], cwd=ROOT, env=self.environment
        )
        until(self._is_healthy, 10)
        return self

    def _is_healthy(self):
        try:
            return httpx.get(f"{self.url}/health", timeout=1).status_code == 200
        except httpx.TransportError:
            return False

    def stop(self, how=signal.SIGTERM):
        """Seconds it took to go."""
        began = time.monotonic()
        self.process.send_signal(how)
        self.process.wait(10)
        return time.monotonic() - began


class Sandbox:
    """What a test does to the sandbox and learns from it."""

    def __init__(self, process):
        self.process, self.url = process, process.url
        self.http = httpx.Client(base_url=process.url, timeout=10)

    def control(self, path, sent=None, method="POST"):
        response = self.http.request(method, f"/control/{path}", json=sent)
        assert response.status_code == 200, response.text
        return response.json()

    def log(self, kind, **filters):
        return self.http.get("/control/log", params={"kind": kind, **filters}).json()

    def post(self, resource, form, timeout=10):
        """A raw request, as no client library would let it through."""
        return self.http.post(
            f"/2010-04-01/Accounts/{ACCOUNT}/{resource}.json",
            data=form,
            auth=(ACCOUNT, TOKEN),
            timeout=timeout,
        )

    def message(self, **form):
        fields = {"To": f"whatsapp:{ASHA}", "From": SENDER, "Body": "Hello"} | form
        return self.post("Messages", {k: v for k, v in fields.items() if v is not None})

    def call(self, app, **form):
        fields = {"To": ASHA, "From": CALLER, "Url": app.url + "/voice/"} | form
        response = self.post("Calls", {k: v for k, v in fields.items() if v is not None})
        assert response.status_code == 201, response.text
        return response.json()["sid"]

    def open_window(self, number=ASHA):
        self.control(f"phones/{number}", {"window": "open"})

    def transcript(self, sid):
        call = self.control(f"calls/{sid}", method="GET")
        return [line["text"] for line in call["transcript"] if line["who"] != "note"]

    def ended(self, sid):
        """The call once it is over."""

        def over():
            call = self.control(f"calls/{sid}", method="GET")
            return call if call["ended_at"] else None

        return until(over)

    def template(self, name, body, **more):
        content = {"twilio/text": {"body": body}} | more
        response = self.http.post(
            "/v1/Content",
            json={"friendly_name": name, "language": "en", "variables": {}, "types": content},
            auth=(ACCOUNT, TOKEN),
        )
        assert response.status_code == 201, response.text
        return response.json()["sid"]


class App:
    """Stands in the product's place: keeps every request, answers what it is told to.

    A form is kept as its fields, JSON as its text.
    """

    def __init__(self):
        app = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):  # noqa: N802
                length = int(self.headers.get("Content-Length") or 0)
                params = self.rfile.read(length).decode()
                if self.headers.get("Content-Type") != "application/json":
                    params = dict(parse_qsl(params, keep_blank_values=True))
                path = urlsplit(self.path).path
                app.requests.append((self.path, params, self.headers, time.time()))
                status, body = app.answers.get(path, (204, ""))
                if callable(body):
                    body = body(params)
                data = body.encode()
                self.send_response(status)
                self.send_header("Content-Type", "text/xml")
                if status != 204:
                    self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data if status != 204 else b"")

            do_GET = do_POST  # noqa: N815

            def log_message(self, *args):
                pass

        self.requests, self.answers = [], {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def forget(self):
        self.requests.clear()
        self.answers.clear()

    def got(self, path, field=None):
        """Parameters (or one of them) of the requests to a path, in the order they came."""
        found = [params for asked, params, *_ in self.requests if urlsplit(asked).path == path]
        return [params.get(field) for params in found] if field else found

    def voice(self, xml, path="/voice/"):
        self.answers[path] = (200, xml)

    def is_signed(self, request):
        path, params, headers, _ = request
        validator = RequestValidator(TOKEN)
        return validator.validate(self.url + path, params, headers.get("X-Twilio-Signature", ""))

    def close(self):
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="session")
def the_app():
    app = App()
    yield app
    app.close()


@pytest.fixture(scope="session")
def process(the_app, tmp_path_factory):
    process = Process(tmp_path_factory.mktemp("sandbox"), the_app.url).start()
    yield process
    process.stop()


@pytest.fixture
def app(the_app, sandbox):
    the_app.forget()
    return the_app


@pytest.fixture
def till(sandbox, app):
    """PhonePe's side of the sandbox, empty, telling `app` by webhook."""
    return Till(sandbox, app)


@pytest.fixture
def sandbox(process):
    sandbox = Sandbox(process)
    sandbox.control("reset")
    yield sandbox
    sandbox.http.close()


@pytest.fixture
def own(tmp_path, the_app):
    """A sandbox of this test's own, to be stopped and started."""
    process = Process(tmp_path, the_app.url).start()
    yield Sandbox(process)
    if process.process.poll() is None:
        process.stop()


class ToSandbox(TwilioHttpClient):
    """twilio-python pointed at the sandbox: another scheme and host, nothing else."""

    def __init__(self, url):
        super().__init__(timeout=5)
        self._url = url

    def request(self, method, url, *args, **kwargs):
        parts = urlsplit(url)
        there = parts._replace(scheme="http", netloc=urlsplit(self._url).netloc).geturl()
        return super().request(method, there, *args, **kwargs)


@pytest.fixture
def twilio(sandbox):
    return Client(ACCOUNT, TOKEN, http_client=ToSandbox(sandbox.url))
