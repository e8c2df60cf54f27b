"""Which permission each act and figure of the till asks for; `coaching.accounts.roles` gives them.

Counsellors see what one enrolment owes and may take cash; whoever may see refunds sees them all,
and with them every sum.
"""

SEE_ORDERS = "payments.view_order"
SEE_MONEY = "payments.view_refund"  # sums, reconciliation, export
RECORD = "payments.add_payment"
APPROVE = "payments.change_payment"  # and ask PhonePe
GIVE_BACK = "payments.add_refund"
SEE_TO_REFUNDS = "payments.change_refund"
ENROL = "academics.add_enrollment"
CHANGE_ENROLMENT = "academics.change_enrollment"
SEE_TO_QUEUE = "academics.change_waitingplace"
