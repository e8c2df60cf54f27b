"""How a request to Twilio reads, who may ask, and the shape of a refusal."""

import base64
import hmac
from urllib.parse import parse_qsl

from coaching.sandbox.exchange import Provider, Reading
from coaching.sandbox.numbers import bare
from coaching.sandbox.twilio import refusal


class Twilio(Provider):
    refused = refusal.Refused
    too_many, server_error = refusal.TOO_MANY, refusal.SERVER

    def read(self, request, text, kind):
        """A handler gets (name, text) pairs, or the body's text where the API takes JSON."""
        is_form = request.method == "POST"
        if is_form and request.headers.get("content-type", "").startswith("application/json"):
            return Reading(text, {"form": text})
        pairs = parse_qsl(text if is_form else request.url.query, keep_blank_values=True)
        to, sender = _field(pairs, "To"), _field(pairs, "From")
        logged = {
            "direction": "outbound-api" if kind != "request" else None,
            "number": bare(to) or None,
            "recipient": to or None,
            "sender": sender or None,
            "form": _logged(pairs),
        }
        return Reading(pairs, logged, (to, bare(to)))

    def authenticate(self, world, request):
        config = world.config
        pair = f"{config.account_sid}:{config.auth_token}".encode()
        wanted = "Basic " + base64.b64encode(pair).decode()
        given = request.headers.get("authorization", "")
        if not hmac.compare_digest(wanted.encode(), given.encode()):
            raise self.unauthenticated()
        account = request.path_params.get("account")
        if account is not None and account != config.account_sid:
            raise refusal.not_found(request.url.path)

    def unauthenticated(self):
        return refusal.unauthenticated()


endpoint = Twilio().endpoint


def _field(pairs, name):
    return next((value for key, value in pairs if key == name), "")


def _logged(pairs):
    """Form fields as an object; what was sent more than once as a list."""
    form = {}
    for name, value in pairs:
        form.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in form.items()}
