"""The till in the command centre: enrolments with their money, payments, refunds, papers, sums.

Amounts are shown in rupees, moments in IST. Acts are dialogs (`dialogs`): a GET says what will
happen, a POST to the same address does it, once. `rights` names the permission of each.
"""

from payments.admin import enrolments, orders, papers, payments, refunds  # noqa: F401
