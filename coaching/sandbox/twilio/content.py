"""The Content API: registering message templates. WhatsApp approves them at once here."""

import json

from starlette.routing import Route

from coaching.sandbox.times import iso, now
from coaching.sandbox.twilio.exchange import endpoint
from coaching.sandbox.twilio.refusal import Refused, not_found
from coaching.sandbox.twilio.templates import register

CATEGORIES = {"UTILITY", "MARKETING", "AUTHENTICATION"}


async def create_content(exchange):
    sent = _json_object(exchange.sent)
    sid = register(
        exchange.world.store,
        sent.get("friendly_name"),
        sent.get("language"),
        sent.get("variables"),
        sent.get("types"),
    )
    exchange.sid = sid
    return 201, _content_body(exchange.world, _row(exchange.world, sid))


async def list_contents(exchange):
    world = exchange.world
    rows = world.store.all("SELECT * FROM contents ORDER BY created_at DESC, sid")
    return 200, {
        "contents": [_content_body(world, row) for row in rows],
        "meta": {
            "page": 0,
            "page_size": max(len(rows), 50),
            "first_page_url": f"{_base(world)}?Page=0",
            "previous_page_url": None,
            "url": f"{_base(world)}?Page=0",
            "next_page_url": None,
            "key": "contents",
        },
    }


async def fetch_content(exchange):
    row = _row(exchange.world, exchange.path_params["sid"])
    return 200, _content_body(exchange.world, row)


async def ask_approval(exchange):
    world, row = exchange.world, _row(exchange.world, exchange.path_params["sid"])
    sent = _json_object(exchange.sent)
    name, category = sent.get("name"), sent.get("category")
    if not name or category not in CATEGORIES:
        raise Refused(20001, f"name and a category out of {sorted(CATEGORIES)} are required")
    approval = {
        "category": category,
        "status": "approved",
        "name": name,
        "content_type": next(iter(json.loads(row["types"]))),
        "rejection_reason": "",
        "allow_category_change": True,
    }
    world.store.update("contents", "sid", row["sid"], approval=approval, updated_at=now())
    return 201, approval


async def fetch_approval(exchange):
    world, row = exchange.world, _row(exchange.world, exchange.path_params["sid"])
    return 200, {
        "sid": row["sid"],
        "account_sid": world.config.account_sid,
        "whatsapp": json.loads(row["approval"]) or {"status": "unsubmitted"},
        "url": f"{_base(world)}/{row['sid']}/ApprovalRequests",
    }


def _json_object(text):
    try:
        sent = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        sent = None
    if not isinstance(sent, dict):
        raise Refused(20001, "a JSON object is required")
    return sent


def _row(world, sid):
    row = world.store.one("SELECT * FROM contents WHERE sid = ?", sid)
    if row is None:
        raise not_found(sid)
    return row


def _base(world):
    return f"http://127.0.0.1:{world.config.port}/v1/Content"


def _content_body(world, row):
    url = f"{_base(world)}/{row['sid']}"
    return {
        "sid": row["sid"],
        "account_sid": world.config.account_sid,
        "friendly_name": row["friendly_name"],
        "language": row["language"],
        "variables": json.loads(row["variables"]),
        "types": json.loads(row["types"]),
        "date_created": iso(row["created_at"]),
        "date_updated": iso(row["updated_at"]),
        "url": url,
        "links": {
            "approval_create": f"{url}/ApprovalRequests/whatsapp",
            "approval_fetch": f"{url}/ApprovalRequests",
        },
    }


CONTENT = "/v1/Content"
routes = [
    Route(CONTENT, endpoint(create_content), methods=["POST"]),
    Route(CONTENT, endpoint(list_contents)),
    Route(f"{CONTENT}/{{sid}}", endpoint(fetch_content)),
    Route(f"{CONTENT}/{{sid}}/ApprovalRequests/whatsapp", endpoint(ask_approval), methods=["POST"]),
    Route(f"{CONTENT}/{{sid}}/ApprovalRequests", endpoint(fetch_approval)),
]
