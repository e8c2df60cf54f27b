"""The till: what is owed (`orders`), what came and went back (`money`), its papers, its events."""

from payments.models.events import GatewayEvent
from payments.models.money import Payment, Refund
from payments.models.orders import Coupon, Instalment, Order, OrderLine
from payments.models.papers import Receipt, Series

__all__ = [
    "Coupon", "GatewayEvent", "Instalment", "Order", "OrderLine", "Payment", "Receipt", "Refund",
    "Series",
]  # fmt: skip
