"""What a request must look like: the field rules of PhonePe's API reference.

A field that PhonePe does not know is refused, because to the product it means a feature that
silently does not work. Its SDK sends null for what was not given: that counts as left out.
"""

import re

from jsonschema import Draft4Validator, FormatChecker

from coaching.sandbox.phonepe.refusal import bad

MODES = ("UPI_INTENT", "UPI_COLLECT", "UPI_QR", "CARD", "NET_BANKING", "PPE_INTENT", "TOKEN")
LONGEST_NUMBER = 2**63 - 1
WEB_ADDRESS = re.compile(r"(https?://[A-Za-z0-9._-]+(?::\d{1,5})?)(?:[/?#][^\s\x00-\x1f]*)?")
formats = FormatChecker(formats=())


@formats.checks("web-address")
def origin_of(address):
    """Scheme, host and port of an absolute http(s) address; None for any other text."""
    found = WEB_ADDRESS.fullmatch(address)
    return found and found[1]


def record(required=(), **properties):
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(required),
        "properties": properties,
    }


TEXT = {"type": "string"}
NAME = {"type": "string", "pattern": r"\A[A-Za-z0-9_-]{1,63}\Z"}
AMOUNT = {"type": "integer", "minimum": 100, "maximum": LONGEST_NUMBER}  # paise
SHORT_TEXT = {"type": "string", "maxLength": 50, "pattern": r"\A[A-Za-z0-9 _\-+@.]*\Z"}
ADDRESS = {"type": "string", "format": "web-address"}
MODE = record(
    ["type"],
    type={"enum": list(MODES)},
    cardTypes={"type": "array", "items": {"enum": ["DEBIT_CARD", "CREDIT_CARD"]}},
)
MODE_LIST = {"type": "array", "items": MODE}
META = record(
    **{f"udf{n}": {"type": "string", "maxLength": 256} for n in range(1, 11)},
    **{f"udf{n}": SHORT_TEXT for n in range(11, 16)},
)


def order(**flow):
    """An order whose paymentFlow must have the given fields beside its type."""
    return record(
        ["merchantOrderId", "amount", "paymentFlow"],
        merchantOrderId=NAME,
        amount=AMOUNT,
        expireAfter={"type": "integer", "minimum": 300, "maximum": 3600},  # seconds
        metaInfo=META,
        disablePaymentRetry={"type": "boolean"},
        prefillUserLoginDetails=record(phoneNumber=TEXT),
        paymentFlow=record(
            ["type", *flow],
            type={"enum": ["PG_CHECKOUT"]},
            message=TEXT,
            paymentModeConfig=record(enabledPaymentModes=MODE_LIST, disabledPaymentModes=MODE_LIST),
            **{"merchantUrls": record(redirectUrl=ADDRESS), **flow},
        ),
    )


class Contract:
    def __init__(self, schema):
        self._validator = Draft4Validator(schema, format_checker=formats)

    def read(self, sent):
        """The fields that were given. Raises Refused for the first thing wrong."""
        given = _without_nulls(sent)
        if error := next(self._validator.iter_errors(given), None):
            place = ".".join(map(str, error.absolute_path)) or "the body"
            raise bad(f"{place}: {error.message}")
        return given


def _without_nulls(value):
    if isinstance(value, dict):
        return {name: _without_nulls(one) for name, one in value.items() if one is not None}
    return [_without_nulls(one) for one in value] if isinstance(value, list) else value


PAY = Contract(order(merchantUrls=record(["redirectUrl"], redirectUrl=ADDRESS)))
SDK_ORDER = Contract(order())
REFUND = Contract(
    record(
        ["merchantRefundId", "originalMerchantOrderId", "amount"],
        merchantRefundId=NAME,
        originalMerchantOrderId=NAME,
        amount=AMOUNT,
    )
)
