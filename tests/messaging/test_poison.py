"""One row that is refused with 401 again and again, among rows that are accepted."""

from coaching.accounts.models import User
from coaching.messaging import watch
from coaching.messaging.models import Alert
from tests.messaging.test_doubt import later
from tests.messaging.test_pauses import a_minute_passes


def test_one_row_that_is_always_refused_tells_the_owner_once(product):
    User.objects.create_superuser("owner@example.com", name="The owner")
    poisoned = product.ask(name="P", phone="98111 22333")
    product.sandbox.misbehave("messages", "401", times=None, to=poisoned.phone)

    for n in range(4):
        product.ask(name=f"Name {n}", phone=f"98{n:02}7 6432{n}")
        later("whatsapp")
        product.work()
        a_minute_passes()
        later("whatsapp")
        product.work()
        watch.watch()

    mails = [m for m in product.sandbox.mails() if "refuses our keys" in str(m)]
    assert (len(mails), Alert.objects.count()) == (1, 1)
