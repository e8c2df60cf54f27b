"""debit takes day then hour; give_back takes them as the table has them."""

import threading
from concurrent.futures import ThreadPoolExecutor

from django.db import OperationalError, connection, transaction
from django.utils import timezone

from coaching.messaging import spending


def test_debits_and_returns_in_parallel_do_not_deadlock(transactional_db, centre):
    centre.budget_voice_paise_day = centre.budget_voice_paise_hour = 0
    centre.save()
    now = timezone.now()
    with transaction.atomic():
        spending.debit("voice", 900 * 4000, centre, now)
    failed = []

    def one(n):
        try:
            for _ in range(150):
                with transaction.atomic():
                    if n % 2:
                        spending.debit("voice", 900, centre, now)
                    else:
                        spending.give_back("voice", 900, now)
        except OperationalError as error:
            failed.append(str(error).splitlines()[0])
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(8)))

    assert failed == []


def test_the_order_in_which_a_return_locks(transactional_db, centre):
    """Deterministic: after updates the hour's tuple may lie before the day's."""
    if connection.vendor != "postgresql":
        return
    now = timezone.now()
    with transaction.atomic():
        spending.debit("voice", 9000, centre, now)
    from coaching.messaging.models import Spend

    # What a vacuum and a few updates leave behind: the day's newest tuple after the hour's.
    with transaction.atomic():
        for n in range(400):  # the page is full: the day moves on to the next
            Spend.objects.filter(period="day").update(paise=9001 + n)
    day_is_held, go_on = threading.Event(), threading.Event()
    seen = {}

    def debits():
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL deadlock_timeout = '5s'")
                cursor.execute("SELECT 1 FROM messaging_spend WHERE period='day' FOR UPDATE")
                day_is_held.set()
                go_on.wait(1.5)
                cursor.execute("SELECT 1 FROM messaging_spend WHERE period='hour' FOR UPDATE")
        except OperationalError as error:
            seen["debit"] = str(error).splitlines()[0]
        finally:
            connection.close()

    def gives_back():
        day_is_held.wait(5)
        try:
            with transaction.atomic():
                spending.give_back("voice", 900, now)
        except OperationalError as error:
            seen["give_back"] = str(error).splitlines()[0]
        finally:
            connection.close()

    threads = [threading.Thread(target=debits), threading.Thread(target=gives_back)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert seen == {}
