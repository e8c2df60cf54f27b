"""What only a real server meets: bodies that are huge, without a length, slow, or never whole."""

import json
import socket

import pytest

pytestmark = pytest.mark.stack

TEN_MEGABYTES = 10 * 1024 * 1024
ENQUIRY = json.dumps({"name": "Asha Rao", "phone": "98765 43210", "consent": True}).encode()


@pytest.fixture
def site(sites):
    return sites["server"]


def raw(site, *parts, wait=5):
    """Send bytes as they are; return the status line's code, or None when there is no answer."""
    with socket.create_connection(site.address, timeout=wait) as line:
        for part in parts:
            line.sendall(part)
        try:
            answer = line.recv(65536)
        except TimeoutError:
            return None
    return int(answer.split()[1]) if answer else None


def head(path, *lines, method="POST"):
    return "\r\n".join(
        [f"{method} {path} HTTP/1.1", "Host: localhost", "Connection: close", *lines, "", ""]
    ).encode("latin-1")


@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded",
                                  "multipart/form-data; boundary=x", "text/plain"])  # fmt: skip
@pytest.mark.parametrize("path", ["/enquiries/", "/public/leads", "/accounts/login/",
                                  "/webhooks/twilio/inbound/"])  # fmt: skip
def test_ten_megabytes_are_413(site, path, kind):
    answer = site.http.post(path, content=b"a" * TEN_MEGABYTES, headers={"Content-Type": kind})

    assert answer.status_code == 413
    assert "too much" in answer.text


@pytest.mark.parametrize("path", ["/enquiries/", "/public/leads"])
def test_a_body_without_a_length_is_a_4xx(site, path):
    def chunks():
        for _ in range(20):
            yield b"a" * (TEN_MEGABYTES // 20)

    answer = site.http.post(path, content=chunks(), headers={"Content-Type": "application/json"})

    assert 400 <= answer.status_code < 500


def test_a_body_that_comes_slowly_is_read(site):
    lines = ("Content-Type: application/json", f"Content-Length: {len(ENQUIRY)}")

    code = raw(site, head("/public/leads", *lines), ENQUIRY[:5], ENQUIRY[5:])

    assert code in (200, 201)


def test_half_bodies_that_never_end_do_not_stop_the_pages(site):
    lines = ("Content-Type: application/json", f"Content-Length: {len(ENQUIRY)}")
    half = head("/public/leads", *lines) + ENQUIRY[:10]
    callers = [socket.create_connection(site.address) for _ in range(4)]
    for caller in callers:
        caller.sendall(half)

    page, seconds = site.timed("GET", "/")

    for caller in callers:
        caller.close()
    assert page.status_code == 200
    assert seconds < 2
    assert site.http.get("/").status_code == 200


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\x00\x01\x02 rubbish\r\n\r\n",
        head("/", "X: \x00"),
        head("/", "Idempotency-Key: " + "k" * 1_000_000),
        head("/public/leads", "Content-Length: -5"),
        head("/public/leads", "Content-Length: " + "9" * 30),
        head("/public/leads", "Content-Length: ten"),
        head("/" + "a" * 200_000, method="GET"),
    ],
    ids=["no HTTP", "NUL", "1 MB of header", "negative", "endless", "no number", "long address"],
)
def test_what_is_no_request_is_refused_and_the_next_is_served(site, request_bytes):
    try:
        code = raw(site, request_bytes)
    except ConnectionError:
        code = None  # hung up on: as good an answer

    assert code is None or 400 <= code < 500
    assert site.http.get("/").status_code == 200
