"""API clients log in by a code, as the pages do, and get a token; strangers and staff get none."""

import pytest
from django.core.cache import cache
from django.test import Client

from coaching.accounts.models import User
from coaching.messaging.models import CommunicationLog
from tests.accounts.test_login import NUMBER, a_student, code, codes

AUTH = "/_allauth/app/v1/auth"


@pytest.fixture(autouse=True)
def fresh(db):
    cache.clear()  # the rate limits' memory


def post(path, body, session=""):
    headers = {"X-Session-Token": session} if session else {}
    return Client().post(f"{AUTH}{path}", body, content_type="application/json", headers=headers)


def token_by_code(**who):
    asked = post("/code/request", who).json()
    return post("/code/confirm", {"code": code()}, asked["meta"]["session_token"]).json()


@pytest.mark.parametrize("who", [{"email": "rohan@example.com"}, {"phone": NUMBER}])
def test_a_student_gets_a_token_by_a_code_and_is_known_by_it(who):
    a_student("Rohan Patil", email="rohan@example.com")

    token = token_by_code(**who)["meta"]["access_token"]
    me = Client().get("/api/me", headers={"Authorization": f"Bearer {token}"})

    assert me.status_code == 200
    assert me.json()["name"] == "Rohan Patil"


def test_a_token_that_was_altered_opens_nothing():
    a_student("Rohan Patil")
    token = token_by_code(phone=NUMBER)["meta"]["access_token"]

    for wrong in (token[:-2] + "xx", token.rpartition(".")[0] + ".", "none"):
        answer = Client().get("/api/me", headers={"Authorization": f"Bearer {wrong}"})
        assert answer.status_code == 401


def test_a_wrong_code_gives_no_token():
    a_student("Rohan Patil")
    asked = post("/code/request", {"phone": NUMBER}).json()

    answer = post("/code/confirm", {"code": "000000"}, asked["meta"]["session_token"])

    assert answer.status_code in (400, 401)
    assert "access_token" not in answer.json().get("meta", {})


@pytest.mark.parametrize("who", [{"email": "nobody@example.com"}, {"phone": "+919822200000"}])
def test_nothing_is_sent_to_strangers_and_nothing_told(who):
    a_student("Rohan Patil", email="rohan@example.com")
    known = post("/code/request", {"email": "rohan@example.com"})
    sent = CommunicationLog.objects.count()

    unknown = post("/code/request", who)

    assert unknown.status_code == known.status_code
    assert CommunicationLog.objects.count() == sent


def test_staff_get_no_code_and_their_password_opens_no_student_api():
    owner = User.objects.create_user("owner@example.com", "front-desk-demo", name="Meera")
    owner.set_role("owner")

    post("/code/request", {"email": "owner@example.com"})
    answer = post("/login", {"email": "owner@example.com", "password": "front-desk-demo"})

    assert not codes().exists()
    token = answer.json().get("meta", {}).get("access_token", "")
    assert Client().get("/api/me", headers={"Authorization": f"Bearer {token}"}).status_code == 401
    assert "sessionid" not in answer.cookies


def test_nobody_signs_up_by_the_api():
    answer = post("/signup", {"email": "new@example.com", "password": "a-long-password-1"})

    assert answer.status_code == 403
    assert not User.objects.filter(email="new@example.com").exists()
