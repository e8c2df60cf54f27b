"""Each fault: what the caller sees, and whether the message went out all the same."""

import time

import httpx
import pytest

from tests.sandbox.conftest import ASHA, until


def fail(sandbox, what, target="messages", **more):
    sandbox.control("faults", [{"target": target, "what": what, **more}])
    sandbox.open_window()


def messages(twilio):
    return len(twilio.messages.list())


@pytest.mark.parametrize(("what", "accepted"), [("500_before", 0), ("500_after", 1)])
def test_a_server_error_before_or_after_accepting(sandbox, twilio, what, accepted):
    fail(sandbox, what)

    assert sandbox.message().status_code == 500
    assert messages(twilio) == accepted
    assert [row["accepted"] for row in sandbox.log("message")] == [bool(accepted)]
    assert sandbox.message().status_code == 201, "the fault was used up"


@pytest.mark.parametrize(("what", "accepted"), [("reset_before", 0), ("reset_after", 1)])
def test_a_reset_connection(sandbox, twilio, what, accepted):
    fail(sandbox, what)

    with pytest.raises(httpx.TransportError) as caught:
        sandbox.message()

    assert isinstance(caught.value, httpx.ReadError)
    assert messages(twilio) == accepted


@pytest.mark.parametrize(("what", "accepted"), [("hang_before", 0), ("hang_after", 1)])
def test_a_hanging_connection(sandbox, twilio, what, accepted):
    fail(sandbox, what, seconds=30)
    sandbox.http.timeout = 0.3

    with pytest.raises(httpx.ReadTimeout):
        sandbox.post(
            "Messages",
            {"To": f"whatsapp:{ASHA}", "From": "whatsapp:+14155238886", "Body": "x"},
            0.3,
        )  # noqa: E501

    assert messages(twilio) == accepted


def test_a_hang_ends_with_a_reset(sandbox):
    fail(sandbox, "hang_before", seconds=0.2)
    began = time.monotonic()

    with pytest.raises(httpx.ReadError):
        sandbox.message()

    assert time.monotonic() - began >= 0.2


def test_too_many_requests_says_when_to_come_back(sandbox, twilio):
    fail(sandbox, "429", retry_after=7)

    response = sandbox.message()

    assert (response.status_code, response.headers["Retry-After"]) == (429, "7")
    assert response.json()["code"] == 20429
    assert messages(twilio) == 0


def test_credentials_can_stop_working(sandbox):
    fail(sandbox, "401", times=None)

    assert [sandbox.message().status_code for _ in range(3)] == [401, 401, 401]
    sandbox.control("faults", method="DELETE")
    assert sandbox.message().status_code == 201


def test_an_answer_that_is_no_json(sandbox, twilio):
    fail(sandbox, "bad_json")

    response = sandbox.message()

    assert response.status_code == 201
    with pytest.raises(ValueError, match="."):
        response.json()
    assert messages(twilio) == 1


def test_a_refusal_on_demand(sandbox, twilio):
    fail(sandbox, "error", code=63018, status=400)

    assert sandbox.message().json()["code"] == 63018
    assert messages(twilio) == 0
    assert sandbox.log("violation") == []


def test_a_failure_that_only_the_callback_reports(sandbox, app):
    fail(sandbox, "fail_later", code=63049)
    sandbox.message(StatusCallback=app.url + "/status/")

    told = until(lambda: app.got("/status/"))

    assert (told[0]["MessageStatus"], told[0]["ErrorCode"]) == ("undelivered", "63049")


def test_a_fault_for_one_number_and_so_many_times(sandbox):
    fail(sandbox, "500_before", to=ASHA, times=2)
    other = "+919800000000"
    sandbox.open_window(other)

    assert sandbox.message(To=f"whatsapp:{other}").status_code == 201
    assert [sandbox.message().status_code for _ in range(3)] == [500, 500, 201]


def test_a_call_is_placed_although_the_caller_does_not_get_to_know(sandbox, app, twilio):
    app.voice("<Response/>")
    fail(sandbox, "500_after", target="calls")

    answer = sandbox.post("Calls", {"To": ASHA, "From": "+14155550100", "Url": app.url + "/voice/"})

    assert answer.status_code == 500
    assert len(twilio.calls.list(to=ASHA)) == 1


def test_a_list_can_fail_too(sandbox, twilio):
    fail(sandbox, "500_before", target="list")

    with pytest.raises(Exception, match="500"):
        twilio.messages.list()
    assert twilio.messages.list() == []


def test_a_fault_that_makes_no_sense_is_refused(sandbox):
    wrong = sandbox.http.post("/control/faults", json=[{"target": "messages", "what": "explode"}])

    assert wrong.status_code == 400
    assert sandbox.control("faults", method="GET") == []
