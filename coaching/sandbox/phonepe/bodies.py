"""Answers and webhooks in the shape of PhonePe's documentation: paise, milliseconds.

An order may be told otherwise than it is (`tell` at the remote control): then every answer and
webhook shows what was told, and only the ledger keeps the truth.
"""

import json

MERCHANT_ID = "SANDBOXMERCHANT"
ORDER_EVENTS = {
    "COMPLETED": "checkout.order.completed",
    "FAILED": "checkout.order.failed",
    "PENDING": "checkout.transaction.attempt.failed",
}
REFUND_EVENTS = {
    "CONFIRMED": "pg.refund.accepted",
    "COMPLETED": "pg.refund.completed",
    "FAILED": "pg.refund.failed",
}
# detailedErrorCode: (stage, source, words), from PhonePe's table of error codes.
CONTEXT = {
    "ZM": ("AUTHENTICATION", "CUSTOMER", "Customer entered the wrong UPI PIN."),
    "ZA": ("AUTHENTICATION", "CUSTOMER", "Customer declined the payment."),
    "Z9": ("AUTHORIZATION", "CUSTOMER", "Insufficient balance in the customer's account."),
    "ORDER_EXPIRED": ("PRE_AUTHENTICATION", "CUSTOMER", "The order was not paid in time."),
}
OTHER = ("AUTHORIZATION", "ISSUING_BANK", "The payment could not be completed.")


def order_status(world, order, *, details=False, error_context=False):
    """`details`: every attempt instead of the latest one."""
    attempts = attempts_of(world, order)
    return _status(order, attempts if details else attempts[-1:], error_context)


def transaction_status(order, attempt):
    return _status(order, [attempt], False)


def _status(order, attempts, error_context):
    seen = _as_told(order)
    body = {
        "orderId": seen["orderId"],
        "state": seen["state"],
        "amount": seen["amount"],
        "payableAmount": seen["amount"],
        "feeAmount": 0,
        "expireAt": order["expire_at"],
        **_meta(order),
        **_errors(order),
        "paymentDetails": [_payment(seen, one) | _means(one, seen) for one in attempts],
    }
    if error_context and order["state"] == "FAILED":
        stage, source, words = CONTEXT.get(order["detailed_error_code"], OTHER)
        why = {"source": source, "stage": stage, "description": words}
        body["errorContext"] = _errors(order) | why
    return body


def order_webhook(world, order):
    seen = _as_told(order)
    event = ORDER_EVENTS[order["state"]]
    attempts = attempts_of(world, order)[-1:]
    payload = {
        "merchantId": MERCHANT_ID,
        "merchantOrderId": order["merchant_order_id"],
        "orderId": seen["orderId"],
        "state": seen["state"],
        "amount": seen["amount"],
        "expireAt": order["expire_at"],
        **_meta(order),
        **_errors(order),
        "paymentDetails": [_payment(seen, one) for one in attempts],
    }
    return {"event": event, "type": event.upper().replace(".", "_"), "payload": payload}


def refund_answer(refund):
    return {"refundId": refund["refund_id"], "amount": refund["amount"], "state": refund["state"]}


def refund_status(world, refund, order):
    paid = attempts_of(world, order)[-1]
    return {
        "merchantId": MERCHANT_ID,
        **_refund(refund),
        "paymentDetails": [
            {
                "transactionId": refund["refund_id"],
                "paymentMode": _as_told(order).get("paymentMode") or paid["mode"],
                "timestamp": refund["updated_at"],
                "amount": refund["amount"],
                "state": refund["state"],
                **_errors(refund),
            }
        ],
    }


def refund_webhook(refund, *, is_flat=False):
    fields = _refund(refund) | {"timestamp": refund["updated_at"]}
    event = {"event": REFUND_EVENTS[refund["state"]]}
    return event | (fields if is_flat else {"payload": fields})


def attempts_of(world, order):
    """Oldest first; the one that paid comes last whenever it began."""
    return world.store.all(
        "SELECT * FROM attempts WHERE merchant_order_id = ? ORDER BY state = 'COMPLETED', id",
        order["merchant_order_id"],
    )


def _as_told(order):
    truth = {"orderId": order["order_id"], "state": order["state"], "amount": order["amount"]}
    return truth | json.loads(order["told"])


def _meta(order):
    meta = json.loads(order["request"]).get("metaInfo")
    return {"metaInfo": meta} if meta else {}


def _errors(row):
    if not row["error_code"]:
        return {}
    return {"errorCode": row["error_code"], "detailedErrorCode": row["detailed_error_code"]}


def _refund(refund):
    return {
        "merchantRefundId": refund["merchant_refund_id"],
        "originalMerchantOrderId": refund["merchant_order_id"],
        **refund_answer(refund),
        **_errors(refund),
    }


def _payment(seen, attempt):
    return {
        "transactionId": attempt["transaction_id"],
        "paymentMode": seen.get("paymentMode") or attempt["mode"],
        "amount": seen["amount"],
        "state": attempt["state"],
        **_errors(attempt),
    }


def _means(attempt, seen):
    """What only the status tells of a payment: when, over which rails, from which instrument."""
    number, mode = attempt["id"], seen.get("paymentMode") or attempt["mode"]
    means = {"timestamp": attempt["updated_at"]}
    if mode.startswith("UPI"):
        means["rail"] = {
            "type": "UPI",
            "utr": str(632_800_000_000 + number),
            "upiTransactionId": f"YBL{number:032x}",
            "vpa": "payer@ybl",
        }
        means["instrument"] = {
            "type": "ACCOUNT",
            "maskedAccountNumber": "XXXXXXXX1212",
            "accountType": "SAVINGS",
        }
    elif mode in {"CARD", "NET_BANKING"}:
        bank = {"bankTransactionId": f"BT{number}", "bankId": "SBIN"}
        means["rail"] = {"type": "PG", "transactionId": f"PG{number}"}
        means["instrument"] = {"type": "CREDIT_CARD" if mode == "CARD" else mode} | bank
    return means
