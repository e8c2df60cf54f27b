"""What the comparison with the provider is tried on: doubled sends, and lists of all kinds."""

import http.server
import json
import threading
from contextlib import contextmanager
from datetime import UTC
from email.utils import format_datetime
from zoneinfo import ZoneInfo

from coaching.messaging import delivery, gates
from coaching.messaging.models import State
from tests.messaging.test_doubt import begun, later

ASHA = "+919876543210"
INDIA = ZoneInfo("Asia/Kolkata")


def frozen_worker_sends(product, channel):
    """A worker freezes with its request begun; another sends; the first thaws, and sends too."""
    module = gates.CHANNELS[channel]
    frozen = begun(product.log(channel))
    prepared = module.prepare(frozen)
    for _ in range(4):
        later(channel)
        product.work()
    assert product.log(channel).state == State.SENT
    sid = module.send(frozen, prepared)
    delivery.accepted(frozen, sid)
    return sid


@contextmanager
def provider_that_lists(settings, *pages):
    """A provider that answers with these lists, one a page, whatever it is asked."""

    class Provider(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            number = int(self.path.partition("Page=")[2] or 0)
            after = f"/more?Page={number + 1}" if number + 1 < len(pages) else None
            body = json.dumps({"messages": pages[number], "next_page_uri": after}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            return None

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.TWILIO_BASE_URL = f"http://127.0.0.1:{server.server_port}"
    yield
    server.shutdown()
    server.server_close()


def a_message(number, at, **more):
    """One message as the provider lists it; `at` is a moment, or None."""
    return {
        "sid": f"SM{number:032x}",
        "to": f"whatsapp:{ASHA}",
        "direction": "outbound-api",
        "date_created": at and format_datetime(at.astimezone(UTC)),
        **more,
    }


def list_requests(sandbox):
    return [row for row in sandbox.log("request") if row["method"] == "GET"]
