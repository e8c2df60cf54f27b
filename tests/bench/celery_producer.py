"""Rings the bare worker three times for each visitor, at a rate.

    python -m tests.bench.celery_producer '{"first": 0, "rate": 10, "seconds": 30}'

Prints JSON: the number of each visitor and the moment they came.
"""

import json
import sys
import time

from tests.bench.celery_bare import mail, post
from tests.bench.people import visitor


def produce(first, rate, seconds):
    mail.delay(visitor(first).email)  # so that the first one measured finds a connection
    time.sleep(0.5)
    begun, rows = time.time(), []
    for n in range(int(rate * seconds)):
        time.sleep(max(0, begun + n / rate - time.time()))
        who = visitor(first + 1 + n)
        rows.append((first + 1 + n, time.time()))
        post.delay("Messages", who.phone)
        mail.delay(who.email)
        post.delay("Calls", who.phone)
    return rows


if __name__ == "__main__":
    print(json.dumps(produce(**json.loads(sys.argv[1]))))
