"""What a test does with the sandbox's PhonePe: asks its API by hand, and plays the payer."""

import itertools
import json

from coaching.sandbox import config

WEBHOOKS = "/webhooks/phonepe/"
RETURN = "https://centre.example/payments/return/P1/"
CREDENTIALS = {
    "client_id": config.SANDBOX_CLIENT_ID,
    "client_secret": config.SANDBOX_CLIENT_SECRET,
    "client_version": str(config.SANDBOX_CLIENT_VERSION),
    "grant_type": "client_credentials",
}
FEE = 118_000  # paise
numbers = itertools.count(1)


class Till:
    def __init__(self, sandbox, app):
        self.sandbox, self.http, self.app = sandbox, sandbox.http, app
        self.base = sandbox.url + "/phonepe"
        self._token = None

    def ask_token(self, **change):
        return self.http.post(f"{self.base}/v1/oauth/token", data=CREDENTIALS | change)

    def ask(self, path, sent=None, *, token=None, timeout=10, **query):
        """A request to the API: GET, or POST of JSON."""
        if token is None:
            self._token = self._token or self.ask_token().json()["access_token"]
            token = f"O-Bearer {self._token}"
        return self.http.request(
            "GET" if sent is None else "POST",
            self.base + path,
            json=sent,
            params=query,
            headers={"Authorization": token},
            timeout=timeout,
        )

    def wish(self, **change):
        """The body of a pay request; a field given as None is left out."""
        body = {
            "merchantOrderId": f"P{next(numbers)}-3f9c2a61",
            "amount": FEE,
            "expireAfter": 1200,
            "metaInfo": {"udf1": "payment:17"},
            "paymentFlow": {
                "type": "PG_CHECKOUT",
                "message": "Fee Nov",
                "merchantUrls": {"redirectUrl": RETURN},
            },
        } | change
        return {name: value for name, value in body.items() if value is not None}

    def order(self, **change):
        """The merchantOrderId of a new order."""
        wish = self.wish(**change)
        response = self.ask("/checkout/v2/pay", wish)
        assert response.status_code == 200, response.text
        return wish["merchantOrderId"]

    def paid(self, **change):
        """The merchantOrderId of an order that somebody has paid."""
        name = self.order(**change)
        self.do(name, "pay")
        return name

    def do(self, name, what, **options):
        return self.sandbox.control(f"phonepe/orders/{name}", {"do": what, **options})

    def tell(self, name, **lies):
        self.sandbox.control(f"phonepe/orders/{name}", {"tell": lies})

    def behave(self, **behaviour):
        self.sandbox.control("behaviour", {"phonepe": behaviour})

    def fail(self, target, what, **more):
        self.sandbox.control("faults", {"target": target, "what": what, **more})

    def status(self, name, **query):
        response = self.ask(f"/checkout/v2/order/{name}/status", **query)
        assert response.status_code == 200, response.text
        return response.json()

    def wish_back(self, name, amount=FEE, **change):
        """The body of a refund request."""
        return {
            "merchantRefundId": f"R{next(numbers)}-a1",
            "originalMerchantOrderId": name,
            "amount": amount,
        } | change

    def refund(self, name, amount=FEE):
        """The merchantRefundId of a new refund."""
        wish = self.wish_back(name, amount)
        response = self.ask("/payments/v2/refund", wish)
        assert response.status_code == 200, response.text
        return wish["merchantRefundId"]

    def refund_status(self, name):
        response = self.ask(f"/payments/v2/refund/{name}/status")
        assert response.status_code == 200, response.text
        return response.json()

    def ledger(self):
        return self.sandbox.control("phonepe/ledger", method="GET")

    def webhooks(self):
        """(text, Authorization) of every webhook that came, in the order they came."""
        return [
            (text, headers["Authorization"])
            for path, text, headers, _ in list(self.app.requests)
            if path == WEBHOOKS
        ]

    def events(self):
        return [json.loads(text)["event"] for text, _ in self.webhooks()]

    def page(self, name):
        """The address of an order's pay page, on the sandbox."""
        order = self.sandbox.control(f"phonepe/orders/{name}", method="GET")
        return f"/pay/{order['order_id']}"
