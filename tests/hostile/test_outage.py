"""The database is killed, and frozen: everybody gets an honest 503, soon, and a 200 afterwards."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from django.core import signing
from twilio.request_validator import RequestValidator

from coaching.common.outage import PATIENCE_SECONDS
from tests.conftest import eventually

pytestmark = pytest.mark.stack

ASHA = {"name": "Asha Rao", "phone": "98765 43210", "consent": True}
COOKIE = {"Cookie": "sessionid=" + "a" * 32}
LONGEST_SECONDS = PATIENCE_SECONDS + 1.5
PEOPLE = [
    ("GET", "/", {}),
    ("GET", "/?lang=hi", {}),
    ("GET", "/courses/django/", {}),
    ("POST", "/enquiries/", {"data": {**ASHA, "consent": "on"}}),
    ("GET", "/portal/", {"headers": COOKIE}),
    ("GET", "/admin/", {"headers": COOKIE}),
    ("GET", "/accounts/login/", {"headers": COOKIE}),
    ("GET", f"/unsubscribe/{signing.dumps(1, salt='coaching.messaging.unsubscribe')}/", {}),
]
PROGRAMS = [
    ("POST", "/public/leads", {"json": ASHA}),
    ("POST", "/public/leads", {"json": ASHA, "headers": {"Idempotency-Key": "once"}}),
    ("GET", "/api/openapi.json", {"headers": COOKIE}),
]
EVERYWHERE = pytest.mark.parametrize("where", ["server", "demo"])


def receipt(site):
    """A status callback as Twilio signs it."""
    path = "/webhooks/twilio/message-status/?n=0190a0b0-0000-7000-8000-000000000001"
    fields = {"MessageSid": "SM" + "0" * 32, "MessageStatus": "delivered"}
    signer = RequestValidator("known-to-the-test")
    signature = signer.compute_signature(site.url + path, fields)
    return "POST", path, {"data": fields, "headers": {"X-Twilio-Signature": signature}}


@pytest.fixture
def killed(sites, own_database):
    for site in sites.values():
        assert site.http.get("/").status_code == 200  # and has an open connection now
    own_database.kill()
    yield
    own_database.restart()
    for site in sites.values():
        eventually(lambda site=site: site.http.get("/").status_code == 200)


@pytest.fixture
def frozen(sites, own_database):
    for site in sites.values():
        assert site.http.get("/").status_code == 200
    own_database.freeze()
    yield
    own_database.thaw()
    for site in sites.values():
        eventually(lambda site=site: site.http.get("/").status_code == 200)


def is_honest(answer):
    leaks = ("Traceback", "psycopg", "OperationalError", "settings.py", "connection to server")
    return (
        answer.status_code == 503
        and answer.headers["Retry-After"] == "60"
        and "no-store" in answer.headers["Cache-Control"]
        and not any(leak in answer.text for leak in leaks)
    )


@EVERYWHERE
def test_without_the_database_people_get_a_page_in_both_languages(sites, killed, where):
    for method, path, more in PEOPLE:
        answer, seconds = sites[where].timed(method, path, **more)

        assert is_honest(answer), (path, answer.status_code, answer.text[:200])
        assert "Please try again in a minute" in answer.text and "डेटाबेस" in answer.text, path
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"], path
        assert seconds < 2, path


@EVERYWHERE
def test_without_the_database_programs_get_json_and_send_again(sites, killed, where):
    for method, path, more in [*PROGRAMS, receipt(sites[where])]:
        answer, seconds = sites[where].timed(method, path, **more)

        assert is_honest(answer), (path, answer.status_code, answer.text[:200])
        assert list(answer.json()) == ["detail"], path
        assert seconds < 2, path


@EVERYWHERE
def test_what_needs_no_database_is_served_and_the_watchers_are_told(sites, killed, where):
    http = sites[where].http

    assert http.get("/livez").status_code == 200
    assert http.get("/error.css").status_code == 200
    assert http.get("/readyz").status_code == 503
    assert http.get("/readyz").json()["status"] == "down"


def test_control_without_the_guard_it_is_a_500(sites, killed):
    assert sites["unguarded"].http.get("/").status_code == 500
    assert sites["unguarded"].http.post("/public/leads", json=ASHA).status_code == 500


def test_an_enquiry_that_got_503_is_taken_once_when_the_database_is_back(sites, own_database):
    site, key = sites["server"], {"Idempotency-Key": "sent until it was heard"}
    own_database.kill()
    try:
        refused = site.http.post("/public/leads", json=ASHA, headers=key)
    finally:
        own_database.restart()

    answers = [
        eventually(lambda: taken(site.http.post("/public/leads", json=ASHA, headers=key)))
        for _ in range(2)
    ]

    assert refused.status_code == 503
    assert [answer.status_code for answer in answers] == [201, 200]
    assert answers[0].json() == answers[1].json()


@pytest.mark.parametrize(("name", "status"), [("server", 200), ("unguarded", 500)])
def test_a_restart_of_the_database_between_two_pages_is_noticed_by_nobody(
    sites, own_database, name, status
):
    """The connections that died with it are found dead unasked; the control does not look."""

    def crowd():
        with ThreadPoolExecutor(8) as visitors:
            return {answer.status_code for answer in visitors.map(sites[name].http.get, "/" * 16)}

    eventually(lambda: crowd() == {200})  # each thread of the site has its connection
    own_database.kill()
    own_database.restart()
    answered = crowd()
    eventually(lambda: crowd() == {200})

    assert answered == {200} if status == 200 else 500 in answered


def taken(answer):
    return answer if answer.status_code < 300 else None


@pytest.mark.parametrize("where", ["server", pytest.param("demo", marks=pytest.mark.slow)])
def test_a_frozen_database_is_not_waited_for_for_ever(sites, frozen, where):
    for method, path, more in (("GET", "/", {}), ("POST", "/public/leads", {"json": ASHA})):
        answer, seconds = sites[where].timed(method, path, **more)

        assert is_honest(answer)
        assert seconds < LONGEST_SECONDS, path


def test_control_without_the_guard_a_frozen_database_is_waited_for(sites, frozen):
    with pytest.raises(httpx.ReadTimeout):
        sites["unguarded"].http.get("/", timeout=LONGEST_SECONDS)
