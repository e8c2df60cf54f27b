"""The life of a refund: PENDING, CONFIRMED once it was accepted, then COMPLETED or FAILED.

One at a time for each order, never more in all than was paid.
"""

from coaching.sandbox.phonepe import bodies, notices, orders
from coaching.sandbox.phonepe.refusal import INVALID_ORDER, UNKNOWN_ORDER, Refused, bad
from coaching.sandbox.times import now

FAILURE = "PAYMENT_ERROR"
FOLLOWERS = {"PENDING": ("CONFIRMED", "COMPLETED", "FAILED"), "CONFIRMED": ("COMPLETED", "FAILED")}
DOINGS = {"confirm": "CONFIRMED", "complete": "COMPLETED", "fail": "FAILED"}


def find(world, name):
    """The refund of a merchantRefundId, or None."""
    return world.store.one("SELECT * FROM refunds WHERE merchant_refund_id = ?", name)


def accept(world, request, fails_with=None):
    """Stores a well-formed request. Returns the refund. Raises Refused.

    It ends where the behaviour says at this moment; `fails_with` makes it FAIL with that code.
    """
    _check(world, request)
    at, how = now(), world.behaviour["phonepe"]
    ends = "FAILED" if fails_with else how["refund_ends"]
    world.store.insert(
        "refunds",
        merchant_refund_id=request["merchantRefundId"],
        refund_id=orders.fresh_id("OMR"),
        merchant_order_id=request["originalMerchantOrderId"],
        amount=request["amount"],
        state="PENDING",
        ends=ends,
        fate=fails_with or how["refund_error"],
        created_at=at,
        updated_at=at,
    )
    refund = find(world, request["merchantRefundId"])
    world.spawn(run(world, refund))
    world.hub.changed()
    return refund


def _check(world, request):
    name = request["originalMerchantOrderId"]
    order = orders.find(world, name)
    if order is None:
        raise Refused(UNKNOWN_ORDER, f"no order {name}")
    if order["state"] != "COMPLETED":
        raise Refused(INVALID_ORDER, f"the order is {order['state']}, not COMPLETED")
    if find(world, request["merchantRefundId"]):
        raise bad("merchantRefundId was used before")
    earlier = world.store.all("SELECT * FROM refunds WHERE merchant_order_id = ?", name)
    if any(refund["state"] in FOLLOWERS for refund in earlier):
        raise bad("another refund of this order is in progress")
    given_back = sum(refund["amount"] for refund in earlier if refund["state"] == "COMPLETED")
    if given_back + request["amount"] > order["amount"]:
        raise bad("the refunds would exceed the amount that was paid")


async def run(world, refund):
    """Takes a refund on by itself, as far as it was meant to get."""
    name, ends = refund["merchant_refund_id"], refund["ends"]
    way = ("CONFIRMED", "COMPLETED") if ends == "COMPLETED" else (ends,)
    for state in way:
        await world.wait(world.behaviour["phonepe"]["refund_seconds"])
        if state in FOLLOWERS.get(find(world, name)["state"], ()):
            _move(world, name, state, refund["fate"])


def act(world, name, do, code=None):
    """Takes a refund on by hand: confirm, complete or fail. Raises KeyError, ValueError."""
    refund = find(world, name)
    if refund is None:
        raise KeyError(name)
    if do not in DOINGS:
        raise ValueError("do is one of confirm, complete, fail")
    if DOINGS[do] not in FOLLOWERS.get(refund["state"], ()):
        raise ValueError(f"the refund is {refund['state']}")
    _move(world, name, DOINGS[do], code or refund["fate"])


def _move(world, name, state, fate):
    errors = {"error_code": FAILURE, "detailed_error_code": fate} if state == "FAILED" else {}
    world.store.update(
        "refunds", "merchant_refund_id", name, state=state, updated_at=now(), **errors
    )
    world.hub.changed()
    is_flat = world.behaviour["phonepe"]["flat_refunds"]
    news = [bodies.refund_webhook(find(world, name), is_flat=is_flat)]
    world.spawn(notices.tell(world, name, news, is_last=state not in FOLLOWERS))
