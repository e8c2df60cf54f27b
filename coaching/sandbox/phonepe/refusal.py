"""How PhonePe says no. Codes that its documentation does not name are the general ones."""

from coaching.sandbox import exchange

BAD_REQUEST = "BAD_REQUEST"
INVALID_ORDER = "INVALID_ORDER"
UNKNOWN_ORDER = "INVALID_MERCHANT_ORDER_ID"
UNKNOWN_REFUND = "INVALID_MERCHANT_REFUND_ID"
UNKNOWN_TRANSACTION = "INVALID_TRANSACTION_ID"
TOO_MANY = "TOO_MANY_REQUESTS"
SERVER = "INTERNAL_SERVER_ERROR"


class Refused(exchange.Refused):
    """Becomes an error answer in the payment API's shape."""

    @property
    def body(self):
        return {"success": False, "code": self.code, "message": self.message, "data": {}}


class Unknown(Refused):
    """No order or refund of that id: the answer to a fair question, not a mistake."""

    is_violation = False


class NoClient(Refused):
    """Wrong credentials, in the token service's own shape."""

    def __init__(self):
        super().__init__("INVALID_CLIENT", "Bad Request: Invalid Client", 401)

    @property
    def body(self):
        return {
            "code": self.code,
            "errorCode": "OIM000",
            "message": self.message,
            "context": {"error_description": "Client authentication failure"},
        }


def bad(message):
    return Refused(BAD_REQUEST, message)


def unauthenticated():
    why = "Authorization failed [message = Please check the authorization token and try again]"
    return Refused("AUTHORIZATION_FAILED", why, 401)
