"""A receipt that lands between the resolver's UPDATE and its read makes it send again."""

from datetime import timedelta

from django.db import connection
from django.utils import timezone

from coaching.messaging import doubt, receipts
from coaching.messaging.models import CommunicationLog, State
from tests.messaging.test_doubt import later

ASHA = "+919876543210"


def test_a_receipt_between_the_resolvers_two_statements_does_not_double(product):
    product.sandbox.behave(callbacks={"drop": True})
    product.sandbox.misbehave("messages", "500_after")
    product.ask()
    product.work()
    log = product.log("whatsapp")
    assert log.state == State.UNKNOWN
    CommunicationLog.objects.filter(pk=log.pk).update(looks=1)
    sid = product.sandbox.messages(ASHA)[0]["sid"]
    later("whatsapp")
    told = []

    def the_receipt_comes_first(execute, sql, params, many, context):
        if sql.startswith("SELECT") and "messaging_communicationlog" in sql and not told:
            told.append(sql)
            receipts.store(log.pk, sid, "delivered")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(the_receipt_comes_first):
        doubt.resolve_unknown(log.pk)
    after = product.log("whatsapp").state
    later("whatsapp")
    product.work()

    assert told
    assert (after, len(product.sandbox.messages(ASHA))) == (State.DELIVERED, 1)


def test_a_row_in_doubt_from_before_the_upgrade_does_not_stay_for_ever(product, no_receipts):
    """The old worker claimed (no request begun), migrate ran, then it was killed."""
    product.ask()
    earlier = timezone.now() - timedelta(seconds=5)
    CommunicationLog.objects.filter(channel="whatsapp").update(
        state=State.SENDING, posted_at=None, lease_until=earlier
    )

    for _ in range(4):
        later("whatsapp")
        product.work()

    assert product.log("whatsapp").state == State.SENT
