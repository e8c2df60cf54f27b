"""The page's addresses. Every action is a plain form post that leads back to the phone."""

from pathlib import Path
from urllib.parse import quote

from starlette.responses import PlainTextResponse, RedirectResponse, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from coaching.sandbox import people
from coaching.sandbox.numbers import bare, is_e164
from coaching.sandbox.page import pay, payments, post
from coaching.sandbox.page.forms import read_form
from coaching.sandbox.page.frame import page
from coaching.sandbox.page.markup import Safe, join
from coaching.sandbox.page.phone import phone_column
from coaching.sandbox.times import now
from coaching.sandbox.twilio import inbound

WELCOME = Safe("""<section class="phone welcome"><h1>Every phone the centre talks to</h1>
<p>Each number it has written to or called appears in the list, with WhatsApp, calls and mail just
as their owner sees them.</p>
<ol><li>Open the centre's site and fill in the enquiry form with any Indian mobile number.</li>
<li>Choose that number here: the welcome message arrives, then the phone rings.</li>
<li>Be the customer: reply, press a button, speak to the receptionist, hang up.</li>
<li>Enrol on the centre's site: the payer's screen is played here too, and
<a href="/payments">Payments</a> lists every order.</li></ol>
</section>""")


async def home(request):
    world = request.app.state.world
    columns = join([WELCOME, post.mailbox(world, None, is_home=True)])
    return page(world, "Phones", columns, view="home")


async def phone(request):
    world, number = request.app.state.world, bare(request.path_params["number"])
    row = world.store.phone(number)
    if row is None:
        return _missing(world)
    world.store.update("phones", "number", number, seen_at=now())
    columns = join([phone_column(world, row), post.column(world, row)])
    return page(world, row["name"] or number, columns, view="one-phone", number=number)


async def mailbox(request):
    world = request.app.state.world
    address = request.query_params.get("address")
    return page(world, "Mails", post.mailbox(world, address), view="mailbox")


async def mail_body(request):
    world = request.app.state.world
    row = world.store.one("SELECT * FROM mails WHERE id = ?", request.path_params["id"])
    return PlainTextResponse("No such mail", 404) if row is None else post.body(row)


async def new_phone(request):
    """Somebody the centre has never heard of writes first."""
    world, sent = request.app.state.world, await read_form(request)
    digits = bare(sent.get("number"))
    number = "+91" + digits[1:] if len(digits) == 11 else digits
    if not is_e164(number) or not sent.get("body"):
        return PlainTextResponse("A mobile number and a message are needed.", 400)
    people.change(world, number, {"name": sent["name"]} if sent.get("name") else {})
    return _write(world, number, sent)


async def write(request):
    world, number = request.app.state.world, bare(request.path_params["number"])
    sent = await read_form(request)
    if world.store.phone(number) is None or not sent.get("body", "").strip():
        return _missing(world)
    return _write(world, number, sent)


def _write(world, number, sent):
    button = sent.get("button")
    sid = inbound.write(world, number, sent["body"].strip(), button)
    world.spawn(inbound.post(world, sid, button))
    return _back(number)


async def act_on_call(request):
    world, number = request.app.state.world, bare(request.path_params["number"])
    sent = await read_form(request)
    do = "press" if "digits" in sent else sent.get("do")
    value = sent.get("digits") or sent.get("text") or ""
    try:
        people.act(world, number, request.path_params["sid"], do, value)
    except KeyError:
        return _missing(world)
    except ValueError as error:
        return PlainTextResponse(str(error), 400)
    return _back(number)


async def settings(request):
    world, number = request.app.state.world, bare(request.path_params["number"])
    if world.store.phone(number) is None:
        return _missing(world)
    try:
        people.change(world, number, await read_form(request))
    except ValueError as error:
        return PlainTextResponse(str(error), 400)
    return _back(number)


async def events(request):
    stream = request.app.state.world.hub.stream()
    return StreamingResponse(
        stream, media_type="text/event-stream", headers={"Cache-Control": "no-store"}
    )


def _back(number):
    return RedirectResponse(f"/phones/{quote(number, safe='+')}", 303)


def _missing(world):
    columns = Safe('<section class="phone welcome"><h1>No such phone</h1></section>')
    return page(world, "Not found", columns, view="home", status=404)


routes = [
    Route("/", home),
    Route("/phones", new_phone, methods=["POST"]),
    Route("/phones/{number}", phone),
    Route("/phones/{number}/whatsapp", write, methods=["POST"]),
    Route("/phones/{number}/calls/{sid}", act_on_call, methods=["POST"]),
    Route("/phones/{number}/settings", settings, methods=["POST"]),
    Route("/mails", mailbox),
    Route("/mails/{id:int}/body", mail_body),
    *pay.routes,
    *payments.routes,
    Route("/events", events),
    Mount("/static", StaticFiles(directory=Path(__file__).parent / "static")),
]
