"""A whole running product for the browser: its own database, real server, real compression."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
SECRET_KEY = "known to the tests, so that they sign links as the product does"
CHROMIUM_FLAGS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def chromium():
    """Return how to launch the browser of this machine, for Playwright's `launch`."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    flags = CHROMIUM_FLAGS + (["--no-sandbox"] if os.geteuid() == 0 else [])
    return {"args": flags, **({"executable_path": path} if path else {})}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def running(var_dir, *, is_prepared=False, **environment):
    """Serve the demo centre from `var_dir`; yield its base URL and stop it afterwards.

    `is_prepared`: another product has filled the folder's database already.
    """
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    env = {
        **os.environ,
        "DEBUG": "1",
        "SANDBOX": "1",
        "SECRET_KEY": SECRET_KEY,
        "CALLING_WINDOW": "always",
        "LIMIT_LEADS_PER_IP_HOUR": "0",  # every visitor of a suite comes from one address
        "PORT": str(port),
        "SITE_URL": base,
        "VAR_DIR": str(var_dir),
        "DATABASE_URL": f"sqlite:///{var_dir}/db.sqlite3",
        **environment,
    }

    def manage(*words):
        subprocess.run(  # noqa: S603
            [sys.executable, "manage.py", *words], cwd=ROOT, env=env, check=True,
            stdout=subprocess.DEVNULL,
        )  # fmt: skip

    # The pages under test need neither the command centre's files nor their compression.
    manage("collectstatic", "--noinput", "-i", "admin", "-i", "unfold", "-i", "ninja")
    if not is_prepared:
        manage("migrate", "--verbosity", "0")
        manage("load_centre", "coaching/demo/centre.json", "--relative-to-today")
    server = subprocess.Popen(  # noqa: S603
        [str(Path(sys.executable).with_name("granian")), "--interface", "wsgi", "--workers", "1",
         "--host", "127.0.0.1", "--port", str(port), "coaching.wsgi:application"],
        cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _wait_for(base + "/livez", server)
        yield base
    finally:
        server.terminate()
        server.wait(timeout=20)


def _wait_for(url, server):
    for _ in range(150):
        if server.poll() is not None:
            raise RuntimeError(f"The server ended with {server.returncode}.")
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise RuntimeError("The server did not answer within 30 seconds.")
