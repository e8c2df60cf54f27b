"""Each command of compose.yaml runs, serves, sends, survives and stops as it would on a server."""

import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import psycopg
import pytest
import redis

from tests.conftest import eventually
from tests.environment import servers
from tests.stack.deployment import dockerfile
from tests.stack.part import tree
from tests.stack.server import SERVICES, Server, broker

pytestmark = [pytest.mark.stack, pytest.mark.slow]
ASHA = "+919876543210"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("server"))
    try:
        server.set_up()
        yield server
    finally:
        server.end()


def ask(server, phone, email="", headers=None):
    enquiry = {"name": "Asha Rao", "phone": phone, "email": email, "consent": True}
    return server.visitor.post("/public/leads", json=enquiry, headers=headers)


def health(server, port):
    """The exit code of the image's HEALTHCHECK, asking `port`."""
    words = next(words for name, words in dockerfile() if name == "HEALTHCHECK")
    environment = {**server.environment("web"), "PORT": str(port)}
    command = json.loads(words.partition("CMD ")[2])
    return subprocess.run(command, env=environment, stderr=subprocess.DEVNULL).returncode


def test_it_is_ready_and_the_health_check_tells_a_website_from_a_closed_port(server):
    assert server.visitor.get("/readyz").json()["broker"] is True
    assert health(server, server.port) == 0
    assert health(server, server.port + 2) == 1


def test_the_page_asks_for_https_for_a_year_and_strangers_host_names_are_refused(server):
    page = server.visitor.get("/")

    assert page.status_code == 200
    assert page.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert server.visitor.get("/", headers={"Host": "evil.example"}).status_code == 400


def test_static_files_come_from_the_image_and_may_be_kept_for_ever(server):
    style = re.search(r'href="(/static/css/app\.[0-9a-f]+\.css)"', server.visitor.get("/").text)
    answer = server.visitor.get(style[1])

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "max-age=315360000, public, immutable"


def test_an_enquiry_reaches_whatsapp_and_the_inbox_once(server):
    answer = ask(server, "98765 43210", email="asha@example.com")

    assert answer.status_code == 201, answer.text
    eventually(lambda: server.sandbox.messages(ASHA))
    eventually(lambda: server.sandbox.mails("asha@example.com"))
    time.sleep(1)
    assert len(server.sandbox.messages(ASHA)) == len(server.sandbox.mails("asha@example.com")) == 1


def test_the_visitors_address_is_the_one_that_caddy_saw(server):
    claimed = {"X-Forwarded-For": "198.51.100.1, 203.0.113.77"}  # left: anybody's word
    ask(server, "98765 43277", headers=claimed)

    with psycopg.connect(server.database("deployment")) as database:
        addresses = {str(row[0]) for row in database.execute("SELECT ip FROM leads_enquiry")}
    assert "203.0.113.77" in addresses and "198.51.100.1" not in addresses


def test_beat_runs_and_remembers_its_schedule_in_a_folder_of_its_own(server):
    assert server.parts["beat"].is_alive
    eventually(lambda: list((server.folder / "beat").glob("beat-schedule*")))


def test_nothing_is_written_where_a_container_could_not(server):
    assert ask(server, "98765 43211").status_code == 201
    eventually(lambda: server.sandbox.messages("+919876543211"))

    assert sorted(server.image.rglob("*")) == server.files


def test_a_killed_web_process_is_replaced_and_even_then_sigterm_ends_the_rest(server):
    """A process that has just begun does not hear SIGTERM: --workers-kill-timeout is for it."""
    web = server.parts["web"]
    main, *before = tree(web.pid)

    os.kill(before[-1], signal.SIGKILL)
    eventually(lambda: len(tree(main)) == len(before) + 1 and before[-1] not in tree(main), 15)

    assert server.visitor.get("/livez").status_code == 200
    assert stops_within_its_grace(web)
    web.start()
    eventually(server.is_ready, seconds=30)


def test_a_dump_restored_elsewhere_holds_what_the_database_held(server):
    postgres = servers["postgres"]
    login = ("-h", postgres.home, "-U", "coaching")
    dump = postgres.home / "deployment.dump"

    postgres.run(postgres.bin / "pg_dump", *login, "-Fc", "-f", dump, "deployment")
    postgres.create_database("restored")
    postgres.run(postgres.bin / "pg_restore", *login, "--exit-on-error", "-d", "restored", dump)

    assert count_rows(server, "restored") == count_rows(server, "deployment")
    assert count_rows(server, "restored")["leads_lead"] >= 1


def count_rows(server, database):
    tables = ("leads_lead", "leads_enquiry", "messaging_communicationlog", "accounts_consent")
    with psycopg.connect(server.database(database)) as connection:
        return {t: connection.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in tables}


@pytest.mark.parametrize("name", ["web", "worker", "beat"])
def test_sigterm_ends_a_service_in_time_and_it_starts_again(server, name):
    assert stops_within_its_grace(server.parts[name])

    server.parts[name].start()
    eventually(server.is_ready, seconds=30)


def stops_within_its_grace(part):
    """SIGTERM, as `docker stop` sends it; whether all of it ended well before the kill."""
    processes = tree(part.pid)
    part.process.terminate()
    code = part.process.wait(int(SERVICES[part.name]["stop_grace_period"].rstrip("s")))
    return code == 0 and not any(Path(f"/proc/{pid}").exists() for pid in processes)


@pytest.mark.parametrize(("appendonly", "left"), [("yes", b"kept"), ("no", None)])
def test_the_brokers_queue_outlives_a_kill_because_of_appendonly(tmp_path, appendonly, left):
    command = SERVICES["redis"]["command"].replace("appendonly yes", f"appendonly {appendonly}")
    address = str(tmp_path / "redis.sock")
    first = broker(tmp_path, command)
    redis.Redis(unix_socket_path=address).rpush("celery", "kept")

    first.kill()
    second = broker(tmp_path, command)

    try:
        assert redis.Redis(unix_socket_path=address).lindex("celery", 0) == left
    finally:
        second.kill()
