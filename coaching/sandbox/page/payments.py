"""Every order and refund with its state, and the buttons of the payer and of the bank."""

from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.routing import Route

from coaching.sandbox.page.forms import read_form
from coaching.sandbox.page.frame import page
from coaching.sandbox.page.markup import Safe, fill, join
from coaching.sandbox.page.money import rupees
from coaching.sandbox.phonepe import orders, refunds
from coaching.sandbox.times import clock

SHOWN = 100
COLUMN = """<section class="payments" aria-labelledby="payments-title">
<h1 id="payments-title">Payments</h1>
<ol class="payment-list" id="payment-list" data-live>$items</ol>
</section>
"""
NOTHING = Safe("""<li class="empty">No payment yet. Enrol on the centre's site: the order appears
here, and its page asks you to pay.</li>""")
ORDER = """<li id="order-$id"><div class="entry"><strong>$amount</strong>
<span class="state $class">$state</span> <a href="/pay/$order_id">$name</a> <time>$at</time></div>
<form method="post" action="/payments/$name" class="doings">$buttons</form>
<ul>$refunds</ul></li>
"""
REFUND = """<li id="refund-$id"><div class="entry"><strong>− $amount</strong>
<span class="state $class">$state</span> <span>refund $name</span> <time>$at</time></div>
<form method="post" action="/payments/refunds/$name" class="doings">$buttons</form></li>
"""
BUTTON = '<button name="do" value="$do">$label</button>'
ORDER_BUTTONS = {
    "PENDING": {
        "pay": "Pay",
        "decline": "Decline",
        "expire": "Let it expire",
        "pay_late": "Pay late",
    },
    "FAILED": {"pay_late": "Pay late"},
}
REFUND_BUTTONS = {
    "PENDING": {"confirm": "Confirm", "complete": "Complete", "fail": "Fail"},
    "CONFIRMED": {"complete": "Complete", "fail": "Fail"},
}


async def listed(request):
    world = request.app.state.world
    rows = world.store.all("SELECT * FROM orders ORDER BY id DESC LIMIT ?", SHOWN)
    items = join(_order(world, row) for row in rows) or NOTHING
    return page(world, "Payments", fill(COLUMN, items=items), view="mailbox")


def _order(world, row):
    name = row["merchant_order_id"]
    found = world.store.all("SELECT * FROM refunds WHERE merchant_order_id = ? ORDER BY id", name)
    refunded = join(_entry(REFUND, one, one["merchant_refund_id"], REFUND_BUTTONS) for one in found)
    return _entry(ORDER, row, name, ORDER_BUTTONS, order_id=row["order_id"], refunds=refunded)


def _entry(template, row, name, buttons, **more):
    why = row["detailed_error_code"]
    return fill(
        template,
        id=row["id"],
        name=name,
        amount=rupees(row["amount"]),
        state=row["state"] + (f" {why}" if why else ""),
        **{"class": row["state"].lower()},
        at=clock(row["created_at"]),
        buttons=join(
            fill(BUTTON, do=do, label=label) for do, label in buttons.get(row["state"], {}).items()
        ),
        **more,
    )


def _doing(act):
    async def view(request):
        sent = await read_form(request)
        try:
            act(request.app.state.world, request.path_params["name"], sent.get("do"))
        except KeyError:
            return PlainTextResponse("No such payment.", 404)
        except ValueError as error:
            return PlainTextResponse(str(error), 400)
        return RedirectResponse("/payments", 303)

    return view


routes = [
    Route("/payments", listed),
    Route("/payments/refunds/{name}", _doing(refunds.act), methods=["POST"]),
    Route("/payments/{name}", _doing(orders.act), methods=["POST"]),
]
