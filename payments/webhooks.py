"""PhonePe's webhook: checked, stored as it came, believed in nothing; it only makes us ask."""

import json

import structlog
from django.db import transaction
from django.db.models import F
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from coaching.common.http import client_ip
from coaching.messaging import doorbell
from payments import phonepe
from payments.models import GatewayEvent, Payment, Refund

log_event = structlog.get_logger(__name__)

LONGEST = 100_000  # characters; PhonePe's are below 5,000


@csrf_exempt  # PhonePe has no session; its Authorization header is checked instead
@require_http_methods(["GET", "HEAD", "POST"])
def phonepe_webhook(request):
    """Answer 200 to what is genuine, however often it comes; 403 to the rest; GET is a probe."""
    if request.method != "POST":
        return HttpResponse("ok")
    if not phonepe.is_genuine(request.headers.get("Authorization")):
        log_event.warning("webhook_forged", provider="phonepe")
        return HttpResponse(status=403)
    text = request.body[: LONGEST + 1].decode("utf-8", "replace").replace("\x00", "")
    if len(text) > LONGEST:
        return HttpResponse(status=413)
    event, about, state = _read(text)
    _store(f"{event}:{about}:{state}", event, about, text, client_ip(request))
    if about and _wake(about):
        doorbell.ring_for("payments.tasks.ask_what_is_due")
    return HttpResponse("ok")


def _read(text):
    """Return (event, our id, state) as far as they can be read; '' for what cannot."""
    try:
        body = json.loads(text)
        payload = body.get("payload")
        payload = payload if isinstance(payload, dict) else body
        about = payload.get("merchantRefundId") or payload.get("merchantOrderId")
        found = (body.get("event") or body.get("type"), about, payload.get("state"))
    except (ValueError, AttributeError, RecursionError):
        return "", "", ""
    return tuple(
        "".join(c for c in one if c.isprintable())[:60] if isinstance(one, str) else ""
        for one in found
    )


@transaction.atomic
def _store(key, event, about, text, ip):
    """Keep the first of its kind, and count how often it came."""
    _, is_new = GatewayEvent.objects.get_or_create(
        key=key, defaults={"event": event, "about": about, "body": text, "ip": ip}
    )
    if not is_new:
        GatewayEvent.objects.filter(key=key).update(times=F("times") + 1)


def _wake(about):
    """Make the payment or refund due for asking. True when there is such a one, not yet over."""
    now = timezone.now()
    payments = Payment.objects.filter(merchant_order_id=about).exclude(
        state__in=[Payment.State.PAID, Payment.State.HELD]
    )
    refunds = Refund.objects.filter(merchant_refund_id=about, state__in=Refund.IN_FLIGHT)
    return payments.update(next_check_at=now) + refunds.update(next_check_at=now) > 0
