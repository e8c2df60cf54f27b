"""The only file that speaks PhonePe, through its own SDK (PG v2, Standard Checkout).

What is guarded against here was found by running the SDK (3.0.1): its client asks for a token and
starts threads as it is built, so one is built when first needed, per process; it parses answers
with closed lists, so a paid order of a payment mode it does not know could not be read: what
counts is read from the raw JSON; it puts ids into addresses unescaped; a 401 renews its token but
is not repeated; it sends nulls for what is left out. The rest of the product sees only the
dataclasses and errors below. Amounts are paise, times UTC.
"""

import atexit
import hashlib
import hmac
import json
import os
import re
import threading
from dataclasses import dataclass
from datetime import UTC, datetime

import requests
from django.conf import settings

TIMEOUT_SECONDS = (3, 8)  # to connect, to answer
PAGE_SECONDS = 1200  # how long a payment page lives; PhonePe allows 300 to 3600
SAFE_ID = re.compile(r"[A-Za-z0-9_-]{1,63}")


class PhonePeError(Exception):
    """Nothing came of it; the text is PhonePe's code, or what kind of trouble it was."""


class Refused(PhonePeError):
    """A definite no: what was asked for did not happen and will not."""


class UnknownId(Refused):
    """PhonePe has never heard of this order or refund."""


class KeysRefused(Refused):
    """Our own credentials do not open the door; the owner has to look."""


class Unclear(PhonePeError):
    """No answer, or none that can be read: it may have happened. Ask for the status."""


@dataclass(frozen=True)
class Page:
    """A payment page: where to send the payer, and until when (UTC) it is open."""

    order_id: str
    url: str
    until: datetime


@dataclass(frozen=True)
class OrderState:
    """What PhonePe says became of an order. Only `state` and `amount_paise` decide."""

    state: str
    amount_paise: int
    order_id: str
    transaction_id: str = ""
    mode: str = ""
    code: str = ""


@dataclass(frozen=True)
class RefundState:
    """What PhonePe says became of a refund."""

    state: str
    amount_paise: int
    refund_id: str
    code: str = ""


def is_configured():
    return bool(settings.PHONEPE_CLIENT_ID and settings.PHONEPE_CLIENT_SECRET)


def open_page(merchant_order_id, amount_paise, return_url):
    """Start an order and return its Page. Raises Refused, or Unclear: then ask for its status."""
    from phonepe.sdk.pg.payments.v2.models.request.standard_checkout_pay_request import (
        StandardCheckoutPayRequest,
    )

    request = StandardCheckoutPayRequest.build_request(
        merchant_order_id=_safe(merchant_order_id),
        amount=amount_paise,
        redirect_url=return_url,
        expire_after=PAGE_SECONDS,
    )
    answer = _ask("POST", "/checkout/v2/pay", request)
    with _reading(answer):
        until = datetime.fromtimestamp(answer["expireAt"] / 1000, UTC)
        url = answer["redirectUrl"]
        if not url.startswith(("https://", "http://")):
            raise ValueError("redirectUrl")
        return Page(_text(answer["orderId"], 80), url[:2000], until)


def order_state(merchant_order_id):
    """Return the OrderState of one of our orders. Raises UnknownId, Refused or Unclear."""
    answer = _ask("GET", f"/checkout/v2/order/{_safe(merchant_order_id)}/status")
    with _reading(answer):
        tries = [one for one in answer.get("paymentDetails") or [] if isinstance(one, dict)]
        done = [one for one in tries if one.get("state") == answer["state"]] or tries
        last = done[-1] if done else {}
        return OrderState(
            state=_text(answer["state"], 40),
            amount_paise=_paise(answer["amount"]),
            order_id=_text(answer.get("orderId"), 80),
            transaction_id=_text(last.get("transactionId"), 80),
            mode=_text(last.get("paymentMode"), 40),
            code=_code(answer, last),
        )


def refund(merchant_refund_id, merchant_order_id, amount_paise):
    """Ask for a refund and return its RefundState. Raises Refused, or Unclear: ask its status."""
    from phonepe.sdk.pg.common.models.request.refund_request import RefundRequest

    request = RefundRequest.build_refund_request(
        merchant_refund_id=_safe(merchant_refund_id),
        amount=amount_paise,
        original_merchant_order_id=_safe(merchant_order_id),
    )
    return _refund_state(_ask("POST", "/payments/v2/refund", request))


def refund_state(merchant_refund_id):
    """Return the RefundState of one of our refunds. Raises UnknownId, Refused or Unclear."""
    return _refund_state(_ask("GET", f"/payments/v2/refund/{_safe(merchant_refund_id)}/status"))


def is_genuine(header):
    """Whether a webhook's Authorization header is ours: sha256 of 'user:password', as hex.

    In constant time; upper case and a leading 'SHA256 ' are accepted. False where none is set.
    """
    username, password = settings.PHONEPE_WEBHOOK_USERNAME, settings.PHONEPE_WEBHOOK_PASSWORD
    expected = hashlib.sha256(f"{username}:{password}".encode()).hexdigest()
    given = (header or "").strip().lower().removeprefix("sha256 ").strip()
    same = hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())
    return bool(username and password) and same


# --- the SDK ---------------------------------------------------------------------------------

_lock = threading.Lock()
_client = None


def _ours():
    """Return this process's client, built when first needed. Raises what the SDK raises."""
    global _client
    with _lock:
        if _client is None:
            _client = _build()
        return _client


def _forget():
    """A client that was built before a fork mixes up answers: the child builds its own."""
    global _lock, _client
    _lock, _client = threading.Lock(), None


os.register_at_fork(after_in_child=_forget)


def _build():
    from phonepe.sdk.pg import env
    from phonepe.sdk.pg.common.configs.http_client_config import HttpClientConfig
    from phonepe.sdk.pg.payments.v2.standard_checkout_client import StandardCheckoutClient

    if settings.PHONEPE_BASE_URL:
        for name in ("SANDBOX_PG", "SANDBOX_OAUTH", "PROD_PG", "PROD_OAUTH", "PROD_PCI_PG"):
            setattr(env, f"{name}_BASE_URL", settings.PHONEPE_BASE_URL)
    connect, read = TIMEOUT_SECONDS
    return StandardCheckoutClient(
        client_id=settings.PHONEPE_CLIENT_ID,
        client_secret=settings.PHONEPE_CLIENT_SECRET,
        client_version=settings.PHONEPE_CLIENT_VERSION,
        env=env.Env[settings.PHONEPE_ENV.upper()],
        should_publish_events=False,  # they would carry order ids and amounts
        http_client_config=HttpClientConfig(
            connect_timeout_seconds=connect, read_timeout_seconds=read
        ),
    )


@atexit.register
def close():
    """Release the client's threads and connections; the next call builds another."""
    global _client
    with _lock:
        client, _client = _client, None
    if client is not None:
        client.close()


class _Raw:
    """Stands where the SDK wants a class to parse an answer into: the answer itself."""

    @staticmethod
    def from_dict(answer):
        return answer


def _ask(method, path, request=None):
    """Make one request with the SDK's token and connections, and return the raw JSON.

    A 401 has made the SDK renew its token: the request is made once more.
    """
    from phonepe.sdk.pg.common.exceptions import (
        BadRequest,
        ClientError,
        PhonePeException,
        ResourceNotFound,
        TooManyRequests,
        UnauthorizedAccess,
    )
    from phonepe.sdk.pg.common.http_client_modules.http_method_type import HttpMethodType

    ask = {"method": HttpMethodType[method], "url": path, "response_obj": _Raw}
    if request is not None:
        ask["data"] = json.dumps(_without_nothing(request.to_dict()))
    try:
        try:
            return _ours()._request_with_token_invalidation(**ask)
        except UnauthorizedAccess:
            return _ours()._request_with_token_invalidation(**ask)
    except UnauthorizedAccess as error:
        raise KeysRefused(_name(error)) from error
    except TooManyRequests as error:
        raise Unclear("too_many_requests") from error
    except BadRequest as error:
        if "INVALID_MERCHANT" in (error.code or "") or "NOT_FOUND" in (error.code or ""):
            raise UnknownId(_name(error)) from error
        raise Refused(_name(error)) from error
    except ResourceNotFound as error:
        raise (UnknownId if method == "GET" else Refused)(_name(error)) from error
    except ClientError as error:
        raise Refused(_name(error)) from error
    except (PhonePeException, requests.RequestException, ValueError, AttributeError) as error:
        raise Unclear(type(error).__name__) from error


def _without_nothing(value):
    """PhonePe asks to leave out what has no value."""
    if isinstance(value, dict):
        return {name: _without_nothing(one) for name, one in value.items() if one is not None}
    return value


class _reading:  # noqa: N801 - reads as a verb where it is used
    """Whatever cannot be read in an answer makes it Unclear."""

    def __init__(self, answer):
        if not isinstance(answer, dict):
            raise Unclear("unreadable")

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if isinstance(error, (KeyError, TypeError, ValueError, AttributeError, OverflowError)):
            raise Unclear("unreadable") from error


def _refund_state(answer):
    with _reading(answer):
        return RefundState(
            state=_text(answer["state"], 40),
            amount_paise=_paise(answer["amount"]),
            refund_id=_text(answer.get("refundId"), 80),
            code=_code(answer),
        )


def _safe(merchant_id):
    """Ids go into addresses unescaped; ours are letters, digits, - and _ only."""
    if not SAFE_ID.fullmatch(merchant_id):
        raise UnknownId("not one of our ids")
    return merchant_id


def _paise(value):
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("amount")
    return value


def _text(value, length):
    return "".join(c for c in str(value or "") if c.isprintable())[:length]


def _code(*parts):
    """Return the most detailed error code that an answer carries, or ''."""
    for part in reversed(parts):
        context = part.get("errorContext")
        for place in (part, context if isinstance(context, dict) else {}):
            if code := place.get("detailedErrorCode") or place.get("errorCode"):
                return _text(code, 80)
    return ""


def _name(error):
    return _text(error.code or f"http_{error.http_status_code}", 80)
