"""Messages and Calls: create, fetch, list, change."""

import asyncio

from starlette.routing import Route

from coaching.sandbox.twilio import bodies, calls, contract, listing, messages, rules
from coaching.sandbox.twilio.calls import Call
from coaching.sandbox.twilio.exchange import endpoint
from coaching.sandbox.twilio.refusal import Refused, not_found


async def create_message(exchange):
    world = exchange.world
    form = contract.CREATE_MESSAGE.read(exchange.sent)
    text, buttons = rules.check_message(form, world.store)
    with world.store.together():
        sid = messages.accept(world, form, text, buttons, exchange.fails_later_with)
    exchange.sid = sid
    body = bodies.message_body(world, messages.by_sid(world, sid))
    await _begin(world, lambda reported: messages.deliver(world, sid, reported))
    return 201, body


async def create_call(exchange):
    world = exchange.world
    form = contract.CREATE_CALL.read(exchange.sent)
    rules.check_call(form)
    with world.store.together():
        sid = calls.accept(world, form, exchange.fails_later_with)
    exchange.sid = sid
    row = calls.by_sid(world, sid)
    body = bodies.call_body(world, row)
    await _begin(world, Call(world, row, form).run)
    return 201, body


async def _begin(world, run):
    """Starts a life beside the request; `early` holds the answer back until the first callback."""
    if not world.behaviour["callbacks"]["early"]:
        world.spawn(run(None))
        return
    reported = asyncio.Event()
    life = asyncio.ensure_future(run(reported))
    world.keep(life)
    first = asyncio.ensure_future(reported.wait())
    await asyncio.wait({first, life}, return_when=asyncio.FIRST_COMPLETED)
    first.cancel()


async def list_messages(exchange):
    query = contract.LIST_MESSAGES.read(exchange.sent)
    return 200, listing.page(exchange.world, "messages", query, bodies.message_body)


async def list_calls(exchange):
    query = contract.LIST_CALLS.read(exchange.sent)
    return 200, listing.page(exchange.world, "calls", query, bodies.call_body)


async def fetch_message(exchange):
    contract.FETCH_MESSAGE.read(exchange.sent)
    row = _found(messages.by_sid, exchange)
    return 200, bodies.message_body(exchange.world, row)


async def fetch_call(exchange):
    contract.FETCH_CALL.read(exchange.sent)
    row = _found(calls.by_sid, exchange)
    return 200, bodies.call_body(exchange.world, row)


async def update_call(exchange):
    """Ends a call, or gives a call in progress another document."""
    world = exchange.world
    form = contract.UPDATE_CALL.read(exchange.sent)
    row = _found(calls.by_sid, exchange)
    rules.check_call_options(form)
    if unknown := set(form) - {"Status", "Url", "Twiml", "Method"}:
        raise Refused(20001, f"the sandbox does not change {sorted(unknown)} of a call under way")
    line = world.lines.get(row["sid"])
    if line is None:
        raise Refused(21220, "the call is over and cannot be changed")
    if status := form.get("Status"):
        if status == "canceled" and row["status"] == "in-progress":
            raise Refused(21220, "a call in progress is ended with completed, not canceled")
        line.end()
    elif form.get("Url") or form.get("Twiml"):
        if line.state != "talking":
            raise Refused(21220, "the call is not in progress and cannot be redirected")
        line.redirect(
            url=form.get("Url"), twiml=form.get("Twiml"), method=form.get("Method", "POST")
        )
    else:
        raise Refused(20001, "nothing to change: one of Status, Url and Twiml is required")
    return 200, bodies.call_body(world, row)


def _found(by_sid, exchange):
    sid = exchange.path_params["sid"]
    row = by_sid(exchange.world, sid)
    if row is None:
        raise not_found(sid)
    exchange.sid = sid
    return row


ROOT = "/2010-04-01/Accounts/{account}"
MESSAGE = endpoint(create_message, kind="message", target="messages")
CALL = endpoint(create_call, kind="call", target="calls")

routes = [
    Route(f"{ROOT}/Messages.json", MESSAGE, methods=["POST"]),
    Route(f"{ROOT}/Messages.json", endpoint(list_messages, target="list")),
    Route(f"{ROOT}/Messages/{{sid}}.json", endpoint(fetch_message, target="list")),
    Route(f"{ROOT}/Calls.json", CALL, methods=["POST"]),
    Route(f"{ROOT}/Calls.json", endpoint(list_calls, target="list")),
    Route(f"{ROOT}/Calls/{{sid}}.json", endpoint(fetch_call, target="list")),
    Route(f"{ROOT}/Calls/{{sid}}.json", endpoint(update_call), methods=["POST"]),
]
