"""The life of an order: PENDING until somebody pays or declines, or its time is up.

A slow payment may still arrive after FAILED: then the order is COMPLETED all the same, as it
happens with PhonePe. No order is ever paid twice. Money is paise, moments are milliseconds.
"""

import json
import secrets
from datetime import datetime

from coaching.sandbox.phonepe import bodies, notices
from coaching.sandbox.times import IST, now

LIVES = 1200  # seconds, unless the order says expireAfter
LATE = 8  # seconds after which a slow payment arrives
USUAL_MODE = "UPI_INTENT"
DECLINED, WRONG_PIN = ("PAYMENT_ERROR", "ZA"), ("INVALID_MPIN", "ZM")
EXPIRED = ("TXN_NOT_COMPLETED", "ORDER_EXPIRED")
OVERTAKEN = ("TXN_NOT_COMPLETED", "TXN_AUTO_FAILED")
NO_ERROR = (None, None)
TOLD = {"amount": int, "state": str, "orderId": str, "paymentMode": str}


def fresh_id(prefix):
    """As PhonePe's look: prefix, time of day in India, then what nobody can guess."""
    at = datetime.now(IST)
    return f"{prefix}{at:%y%m%d%H%M%S}{at.microsecond // 1000:03}{secrets.randbelow(10**8):08}"


def find(world, name):
    """The order of a merchantOrderId, or None."""
    return world.store.one("SELECT * FROM orders WHERE merchant_order_id = ?", name)


def accept(world, request):
    """Stores a checked request whose merchantOrderId is new. Returns the order.

    Its time passes at the sandbox's pace, and expireAt is told accordingly.
    """
    at, name = now(), request["merchantOrderId"]
    seconds = request.get("expireAfter", LIVES) * world.config.pace
    world.store.insert(
        "orders",
        merchant_order_id=name,
        order_id=fresh_id("OMO"),
        amount=request["amount"],
        state="PENDING",
        request=request,
        created_at=at,
        expire_at=at + round(seconds * 1000),
        updated_at=at,
    )
    order = find(world, name)
    world.spawn(expire_in_time(world, order))
    return order


def act(world, name, do, *, mode=USUAL_MODE, code=None, seconds=LATE):
    """What a payer, or time, does to an order: pay, decline, fail_attempt, expire or pay_late.

    `code` replaces the detailedErrorCode of decline and fail_attempt; `seconds` are those of
    pay_late. Raises KeyError for an unknown order, ValueError for what cannot be done (any more).
    """
    order = find(world, name)
    if order is None:
        raise KeyError(name)
    if do not in {"pay", "decline", "fail_attempt", "expire", "pay_late"}:
        raise ValueError("do is one of pay, decline, fail_attempt, expire, pay_late")
    if order["state"] == "COMPLETED" or (order["state"] != "PENDING" and do != "pay_late"):
        raise ValueError(f"the order is {order['state']}")
    if do == "pay_late":
        _promise(world, order, mode, seconds)
    elif do == "pay":
        _pay(world, order, mode)
    elif do == "expire":
        _fail(world, order, EXPIRED)
    elif do == "decline":
        _fail(world, order, (DECLINED[0], code or DECLINED[1]), mode)
    else:
        _fail_attempt(world, order, (WRONG_PIN[0], code or WRONG_PIN[1]), mode)


def tell(world, name, lies):
    """From now on the API and the webhooks say this of the order instead of the truth."""
    if find(world, name) is None:
        raise KeyError(name)
    for field, value in lies.items():
        if type(value) is not TOLD.get(field):
            raise ValueError(f"tell takes {', '.join(sorted(TOLD))}; amount in paise")
    world.store.update("orders", "merchant_order_id", name, told=lies)


async def expire_in_time(world, order):
    await world.until(order["expire_at"])
    order = find(world, order["merchant_order_id"])
    if order["state"] == "PENDING":
        _fail(world, order, EXPIRED)


async def arrive(world, attempt):
    """A slow payment lands, whatever became of its order meanwhile."""
    await world.until(attempt["due_at"])
    order = find(world, attempt["merchant_order_id"])
    if order["state"] == "COMPLETED":
        _move(world, "attempts", attempt["id"], "FAILED", OVERTAKEN)
        return
    with world.store.together():
        _move(world, "attempts", attempt["id"], "COMPLETED")
        _move(world, "orders", order["id"], "COMPLETED")
    _announce(world, order)


def _pay(world, order, mode):
    with world.store.together():
        _attempt(world, order, mode, "COMPLETED")
        _move(world, "orders", order["id"], "COMPLETED")
    _announce(world, order)


def _promise(world, order, mode, seconds):
    due_at = now() + round(seconds * world.config.pace * 1000)
    number = _attempt(world, order, mode, "PENDING", due_at=due_at)
    world.hub.changed()
    world.spawn(arrive(world, world.store.one("SELECT * FROM attempts WHERE id = ?", number)))


def _fail_attempt(world, order, why, mode):
    """The order stays open for another try, unless the merchant asked for no retry."""
    if json.loads(order["request"]).get("disablePaymentRetry"):
        _fail(world, order, why, mode)
        return
    _attempt(world, order, mode, "FAILED", why)
    _announce(world, order)


def _fail(world, order, why, mode=None):
    """Ends an order unpaid; with a mode, by an attempt that failed."""
    earlier = []
    with world.store.together():
        if mode:
            _attempt(world, order, mode, "FAILED", why)
            earlier = [bodies.order_webhook(world, order)]  # while it is still PENDING
        _move(world, "orders", order["id"], "FAILED", why)
    _announce(world, order, earlier)


def _attempt(world, order, mode, state, why=NO_ERROR, due_at=None):
    return world.store.insert(
        "attempts",
        transaction_id=fresh_id("OM"),
        merchant_order_id=order["merchant_order_id"],
        mode=mode,
        amount=order["amount"],
        state=state,
        error_code=why[0],
        detailed_error_code=why[1],
        due_at=due_at,
        updated_at=now(),
    )


def _move(world, table, number, state, why=NO_ERROR):
    errors = {"error_code": why[0], "detailed_error_code": why[1]}
    world.store.update(table, "id", number, state=state, updated_at=now(), **errors)


def _announce(world, order, earlier=()):
    """Tells the open pages, and the product by webhook, what the order has become."""
    world.hub.changed()
    name = order["merchant_order_id"]
    order = find(world, name)
    news = [*earlier, bodies.order_webhook(world, order)]
    world.spawn(notices.tell(world, name, news, is_last=order["state"] != "PENDING"))
