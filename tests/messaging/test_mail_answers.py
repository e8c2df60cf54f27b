"""A mail server that refuses *us*, and a provider that wishes for an absurd wait."""

import socketserver
import threading

import pytest
from django.utils import timezone

from coaching.messaging.models import State


class RefusesTheSender(socketserver.StreamRequestHandler):
    answer = b"530 5.7.0 Authentication Required\r\n"

    def handle(self):
        self.wfile.write(b"220 mail\r\n")
        for line in self.rfile:
            word = line[:4].upper()
            if word == b"MAIL":
                self.wfile.write(self.answer)
            elif word == b"QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            else:
                self.wfile.write(b"250 ok\r\n")


@pytest.mark.parametrize(
    "answer", [b"530 5.7.0 Authentication Required", b"550 5.4.5 Daily sending quota exceeded"]
)
def test_a_sender_that_is_refused_is_not_the_persons_wrong_address(product, settings, answer):
    handler = type("H", (RefusesTheSender,), {"answer": answer + b"\r\n"})
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.EMAIL_PORT = server.server_address[1]
    product.ask(email="asha@example.com")

    product.work()
    server.shutdown()

    log = product.log("email")
    assert log.reason in ("email_not_taken", "provider_refused_login")
    assert "right e-mail address" not in log.explanation


@pytest.mark.parametrize("seconds", [86_400, 10**12])
def test_an_absurd_wish_to_wait_is_bounded(product, seconds):
    product.sandbox.misbehave("messages", "429", retry_after=seconds)
    product.ask()

    product.work()

    log = product.log("whatsapp")
    assert log.state == State.PENDING
    assert (log.due_at - timezone.now()).total_seconds() <= 900
