"""One request to a provider's API from arrival to answer: logged, authenticated, made to fail.

What sets one provider apart from another is a Provider: how a request reads, who may ask, and how
a refusal looks.
"""

import asyncio
import json
from dataclasses import dataclass, field

from starlette.responses import Response

from coaching.sandbox.faults import NoAnswer
from coaching.sandbox.times import now


class Refused(Exception):
    """Becomes an error answer; each provider's own subclass gives it a `body`."""

    def __init__(self, code, message, status=400):
        super().__init__(message)
        self.code, self.message, self.status = code, message, status

    @property
    def is_violation(self):
        """True when the product asked for what it should have known to be refused."""
        return self.status == 400


@dataclass(frozen=True)
class Reading:
    """What a provider makes of a request."""

    sent: object  # what the handler gets
    logged: dict = field(default_factory=dict)  # columns of the log
    addresses: tuple = ()  # what the `to` of a fault may name


class Exchange:
    """What a handler needs to know about the request it answers."""

    def __init__(self, world, request, sent, fault):
        self.world, self.request, self.sent, self.fault = world, request, sent, fault
        self.path_params = request.path_params
        self.sid = None  # set by the handler: what was accepted or asked for

    @property
    def fails_later_with(self):
        return self.fault.code if self.fault and self.fault.what == "fail_later" else None


class Provider:
    """Subclasses set the refusal of each kind of fault, and what each of these methods says."""

    refused = Refused
    too_many = server_error = None  # codes

    def read(self, request, text, kind):
        """The Reading of a request; it must not raise, for it comes before the log."""
        raise NotImplementedError

    def authenticate(self, world, request):
        """Raises Refused."""
        raise NotImplementedError

    def unauthenticated(self):
        """The Refused of wrong credentials."""
        raise NotImplementedError

    def endpoint(self, handle, *, kind="request", target=None):
        """A Starlette view around `handle(exchange) -> (status, body)`, which may raise Refused.

        `target` names the faults that apply; `kind` is what the log calls it.
        """

        async def view(request):
            arrived_at, world = now(), request.app.state.world
            text = (await request.body()).decode("utf-8", "replace")
            reading = self.read(request, text, kind)
            fault = world.faults.take(target, *reading.addresses) if target else None
            asked = {"method": request.method, "path": request.url.path, **reading.logged}
            row = world.record(kind, at=arrived_at, **asked)
            exchange = Exchange(world, request, reading.sent, fault)
            status, body = await self._answered(exchange, handle, row, asked)
            response = await self._as_the_fault_wants(fault, status, body)
            shown = None if isinstance(response, NoAnswer) else response.status_code
            world.store.update("log", "id", row, answered_at=now(), status=shown, sid=exchange.sid)
            return response

        return view

    async def _answered(self, exchange, handle, row, asked):
        """(status, body) as they are without the fault; the log learns whether it was accepted."""
        world, fault = exchange.world, exchange.fault
        is_on_demand = bool(fault and fault.is_before)
        try:
            self.authenticate(world, exchange.request)
            if is_on_demand:
                raise self._refusal(fault)
            status, body = await handle(exchange)
        except Refused as no:
            world.store.update("log", "id", row, accepted=False, code=no.code)
            if no.is_violation and not is_on_demand:
                said = {name: value for name, value in asked.items() if name != "direction"}
                world.record("violation", **said, status=no.status, code=no.code, detail=no.message)
            return no.status, no.body
        world.store.update("log", "id", row, accepted=True, sid=exchange.sid)
        if exchange.sid and exchange.request.method == "POST":
            world.hub.changed()
        if latency := world.behaviour["latency_ms"]:
            await asyncio.sleep(latency / 1000)
        return status, body

    async def _as_the_fault_wants(self, fault, status, body):
        what = fault.what if fault else ""
        if what.startswith("reset"):
            return NoAnswer()
        if what.startswith("hang"):
            return NoAnswer(fault.seconds)
        if what == "500_after":
            status, body = 500, self._failure().body
        text = json.dumps(body)
        if what == "bad_json":
            text = text[: len(text) // 2]
        headers = {"Retry-After": str(fault.retry_after)} if what == "429" else {}
        return Response(text, status, headers, media_type="application/json")

    def _refusal(self, fault):
        if fault.what == "429":
            return self.refused(self.too_many, "Too many requests", 429)
        if fault.what == "401":
            return self.unauthenticated()
        if fault.what == "error":
            return self.refused(fault.code, "Refused on demand", fault.status)
        return self._failure()

    def _failure(self):
        return self.refused(self.server_error, "Internal error", 500)
