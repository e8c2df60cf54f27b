"""One request to the API from arrival to answer: logged, authenticated, made to fail on demand."""

import asyncio
import base64
import hmac
import json
from urllib.parse import parse_qsl

from starlette.responses import Response

from coaching.sandbox.faults import NoAnswer
from coaching.sandbox.numbers import bare
from coaching.sandbox.times import now
from coaching.sandbox.twilio import refusal
from coaching.sandbox.twilio.refusal import Refused


class Exchange:
    """What a handler needs to know about the request it answers."""

    def __init__(self, world, request, pairs, fault):
        self.world, self.pairs, self.fault = world, pairs, fault
        self.path_params = request.path_params
        self.sid = None  # set by the handler once something was accepted

    @property
    def fails_later_with(self):
        return self.fault.code if self.fault and self.fault.what == "fail_later" else None


def endpoint(handle, *, kind="request", target=None):
    """A Starlette view around `handle(exchange) -> (status, body)`, which may raise Refused.

    `target` names the faults that apply; `kind` is what the log calls it.
    """

    async def view(request):
        arrived_at, world = now(), request.app.state.world
        is_form = request.method == "POST"
        text = (await request.body()).decode("utf-8", "replace")
        if not is_form:
            text = request.url.query
        is_json = request.headers.get("content-type", "").startswith("application/json")
        pairs = [] if is_json and is_form else parse_qsl(text, keep_blank_values=True)
        to, sender = _field(pairs, "To"), _field(pairs, "From")
        fault = world.faults.take(target, to, bare(to)) if target else None
        row = world.record(
            kind,
            at=arrived_at,
            method=request.method,
            path=request.url.path,
            direction="outbound-api" if kind != "request" else None,
            number=bare(to) or None,
            recipient=to or None,
            sender=sender or None,
            form=_logged(pairs) if not is_json else text,
        )
        exchange = Exchange(world, request, text if is_json else pairs, fault)
        status, body = await _answered(exchange, request, handle, kind, row)
        response = await _as_the_fault_wants(fault, status, body, world)
        shown = None if isinstance(response, NoAnswer) else response.status_code
        world.store.update("log", "id", row, answered_at=now(), status=shown, sid=exchange.sid)
        return response

    return view


async def _answered(exchange, request, handle, kind, row):
    """(status, body) as they are without the fault; marks in the log whether it was accepted."""
    world, fault = exchange.world, exchange.fault
    try:
        _authenticate(world, request)
        if fault and fault.is_before:
            raise _fault_refusal(fault)
        status, body = await handle(exchange)
    except Refused as no:
        world.store.update("log", "id", row, accepted=False, code=no.code)
        if no.status == 400 and not (fault and fault.is_before):
            world.record(
                "violation",
                method=request.method,
                path=request.url.path,
                status=no.status,
                number=bare(_field(exchange.pairs, "To")) or None,
                recipient=_field(exchange.pairs, "To") or None,
                form=_logged(exchange.pairs),
                code=no.code,
                detail=no.message,
            )
        return no.status, no.body
    world.store.update("log", "id", row, accepted=True, sid=exchange.sid)
    if kind != "request":
        world.hub.changed()
    if latency := world.behaviour["latency_ms"]:
        await asyncio.sleep(latency / 1000)
    return status, body


async def _as_the_fault_wants(fault, status, body, world):
    what = fault.what if fault else ""
    if what.startswith("reset"):
        return NoAnswer()
    if what.startswith("hang"):
        return NoAnswer(fault.seconds)
    if what == "500_after":
        status, body = 500, Refused(refusal.SERVER, "Internal error", 500).body
    text = json.dumps(body)
    if what == "bad_json":
        text = text[: len(text) // 2]
    headers = {"Retry-After": str(fault.retry_after)} if what == "429" else {}
    return Response(text, status, headers, media_type="application/json")


def _fault_refusal(fault):
    if fault.what == "429":
        return Refused(refusal.TOO_MANY, "Too many requests", 429)
    if fault.what == "401":
        return refusal.unauthenticated()
    if fault.what == "error":
        return Refused(fault.code, "Refused on demand", fault.status)
    return Refused(refusal.SERVER, "Internal error", 500)


def _authenticate(world, request):
    config = world.config
    pair = f"{config.account_sid}:{config.auth_token}".encode()
    wanted = "Basic " + base64.b64encode(pair).decode()
    given = request.headers.get("authorization", "")
    if not hmac.compare_digest(wanted.encode(), given.encode()):
        raise refusal.unauthenticated()
    account = request.path_params.get("account")
    if account is not None and account != config.account_sid:
        raise refusal.not_found(request.url.path)


def _field(pairs, name):
    return next((value for key, value in pairs if key == name), "") if pairs != "" else ""


def _logged(pairs):
    """Form fields as an object; what was sent more than once as a list."""
    if isinstance(pairs, str):
        return pairs
    form = {}
    for name, value in pairs:
        form.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in form.items()}
