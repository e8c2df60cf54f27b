"""PhonePe's payment gateway (PG v2, Standard Checkout), as far as its official SDK speaks it.

The API's base address is /phonepe on the sandbox, in the place of `…/apis/pg-sandbox`; the page a
payer is sent to is coaching.sandbox.page.pay.
"""
