"""How a request to PhonePe reads, who may ask, and the shape of a refusal."""

import json
from urllib.parse import parse_qsl

from coaching.sandbox.exchange import Provider, Reading
from coaching.sandbox.phonepe import refusal, tokens

NAMES = ("merchantRefundId", "merchantOrderId", "originalMerchantOrderId")


class PhonePe(Provider):
    refused = refusal.Refused
    too_many, server_error = refusal.TOO_MANY, refusal.SERVER

    def read(self, request, text, kind):
        """A handler gets the body's JSON, or None where there is none that PhonePe would read."""
        if request.method != "POST":
            names = tuple(request.path_params.values())
            query = dict(request.query_params)
            return Reading(None, {"recipient": names[0], "form": query}, names)
        is_json = request.headers.get("content-type", "").startswith("application/json")
        try:
            sent = json.loads(text) if is_json else None
            json.dumps(sent, ensure_ascii=False).encode()  # half a surrogate pair cannot be kept
        except (ValueError, RecursionError):
            sent = None
        said = sent if isinstance(sent, dict) else {}
        names = tuple(said[name] for name in NAMES if isinstance(said.get(name), str))
        return Reading(sent, {"recipient": names[0] if names else None, "form": text}, names)

    def authenticate(self, world, request):
        tokens.check(world, request.headers.get("authorization", ""))

    def unauthenticated(self):
        return refusal.unauthenticated()


class TokenService(PhonePe):
    """The form with the credentials is itself what has to be checked."""

    def read(self, request, text, kind):
        form = dict(parse_qsl(text, keep_blank_values=True))
        logged = {name: value for name, value in form.items() if name != "client_secret"}
        return Reading(form, {"form": logged})

    def authenticate(self, world, request):
        pass

    def unauthenticated(self):
        return refusal.NoClient()


endpoint = PhonePe().endpoint
token_endpoint = TokenService().endpoint
