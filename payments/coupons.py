"""Coupons: found by what people type, held by an order, given back when it lapses.

`Coupon.uses` counts the orders that hold it; one statement checks and counts, and a CHECK is the
backstop, so that no coupon is used more often than it may be, whoever comes at once.
"""

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from payments.models import Coupon, Order
from payments.pricing import CouponRefused


def find(code):
    """Return the coupon of a code as typed, None for none. Raises CouponRefused."""
    if not code.strip():
        return None
    coupon = Coupon.objects.filter(code=code.strip().upper()).first()
    if coupon is None:
        raise CouponRefused(_("We do not know this code. Check it, or leave it empty."))
    return coupon


def hold(order):
    """Count the order among its coupon's uses. Raises CouponRefused when there is none left."""
    left = Coupon.objects.filter(Q(max_uses=None) | Q(uses__lt=F("max_uses")), pk=order.coupon_id)
    try:
        with transaction.atomic():
            if not left.update(uses=F("uses") + 1):
                raise CouponRefused(_("This code has been used up."))
            Order.objects.filter(pk=order.pk).update(holds_coupon=True)
    except IntegrityError as error:
        raise CouponRefused(_("You have used this code already.")) from error
    order.holds_coupon = True


def give_back(order):
    """Let somebody else use what an unpaid order held."""
    if Order.objects.filter(pk=order.pk, holds_coupon=True).update(holds_coupon=False):
        Coupon.objects.filter(pk=order.coupon_id).update(uses=F("uses") - 1)
        order.holds_coupon = False
