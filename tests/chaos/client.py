"""The people and tools outside: they post an enquiry, try again when no answer came, and remember
what they were told."""

import itertools
import re
import threading
import time
import uuid
from dataclasses import dataclass, field

import httpx

STAMP_SECONDS = 0.7  # nobody fills in a form faster
_numbers = itertools.count(9_876_500_000)


def new_phone():
    """A mobile number nobody has used yet in this run."""
    return f"+91{next(_numbers)}"


@dataclass
class Enquiry:
    """One enquiry as the sender sees it: what was posted, and every answer to it."""

    phone: str
    email: str = ""
    key: str = field(default_factory=lambda: str(uuid.uuid4()))
    answers: list = field(default_factory=list)  # statuses; 0 where no answer came
    ids: set = field(default_factory=set)
    seconds: float = 0  # of the last post

    @property
    def is_acknowledged(self):
        return bool(self.ids)


class Client:
    def __init__(self, house):
        self.url = house.url
        self.enquiries = []
        self._lock = threading.Lock()
        limits = httpx.Limits(max_keepalive_connections=0)  # each visitor comes anew
        self._http = httpx.Client(timeout=15, limits=limits)

    def post(self, enquiry):
        """Post once; returns the status, 0 without an answer."""
        began = time.monotonic()
        try:
            answer = self._http.post(
                f"{self.url}/public/leads",
                json={
                    "name": "Asha Rao",
                    "phone": enquiry.phone,
                    "email": enquiry.email,
                    "consent": True,
                },
                headers={"Idempotency-Key": enquiry.key},
            )
            status = answer.status_code
        except httpx.TransportError:
            status = 0
        enquiry.seconds = time.monotonic() - began
        enquiry.answers.append(status)
        if status in (200, 201):
            enquiry.ids.add(answer.json()["id"])
        return status

    def new(self, *, phone=None, email=False):
        phone = phone or new_phone()
        enquiry = Enquiry(phone, email=f"p{phone[1:]}@example.com" if email else "")
        with self._lock:
            self.enquiries.append(enquiry)
        return enquiry

    def enquire(self, *, email=False, seconds=60):
        """Post one new enquiry, again and again under its key until it is acknowledged."""
        enquiry = self.new(email=email)
        self.insist(enquiry, seconds)
        return enquiry

    def insist(self, enquiry, seconds=60):
        deadline, wait = time.monotonic() + seconds, 0.1
        while self.post(enquiry) not in (200, 201):
            if time.monotonic() > deadline:
                raise AssertionError(f"never acknowledged: {enquiry}")
            time.sleep(wait)
            wait = min(2 * wait, 2)

    @property
    def acknowledged(self):
        return [enquiry for enquiry in self.enquiries if enquiry.is_acknowledged]

    def open_form(self):
        """What the page hides in its form, once a person has had the time to fill it in."""
        page = self._http.get(f"{self.url}/").text
        time.sleep(STAMP_SECONDS)
        return dict(re.findall(r'name="(uuid|stamp)" value="([^"]+)"', page))

    def send_form(self, hidden, phone):
        """Press the button of the page once; returns the status, 0 without an answer."""
        form = {"name": "Asha Rao", "phone": phone, "consent": "on", **hidden}
        try:
            return self._http.post(f"{self.url}/enquiries/", data=form).status_code
        except httpx.TransportError:
            return 0
