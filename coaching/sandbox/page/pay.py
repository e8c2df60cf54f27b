"""The payer's screen: what PhonePe shows between the merchant's page and its return page.

Plain forms only. Whatever the payer does leads back to the merchant, as it does with PhonePe;
opened again after the end, the screen says what became of the order.
"""

import json

from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.routing import Route

from coaching.sandbox.page.forms import read_form
from coaching.sandbox.page.frame import document
from coaching.sandbox.page.markup import Safe, fill, join
from coaching.sandbox.page.money import rupees
from coaching.sandbox.phonepe import bodies, orders
from coaching.sandbox.phonepe.contract import origin_of
from coaching.sandbox.times import clock

STYLE = Safe('<link rel="stylesheet" href="/static/pay.css">')
SCREEN = """<header class="notice"><p><strong>Simulation.</strong> No money moves.</p>
<a href="/payments">All payments</a></header>
<main><article class="till" aria-labelledby="payee">
<header class="payee"><span class="avatar" aria-hidden="true">₹</span>
<div><h1 id="payee">The coaching centre</h1><p>$site</p></div></header>
<p class="sum">$amount</p>
<p class="purpose">$purpose</p>
$rest
</article></main>"""

OPEN = """$news
<form method="post" action="/pay/$order_id">
<fieldset class="modes"><legend>Pay with</legend>$modes</fieldset>
<button name="do" value="pay" class="go">Pay $amount</button>
<button name="do" value="decline" class="stop">Decline</button>
<ul class="endings">
<li><button name="do" value="fail_attempt">Wrong PIN</button>
 <span>This try fails; another one may follow.</span></li>
<li><button name="do" value="leave">Leave open</button>
 <span>Goes back without an end. The order is open until $until.</span></li>
<li><button name="do" value="pay_late">Pay late</button>
 <span>Goes back first; the money arrives $late seconds later.</span></li>
</ul></form>"""
MODE = """<label><input type="radio" name="mode" value="$mode"$checked>
<span>$label <small>$means</small></span></label>"""
MODES = {
    "UPI_INTENT": ("UPI app", "payer@ybl"),
    "UPI_QR": ("QR code", "scanned by a phone"),
    "UPI_COLLECT": ("UPI ID", "a request to payer@ybl"),
    "CARD": ("Card", "4208 …… 6667"),
    "NET_BANKING": ("Net banking", "State Bank"),
}
BUTTONS = {"pay", "decline", "fail_attempt", "leave", "pay_late"}
NEWS = '<p class="news" role="status">$text</p>'

ENDED = """<p class="outcome $state" role="status">$text</p>
$again
$back"""
AGAIN = """<form method="post" action="/pay/$order_id"><ul class="endings">
<li><button name="do" value="pay_late">Pay late</button>
 <span>The money arrives all the same, in $late seconds.</span></li></ul></form>"""
BACK = '<p class="back-to"><a href="$url">Back to the centre</a></p>'
WHY = {
    "ZA": "the payment was declined",
    "ZM": "wrong UPI PIN",
    "ORDER_EXPIRED": "the time to pay is over",
}


async def show(request):
    world, order = request.app.state.world, _order(request)
    if order is None:
        return PlainTextResponse("No such payment.", 404)
    asked = json.loads(order["request"])
    address = _return_address(asked)
    is_open = order["state"] == "PENDING"
    rest = _open(world, order, asked) if is_open else _ended(world, order, address)
    body = fill(
        SCREEN,
        site=(origin_of(address) or "").partition("//")[2],
        amount=rupees(order["amount"]),
        purpose=asked["paymentFlow"].get("message"),
        rest=rest,
    )
    title = f"{'Pay ' if is_open else ''}{rupees(order['amount'])} · Sandbox PhonePe"
    return document(title, body, view="payer", head=STYLE, forms_lead_to=origin_of(address) or "")


def _open(world, order, asked):
    offered = _offered(asked["paymentFlow"].get("paymentModeConfig", {}))
    return fill(
        OPEN,
        order_id=order["order_id"],
        amount=rupees(order["amount"]),
        news=_news(bodies.attempts_of(world, order)),
        modes=join(
            fill(
                MODE,
                mode=mode,
                checked=Safe(" checked") if mode == offered[0] else "",
                label=MODES[mode][0],
                means=MODES[mode][1],
            )
            for mode in offered
        ),
        until=clock(order["expire_at"]),
        late=orders.LATE,
    )


def _news(attempts):
    if not attempts:
        return ""
    last = attempts[-1]
    if last["state"] == "PENDING":
        return fill(NEWS, text="A payment is on its way.")
    return fill(NEWS, text=f"The last try failed: {_why(last)}.")


def _ended(world, order, address):
    if order["state"] == "COMPLETED":
        paid = bodies.attempts_of(world, order)[-1]
        label = MODES.get(paid["mode"], (paid["mode"],))[0]
        text, again = f"Paid by {label}, {clock(paid['updated_at'])}.", ""
    else:
        text = f"Not paid: {_why(order)}."
        again = fill(AGAIN, order_id=order["order_id"], late=orders.LATE)
    return fill(
        ENDED,
        state=order["state"].lower(),
        text=text,
        again=again,
        back=fill(BACK, url=address) if address else "",
    )


async def do(request):
    world, order = request.app.state.world, _order(request)
    sent = await read_form(request)
    if order is None:
        return PlainTextResponse("No such payment.", 404)
    what, mode = sent.get("do"), sent.get("mode", orders.USUAL_MODE)
    if what not in BUTTONS or mode not in MODES:
        return PlainTextResponse("No such button.", 400)
    try:
        if what != "leave":
            orders.act(world, order["merchant_order_id"], what, mode=mode)
        is_back = True
    except ValueError:  # it ended meanwhile, by a second press of the same button or by time
        is_back = order["state"] == "COMPLETED"
    order = _order(request)
    if what == "fail_attempt" and order["state"] == "PENDING":
        is_back = False
    address = _return_address(json.loads(order["request"]))
    return RedirectResponse(address if is_back and address else f"/pay/{order['order_id']}", 303)


def _order(request):
    name = request.path_params["order_id"]
    return request.app.state.world.store.one("SELECT * FROM orders WHERE order_id = ?", name)


def _offered(config):
    """The modes that the merchant's configuration leaves; all of them without one."""
    enabled = {mode["type"] for mode in config.get("enabledPaymentModes", [])} or set(MODES)
    disabled = {mode["type"] for mode in config.get("disabledPaymentModes", [])}
    return [mode for mode in MODES if mode in enabled - disabled] or [orders.USUAL_MODE]


def _return_address(asked):
    return asked["paymentFlow"].get("merchantUrls", {}).get("redirectUrl", "")


def _why(row):
    code = row["detailed_error_code"]
    return WHY.get(code, code)


routes = [
    Route("/pay/{order_id}", show),
    Route("/pay/{order_id}", do, methods=["POST"]),
]
