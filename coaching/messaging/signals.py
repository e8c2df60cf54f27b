"""What messaging tells the apps above it."""

from django.dispatch import Signal

# A person wrote on WhatsApp. Sent once per message, inside the transaction that stored it,
# with `log` (the CommunicationLog row) and `profile_name` (their WhatsApp name, or "").
inbound_received = Signal()
