"""Webhooks, as unreliable as a test wants them.

Each carries the one constant hash that PhonePe sends, which says nothing about its body. What is
not answered with 2xx is sent again a few times; a webhook that the death of the sandbox caught on
its way is lost, as PhonePe says it may be.
"""

import asyncio
import json
from copy import deepcopy

from coaching.sandbox.phonepe import bodies
from coaching.sandbox.webhooks import CALLBACK_SECONDS, out_of_order

RETRIES = (5, 15, 45)  # seconds from one try to the next
AGENT = "PhonePe-Webhook/2"


async def tell(world, sid, news, *, is_last):
    """Sends the webhooks of one order or refund; with `shuffle` all wait until its last."""
    how = world.behaviour["phonepe"]
    if how["lose"]:
        return
    if how["shuffle"]:
        kept_back = world.kept_back.setdefault(sid, [])
        kept_back += news
        if not is_last:
            return
        news = out_of_order(world.kept_back.pop(sid))
    if how["delay_ms"]:
        await asyncio.sleep(how["delay_ms"] / 1000)
    for body in news:
        if how["forge"]:
            await _forge(world, sid, body, how["forge"])
        for _ in range(how["times"]):
            if not (await post(world, sid, body)).is_ok:
                world.spawn(_again(world, sid, body))


async def post(world, sid, body, *, authorization=None, headers=None, method="POST"):
    """One webhook, now. `body` is text or becomes JSON. Returns the Answer; never raises."""
    config = world.config
    text = body if isinstance(body, str) else json.dumps(body)
    sent = {
        "Content-Type": "application/json",
        "User-Agent": AGENT,
        "Authorization": authorization or config.phonepe.webhook_authorization,
    }
    return await world.webhooks.deliver(
        "webhook",
        method,
        config.phonepe_webhook_url,
        sent | (headers or {}),
        text.encode(),
        CALLBACK_SECONDS,
        {"sid": sid, "recipient": sid, "form": text},
    )


async def _again(world, sid, body):
    for seconds in RETRIES:
        await world.wait(seconds)
        if (await post(world, sid, body)).is_ok:
            return


async def _forge(world, sid, body, what):
    """A webhook that PhonePe did not send: a wrong hash, or the leaked right one over a lie."""
    false = deepcopy(body)
    if what == "hash":
        await post(world, sid, false, authorization="0" * 64)
        return
    payload = false.get("payload", false)
    payload["state"], payload["amount"] = "COMPLETED", payload["amount"] + 100
    is_refund = body["event"] in bodies.REFUND_EVENTS.values()
    false["event"] = (bodies.REFUND_EVENTS if is_refund else bodies.ORDER_EVENTS)["COMPLETED"]
    await post(world, sid, false)
