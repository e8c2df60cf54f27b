"""After a restart: what was under way goes on, as it would at the provider."""

from coaching.sandbox.phonepe import orders, refunds


def resume(world):
    store = world.store
    for order in store.all("SELECT * FROM orders WHERE state = 'PENDING' ORDER BY id"):
        world.spawn(orders.expire_in_time(world, order))
    for attempt in store.all("SELECT * FROM attempts WHERE state = 'PENDING' ORDER BY id"):
        world.spawn(orders.arrive(world, attempt))
    for refund in store.all("SELECT * FROM refunds WHERE state IN ('PENDING', 'CONFIRMED')"):
        world.spawn(refunds.run(world, refund))
