"""The other end of the wire: a bare, fast stand-in for Twilio, PhonePe (under /phonepe) and a mail
server, in one process.

    python -m tests.bench.provider HTTP_PORT SMTP_PORT LATENCY_SECONDS

It answers each request after the set time and remembers when the request was whole, and for whom
it was. It sends no receipts and fetches no words of a call: what is measured ends on the wire.
`GET /arrivals` gives what arrived since the last time it was asked, as [kind, to, moment].
"""

import asyncio
import json
import re
import signal
import sys
import time
from urllib.parse import parse_qs

from tests.bench import phonepe

arrivals = []
SIDS = {"Messages": "SM", "Calls": "CA", "Content": "HX"}


class Twilio(asyncio.Protocol):
    """Enough of HTTP for a client that keeps its connection."""

    latency = 0.0
    received = b""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.received += data
        head, found, body = self.received.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: *(\d+)", head)
        if found and len(body) >= (int(length[1]) if length else 0):
            self.received = b""
            self.request(head.decode(), body.decode())

    def request(self, head, body):
        method, path = head.split(" ", 2)[:2]
        if path.startswith("/phonepe/"):
            self.answer(200, phonepe.answer(path, body))
            return
        if method == "GET":
            answer, arrivals[:] = json.dumps(arrivals), []
            self.answer(200, answer)
            return
        kind = next((kind for kind in SIDS if kind in path), "Content")
        if kind != "Content":
            to = parse_qs(body)["To"][0].removeprefix("whatsapp:")
            arrivals.append(("voice" if kind == "Calls" else "whatsapp", to, time.time()))
        sid = f"{SIDS[kind]}{len(arrivals):08x}{time.time_ns():024x}"
        answer = json.dumps({"sid": sid, "status": "queued"})
        asyncio.get_running_loop().call_later(self.latency, self.answer, 201, answer)

    def answer(self, status, text):
        head = f"HTTP/1.1 {status} OK\r\nContent-Type: application/json\r\n"
        self.transport.write(f"{head}Content-Length: {len(text)}\r\n\r\n{text}".encode())


class Mail(asyncio.Protocol):
    """Enough of SMTP to take a letter."""

    latency = 0.0
    received = b""
    in_letter = False
    to = ""

    def connection_made(self, transport):
        self.transport = transport
        self.say("220 ready")

    def say(self, text):
        self.transport.write(text.encode() + b"\r\n")

    def data_received(self, data):
        self.received += data
        while True:
            line, found, rest = self.received.partition(b"\r\n.\r\n" if self.in_letter else b"\r\n")
            if not found:
                return
            self.received = rest
            if self.in_letter:
                self.in_letter = False
                arrivals.append(("email", self.to, time.time()))
                asyncio.get_running_loop().call_later(self.latency, self.say, "250 taken")
            else:
                self.command(line.decode())

    def command(self, line):
        verb = line[:4].upper()
        if verb == "RCPT":
            self.to = line.partition("<")[2].partition(">")[0]
        self.in_letter = verb == "DATA"
        self.say({"DATA": "354 go on", "QUIT": "221 bye"}.get(verb, "250 ok"))
        if verb == "QUIT":
            self.transport.close()


async def serve(http_port, smtp_port, latency):
    Twilio.latency = Mail.latency = latency
    loop = asyncio.get_running_loop()
    await loop.create_server(Twilio, "127.0.0.1", http_port)
    await loop.create_server(Mail, "127.0.0.1", smtp_port)
    stopped = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stopped.set)
    await stopped.wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
