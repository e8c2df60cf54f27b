"""The remote control: what tests, fault runs and the page use to steer the simulated world."""

import json

from starlette.responses import JSONResponse
from starlette.routing import Route

from coaching.sandbox import mails, people
from coaching.sandbox.numbers import bare
from coaching.sandbox.twilio import inbound

KINDS = {
    *("message", "call", "mail", "callback", "violation", "error", "request"),
    *("phonepe", "webhook"),  # requests to PhonePe's API, and what it tells the product
}
LIMIT = 100_000


def told(handle):
    """A view around `handle(world, request, sent)`; a ValueError in it is the caller's mistake."""

    async def view(request):
        try:
            raw = await request.body()
            sent = json.loads(raw) if raw else {}
            return JSONResponse(await handle(request.app.state.world, request, sent))
        except (ValueError, TypeError, AttributeError) as error:
            return JSONResponse({"error": str(error)}, 400)
        except KeyError as error:
            return JSONResponse({"error": f"not found: {error.args[0]}"}, 404)

    return view


async def reset(world, request, sent):
    world.reset()
    return {"ok": True}


async def log(world, request, sent):
    """Rows in the order they arrived.

    `to` is a number in any spelling, a mail address, or the merchant's id of an order or refund.
    """
    query = request.query_params
    kind, wanted, values = query.get("kind"), ["1"], []
    if kind:
        if kind not in KINDS:
            raise ValueError(f"kind is one of {', '.join(sorted(KINDS))}")
        if kind == "request":  # every request to the API, whatever it was for
            wanted.append("kind IN ('request', 'message', 'call') AND method IS NOT NULL")
        else:
            wanted.append("kind = ?")
            values.append(kind)
    if to := query.get("to"):
        wanted.append("(recipient = ? COLLATE NOCASE OR number = ?)")
        values += [to, bare(to) if "@" not in to else ""]
    if since := query.get("since"):
        wanted.append("at >= ?")
        values.append(int(since))
    if after := query.get("after"):
        wanted.append("id > ?")
        values.append(int(after))
    rows = world.store.all(
        f"SELECT * FROM log WHERE {' AND '.join(wanted)} ORDER BY id LIMIT ?",  # noqa: S608
        *values,
        int(query.get("limit", LIMIT)),
    )
    return [_shown(row) for row in rows]


def _shown(row):
    shown = dict(row)
    shown["to"], shown["from"] = shown.pop("recipient"), shown.pop("sender")
    if row["accepted"] is not None:
        shown["accepted"] = bool(row["accepted"])
    try:
        shown["form"] = json.loads(row["form"]) if row["form"] else {}
    except ValueError:  # a body that was no JSON is logged as it came
        shown["form"] = row["form"]
    return shown


async def add_faults(world, request, sent):
    world.faults.add(sent if isinstance(sent, list) else [sent])
    return world.faults.listed()


async def list_faults(world, request, sent):
    return world.faults.listed()


async def clear_faults(world, request, sent):
    world.faults.clear()
    return []


async def set_behaviour(world, request, sent):
    world.behave(sent)
    return world.behaviour


async def get_behaviour(world, request, sent):
    return world.behaviour


async def set_phone(world, request, sent):
    return people.change(world, bare(request.path_params["number"]), sent)


async def get_phone(world, request, sent):
    return people.shown(world, bare(request.path_params["number"]))


async def write(world, request, sent):
    """A person writes; answers once the product's webhook has."""
    number = bare(request.path_params["number"])
    body, button = sent.get("body") or "", sent.get("button")
    if not number or not body:
        raise ValueError("a number and a body are required")
    sid = inbound.write(world, number, body, button)
    answer = await inbound.post(world, sid, button)
    return {"sid": sid, "webhook_status": answer.status, "webhook_error": answer.error}


async def act_on_call(world, request, sent):
    heard = people.act(
        world,
        bare(request.path_params["number"]),
        request.path_params["sid"],
        sent.get("do"),
        sent.get("digits") or sent.get("text") or "",
    )
    return {"heard": heard}


async def fetch_call(world, request, sent):
    """A call with its transcript."""
    return people.call_shown(world, request.path_params["sid"])


async def list_mails(world, request, sent):
    """Newest first, taken apart; `to` is a recipient's address."""
    if to := request.query_params.get("to"):
        rows = mails.to_address(world.store, to, LIMIT)
    else:
        rows = world.store.all("SELECT * FROM mails ORDER BY id DESC LIMIT 500")
    return [mails.taken_apart(row) for row in rows]


PHONE = "/control/phones/{number}"
routes = [
    Route("/control/reset", told(reset), methods=["POST"]),
    Route("/control/log", told(log)),
    Route("/control/faults", told(add_faults), methods=["POST"]),
    Route("/control/faults", told(clear_faults), methods=["DELETE"]),
    Route("/control/faults", told(list_faults)),
    Route("/control/behaviour", told(set_behaviour), methods=["POST"]),
    Route("/control/behaviour", told(get_behaviour)),
    Route(PHONE, told(set_phone), methods=["POST"]),
    Route(PHONE, told(get_phone)),
    Route(f"{PHONE}/whatsapp", told(write), methods=["POST"]),
    Route(f"{PHONE}/calls/{{sid}}", told(act_on_call), methods=["POST"]),
    Route("/control/calls/{sid}", told(fetch_call)),
    Route("/control/mails", told(list_mails)),
]
