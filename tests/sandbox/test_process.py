"""The process: keeps its memory, stops at once, says what is wrong."""

import signal
import subprocess
import sys
import threading

import httpx
import pytest

from tests.sandbox.conftest import ASHA, ROOT, until


def test_a_killed_sandbox_remembers_what_it_accepted(own):
    own.control("faults", [{"target": "calls", "what": "429", "times": None}])
    own.control("behaviour", {"latency_ms": 5})
    own.open_window()
    sid = own.message().json()["sid"]

    own.process.stop(signal.SIGKILL)
    own.process.start()

    assert [row["sid"] for row in own.log("message")] == [sid]
    assert own.control("behaviour", method="GET")["latency_ms"] == 5
    assert [fault["what"] for fault in own.control("faults", method="GET")] == ["429"]
    assert own.control(f"phones/{ASHA}", method="GET")["number"] == ASHA


def test_what_was_under_way_goes_on_after_a_restart(own, the_app):
    the_app.forget()
    own.open_window()
    own.control("behaviour", {"callbacks": {"delay_ms": 150}})
    own.message(StatusCallback=the_app.url + "/status/")
    own.process.stop(signal.SIGKILL)

    own.process.start()

    until(lambda: "read" in the_app.got("/status/", "MessageStatus"))


def test_it_stops_within_two_seconds_although_a_page_is_open(own):
    listening, ended = threading.Event(), threading.Event()

    def listen():
        try:
            with httpx.stream("GET", f"{own.url}/events", timeout=20) as events:
                for _ in events.iter_lines():
                    listening.set()
        except httpx.TransportError:
            pass
        ended.set()

    threading.Thread(target=listen, daemon=True).start()
    assert listening.wait(5)

    assert own.process.stop() < 2
    assert own.process.process.returncode == 0
    assert ended.wait(2)


def test_it_stops_within_two_seconds_although_a_request_hangs(own):
    own.control("faults", [{"target": "messages", "what": "hang_after", "seconds": 60}])
    own.open_window()
    threading.Thread(target=lambda: pytest.raises(httpx.TransportError, own.message)).start()
    until(lambda: own.log("message"))

    assert own.process.stop() < 2


def test_a_taken_port_is_one_clear_line(own):
    environment = own.process.environment

    second = subprocess.run(
        [sys.executable, "-m", "coaching.sandbox"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=10,
    )

    assert second.returncode == 1
    assert second.stderr.splitlines() == [
        f"sandbox: port {own.process.port} is taken; set SANDBOX_PORT to another one"
    ]
