"""What the till reports upwards; the apps above listen."""

from django.dispatch import Signal

enrolled = Signal()  # enrollment, order: a pending enrolment became active; in its transaction
