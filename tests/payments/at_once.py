"""Things that happen at the same moment: threads that wait for one another, then all go."""

import threading
from concurrent.futures import ThreadPoolExecutor

from django.db import connection


def at_once(acts):
    """Do all `acts` at the same moment; returns what each gave, or the exception it raised."""
    acts = list(acts)
    barrier = threading.Barrier(len(acts))

    def do(act):
        barrier.wait(30)
        try:
            return act()
        except Exception as error:  # the caller looks at it
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(do, acts))
