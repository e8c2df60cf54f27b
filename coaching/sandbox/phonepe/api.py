"""The API's addresses: token, pay, statuses, refunds."""

from starlette.responses import JSONResponse
from starlette.routing import Route

from coaching.sandbox.phonepe import bodies, contract, orders, refunds, refusal, tokens
from coaching.sandbox.phonepe.exchange import endpoint, token_endpoint

BASE = "/phonepe"
EVERY_METHOD = ["GET", "POST", "PUT", "PATCH", "DELETE"]


async def issue_token(exchange):
    return 200, tokens.issue(exchange.world, exchange.sent)


async def pay(exchange):
    order = _accept(exchange, contract.PAY)
    page = f"http://{exchange.request.headers['host']}/pay/{order['order_id']}"
    return 200, _accepted(order) | {"redirectUrl": page}


async def create_sdk_order(exchange):
    order = _accept(exchange, contract.SDK_ORDER)
    return 200, _accepted(order) | {"token": order["order_id"].lower()}


def _accept(exchange, rules):
    world, request = exchange.world, rules.read(exchange.sent)
    exchange.sid = request["merchantOrderId"]
    if orders.find(world, exchange.sid):
        raise refusal.bad("merchantOrderId was used before")
    return orders.accept(world, request)


def _accepted(order):
    return {"orderId": order["order_id"], "state": order["state"], "expireAt": order["expire_at"]}


async def order_status(exchange):
    order = _named(exchange, orders.find, refusal.UNKNOWN_ORDER)
    asked = exchange.request.query_params
    return 200, bodies.order_status(
        exchange.world,
        order,
        details=asked.get("details", "").lower() == "true",
        error_context=asked.get("errorContext", "").lower() == "true",
    )


async def transaction_status(exchange):
    attempt = _named(exchange, _attempt, refusal.UNKNOWN_TRANSACTION)
    order = orders.find(exchange.world, attempt["merchant_order_id"])
    return 200, bodies.transaction_status(order, attempt)


def _attempt(world, name):
    return world.store.one("SELECT * FROM attempts WHERE transaction_id = ?", name)


async def refund(exchange):
    request = contract.REFUND.read(exchange.sent)
    exchange.sid = request["merchantRefundId"]
    row = refunds.accept(exchange.world, request, exchange.fails_later_with)
    return 200, bodies.refund_answer(row)


async def refund_status(exchange):
    row = _named(exchange, refunds.find, refusal.UNKNOWN_REFUND)
    order = orders.find(exchange.world, row["merchant_order_id"])
    return 200, bodies.refund_status(exchange.world, row, order)


def _named(exchange, find, code):
    name = exchange.path_params["name"]
    row = find(exchange.world, name)
    if row is None:
        raise refusal.Unknown(code, f"nothing is known of {name}")
    exchange.sid = name
    return row


async def unmapped(request):
    """What PhonePe says to an address that it does not have: the base address is wrong."""
    no = refusal.bad("Api Mapping Not Found")
    said = {"method": request.method, "path": request.url.path, "status": no.status}
    request.app.state.world.record("violation", **said, code=no.code, detail=no.message)
    return JSONResponse(no.body, no.status)


def _route(path, handle, target, method="GET", door=endpoint):
    view = door(handle, kind="phonepe", target=target)
    return Route(BASE + path, view, methods=[method])


routes = [
    _route("/v1/oauth/token", issue_token, "token", "POST", token_endpoint),
    _route("/checkout/v2/pay", pay, "pay", "POST"),
    _route("/checkout/v2/sdk/order", create_sdk_order, "pay", "POST"),
    _route("/checkout/v2/order/{name}/status", order_status, "status"),
    _route("/checkout/v2/transaction/{name}/status", transaction_status, "status"),
    _route("/payments/v2/refund", refund, "refund", "POST"),
    _route("/payments/v2/refund/{name}/status", refund_status, "refund_status"),
    Route(BASE + "/{path:path}", unmapped, methods=EVERY_METHOD),
]
