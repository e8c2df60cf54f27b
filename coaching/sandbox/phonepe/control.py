"""The remote control of the payments: be the payer or the bank, forge webhooks, read the ledger."""

import json

from starlette.routing import Route

from coaching.sandbox.control import told
from coaching.sandbox.phonepe import notices, orders, refunds, tokens

ORDERS = """SELECT merchant_order_id, order_id, amount AS amount_paise, state, error_code,
    detailed_error_code, request, created_at, expire_at,
    CASE state WHEN 'COMPLETED' THEN amount ELSE 0 END AS paid_paise,
    (SELECT coalesce(sum(amount), 0) FROM refunds WHERE state = 'COMPLETED'
        AND refunds.merchant_order_id = orders.merchant_order_id) AS refunded_paise
    FROM orders"""
TRANSACTIONS = """SELECT transaction_id, merchant_order_id, mode, amount AS amount_paise, state,
    error_code, detailed_error_code, updated_at FROM attempts"""
REFUNDS = """SELECT merchant_refund_id, refund_id, merchant_order_id, amount AS amount_paise, state,
    error_code, detailed_error_code, created_at, updated_at FROM refunds"""


async def ledger(world, request, sent):
    """The truth, whatever was told: what every order was paid and given back, in paise."""
    listed = _listed(world, ORDERS)
    return {
        "orders": listed,
        "transactions": _listed(world, TRANSACTIONS),
        "refunds": _listed(world, REFUNDS),
        "paid_paise": sum(order["paid_paise"] for order in listed),
        "refunded_paise": sum(order["refunded_paise"] for order in listed),
    }


def _listed(world, sql, name=None):
    where, values = (" WHERE merchant_order_id = ?", [name]) if name else ("", [])
    rows = [dict(row) for row in world.store.all(f"{sql}{where} ORDER BY id", *values)]
    for row in rows:
        if "request" in row:
            row["request"] = json.loads(row["request"])
    return rows


async def show_order(world, request, sent):
    name = request.path_params["name"]
    if orders.find(world, name) is None:
        raise KeyError(name)
    return _listed(world, ORDERS, name)[0] | {
        "transactions": _listed(world, TRANSACTIONS, name),
        "refunds": _listed(world, REFUNDS, name),
    }


async def act_on_order(world, request, sent):
    """`do` with its options as orders.act takes them, `tell` as orders.tell does, or both."""
    name = request.path_params["name"]
    if "tell" in sent:
        orders.tell(world, name, sent.pop("tell"))
    if sent:
        orders.act(world, name, sent.pop("do", None), **sent)
    return await show_order(world, request, sent)


async def show_refund(world, request, sent):
    refund = refunds.find(world, request.path_params["name"])
    if refund is None:
        raise KeyError(request.path_params["name"])
    rows = _listed(world, REFUNDS, refund["merchant_order_id"])
    return next(row for row in rows if row["refund_id"] == refund["refund_id"])


async def act_on_refund(world, request, sent):
    refunds.act(world, request.path_params["name"], sent.get("do"), sent.get("code"))
    return await show_refund(world, request, sent)


async def send_webhook(world, request, sent):
    """Any webhook at once: `body` (JSON or text), `authorization` (else the right hash),
    `headers`, `method`. Answers once the product has."""
    body = sent.pop("body", "")
    answer = await notices.post(world, None, body, **sent)
    return {"webhook_status": answer.status, "webhook_text": answer.text, "error": answer.error}


async def expire_tokens(world, request, sent):
    tokens.expire_all(world)
    return {"ok": True}


BASE = "/control/phonepe"
routes = [
    Route(f"{BASE}/ledger", told(ledger)),
    Route(f"{BASE}/orders/{{name}}", told(act_on_order), methods=["POST"]),
    Route(f"{BASE}/orders/{{name}}", told(show_order)),
    Route(f"{BASE}/refunds/{{name}}", told(act_on_refund), methods=["POST"]),
    Route(f"{BASE}/refunds/{{name}}", told(show_refund)),
    Route(f"{BASE}/webhooks", told(send_webhook), methods=["POST"]),
    Route(f"{BASE}/tokens/expiry", told(expire_tokens), methods=["POST"]),
]
