"""The process: HTTP and SMTP in one event loop, both on loopback only."""

import asyncio
import signal
import socket
from urllib.parse import urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from coaching.sandbox import control, inbox
from coaching.sandbox.config import HOST
from coaching.sandbox.page import routes as page_routes
from coaching.sandbox.phonepe import api as phonepe
from coaching.sandbox.phonepe import control as phonepe_control
from coaching.sandbox.phonepe.resume import resume as resume_payments
from coaching.sandbox.twilio import api, content
from coaching.sandbox.twilio.resume import resume
from coaching.sandbox.world import World

LOCAL = {"localhost", "127.0.0.1"}


class Unavailable(Exception):
    """A port is taken; the text says which."""


class Protocol(H11Protocol):
    """Hands the connection to the request, for the faults that cut it."""

    def connection_made(self, transport):
        self.app_state = {**self.app_state, "transport": transport}
        super().connection_made(transport)


class Server(uvicorn.Server):
    """Ends the open event streams as soon as it is told to stop, instead of waiting for them."""

    def __init__(self, config, world):
        super().__init__(config)
        self._world = world

    def handle_exit(self, sig, frame):
        self._world.hub.close()
        super().handle_exit(sig, frame)


class LocalOnly:
    """Refuses other sites' names (DNS rebinding) and their pages' forms."""

    def __init__(self, app):
        self._app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http":
            headers = dict(scope["headers"])
            host = urlsplit("//" + headers.get(b"host", b"").decode("latin-1")).hostname
            origin = headers.get(b"origin", b"").decode("latin-1")
            if host not in LOCAL:
                refusal = PlainTextResponse("This sandbox answers to localhost only.\n", 400)
                return await refusal(scope, receive, send)
            if origin and urlsplit(origin).hostname not in LOCAL:
                refusal = PlainTextResponse("Not from another site.\n", 403)
                return await refusal(scope, receive, send)
        return await self._app(scope, receive, send)


async def health(request):
    return JSONResponse({"status": "ok"})


def application(world):
    routes = [
        Route("/health", health),
        *api.routes,
        *content.routes,
        *phonepe.routes,
        *control.routes,
        *phonepe_control.routes,
        *page_routes,
    ]
    app = Starlette(routes=routes)
    app.state.world = world
    return LocalOnly(app)


def _listening_socket(port, name):
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((HOST, port))
    except OSError as error:
        sock.close()
        raise Unavailable(f"port {port} is taken; set {name} to another one") from error
    return sock


async def serve(config):
    """Runs until SIGTERM or Ctrl-C. Raises Unavailable."""
    sock = _listening_socket(config.port, "SANDBOX_PORT")
    world = World(config)
    try:
        mail = await inbox.listen(world, HOST)
    except OSError as error:
        raise Unavailable(
            f"port {config.smtp_port} is taken; set SANDBOX_SMTP_PORT to another one"
        ) from error
    server = Server(
        uvicorn.Config(
            application(world),
            http=Protocol,
            ws="none",
            lifespan="off",
            access_log=False,
            log_level="warning",
            backlog=2048,
            timeout_graceful_shutdown=1,
        ),
        world,
    )
    resume(world)
    resume_payments(world)
    print(f"Sandbox: http://localhost:{config.port}  mail: {HOST}:{config.smtp_port}", flush=True)
    try:
        await server.serve(sockets=[sock])
    finally:
        mail.close()
        await world.close()


def run(config):
    """Returns, or raises SystemExit(0), once it was told to stop."""
    # uvicorn raises the signal once more when it is done. The default handler would then kill
    # the process before `serve` has closed the database; this one lets it finish.
    for stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stop, _leave)
    asyncio.run(serve(config))


def _leave(number, frame):
    raise SystemExit(0)
