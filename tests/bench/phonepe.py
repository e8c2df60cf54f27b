"""PhonePe as the bench's stand-in speaks it: a token, a page for each order, and all are paid."""

import json
import time

orders = {}  # our merchantOrderId: paise
PAGE_SECONDS = 1200


def answer(path, body):
    """The JSON that answers a request for a token, a payment page or an order's status."""
    if path.endswith("/token"):
        return json.dumps(_token(int(time.time())))
    if path.endswith("/pay"):
        asked = json.loads(body)
        name = asked["merchantOrderId"]
        orders[name] = asked["amount"]
        page = {
            "state": "PENDING",
            "expireAt": round((time.time() + PAGE_SECONDS) * 1000),
            "redirectUrl": f"http://127.0.0.1/pay/{name}",
        }
        return json.dumps({"orderId": f"OMO-{name}", **page})
    name = path.split("/status")[0].rpartition("/")[2]
    paid = {"state": "COMPLETED", "amount": orders[name]}
    details = [{"transactionId": f"T-{name}", "paymentMode": "UPI_QR", **paid}]
    return json.dumps({"orderId": f"OMO-{name}", "paymentDetails": details, **paid})


def _token(now):
    return {
        "access_token": "bench",
        "encrypted_access_token": "bench",
        "token_type": "O-Bearer",
        "issued_at": now,
        "expires_in": 36_000,
        "expires_at": now + 36_000,
        "session_expires_at": now + 36_000,
    }
