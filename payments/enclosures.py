"""The paper itself, as a PDF in the e-mail that speaks of it."""

from django.dispatch import receiver

from coaching.messaging.signals import attaching
from payments.models import Receipt


@receiver(attaching)
def enclose(log, **_):
    """Return (file name, bytes, media type) of the paper that an e-mail is about, or None.

    Made when the e-mail is sent; its row holds the paper's token only.
    """
    token = log.context.get("receipt_token")
    if token is None:
        return None
    from payments.papers.pdf import pdf  # only when needed: it brings a typesetter of 8 MB

    receipt = Receipt.objects.get(token=token)
    return f"{receipt.number.replace('/', '-')}.pdf", pdf(receipt.paper), "application/pdf"
