"""Requests the stand-in makes to the product, each kept in the log with what came back."""

import base64
import hashlib
import hmac
import random
import uuid
from dataclasses import dataclass
from urllib.parse import urldefrag, urlencode

from coaching.sandbox.client import Client, NoAnswer, NoConnection
from coaching.sandbox.times import now

CALLBACK_SECONDS = 5
DOCUMENT_SECONDS = 15
AGENT = "TwilioProxy/1.1"


@dataclass(frozen=True)
class Answer:
    """status is None when nobody answered; then `error` says why."""

    status: int | None
    text: str = ""
    error: str = ""

    @property
    def is_ok(self):
        return self.status is not None and 200 <= self.status < 300


def sign(auth_token, url, params):
    """X-Twilio-Signature of a form POST (params) or of a GET (params empty, all in the URL)."""
    signed = url + "".join(name + params[name] for name in sorted(params))
    digest = hmac.new(auth_token.encode(), signed.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def out_of_order(items):
    """The same items in any order but this one."""
    mixed = list(items)
    while len(mixed) > 1 and mixed == list(items):
        random.shuffle(mixed)
    return mixed


class Webhooks:
    def __init__(self, world):
        self._world = world
        self._client = Client()

    async def send(self, url, params, *, sid, number, method="POST", seconds=CALLBACK_SECONDS):
        """One request signed the way Twilio signs. Never raises."""
        url = urldefrag(url).url  # a fragment configures Twilio; it is neither sent nor signed
        body = params
        if method == "GET":
            url += ("&" if "?" in url else "?") + urlencode(params)
            body = {}
        headers = {
            "X-Twilio-Signature": sign(self._world.config.auth_token, url, body),
            "I-Twilio-Idempotency-Token": str(uuid.uuid4()),
            "User-Agent": AGENT,
        }
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        logged = {
            "sid": sid,
            "number": number,
            "recipient": params.get("To"),
            "sender": params.get("From"),
            "form": params,
        }
        return await self.deliver(
            "callback", method, url, headers, urlencode(body).encode(), seconds, logged
        )

    async def deliver(self, kind, method, url, headers, body, seconds, logged):
        """One request, tried once more only when no connection came about. Never raises."""
        asked_at = now()
        answer = await self._answer(method, url, headers, body, seconds)
        self._world.record(
            kind,
            at=asked_at,
            answered_at=now(),
            method=method,
            path=url,
            status=answer.status,
            accepted=answer.is_ok,
            detail=answer.error or None,
            **logged,
        )
        return answer

    async def _answer(self, method, url, headers, body, seconds):
        try:
            try:
                found = await self._client.request(method, url, headers, body, seconds)
            except NoConnection:
                found = await self._client.request(method, url, headers, body, seconds)
        except NoConnection as error:
            return Answer(None, error=f"no connection: {error}")
        except NoAnswer as error:
            return Answer(None, error=str(error))
        return Answer(*found)

    def close(self):
        self._client.close()
