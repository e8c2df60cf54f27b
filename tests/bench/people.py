"""Visitors, made up from their number in the row: each with a mobile number, a name, an address.

The same number gives the same visitor, everywhere; neighbours in the row are strangers, so that no
limit on neighbouring numbers, prefixes or networks has a reason to act.
"""

import json
from typing import NamedTuple

LETTERS = "abcdefghijklmnopqrstuvwxyz"
COURSE = "foundation"


class Visitor(NamedTuple):
    phone: str
    email: str
    name: str
    ip: str


def visitor(n):
    """The visitor `n` (below 10⁹). Every number that begins with 9 is an Indian mobile number."""
    scattered = n * 618_033_989 % 1_000_000_000
    word = "".join(LETTERS[scattered // 26**power % 26] for power in range(5))
    first, second, third = scattered >> 16 & 255, scattered >> 8 & 255, scattered & 255
    return Visitor(
        phone=f"+919{scattered:09d}",
        email=f"{word}{n}@example.in",
        name=f"{word.title()} Kulkarni",
        ip=f"{60 + first % 100}.{second}.{third}.{1 + n % 250}",
    )


def post(who):
    """One enquiry of the visitor as bytes on the wire, for a kept connection."""
    body = json.dumps(
        {
            "name": who.name, "phone": who.phone, "email": who.email, "consent": True,
            "course": COURSE, "message": "Is there a batch in the evening?", "source": "bench",
        }
    ).encode()  # fmt: skip
    return (
        f"POST /public/leads HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-For: {who.ip}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body


def get(path):
    """One request for a page, as a browser that reads compressed pages sends it."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: gzip\r\n\r\n".encode()
