"""What messaging tells the apps above it."""

from django.dispatch import Signal

# A person wrote on WhatsApp. Sent once per message, inside the transaction that stored it,
# with `log` (the CommunicationLog row) and `profile_name` (their WhatsApp name, or "").
inbound_received = Signal()

# A message is about to leave, `log`. A receiver that knows it is no longer wanted returns the
# reason (`reasons`), and it is cancelled.
about_to_leave = Signal()

# An e-mail is being written, `log`. A receiver may return (file name, bytes, media type) to attach;
# one that fails is logged, and the letter goes without.
attaching = Signal()
