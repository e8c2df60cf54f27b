"""The long run of the till: people enrol by the form and pay, decline, come late, pay twice; their
webhooks are lost, doubled, mixed up and forged; the owner gives back; warm processes die.
"""

import time
from contextlib import suppress

from tests.chaos import faultpoints
from tests.chaos.client import new_phone
from tests.chaos.money import Buyer, Till
from tests.chaos.storm import Storm
from tests.conftest import eventually

# Of a hundred people who are on PhonePe's page: what they do there, one after another.
STORIES = {
    ("pay",): 45,
    ("fail_attempt", "pay"): 8,
    ("decline",): 6,
    ("decline", "again", "pay"): 8,
    ("decline", "pay_late"): 5,
    ("pay_late",): 8,
    ("again", "pay", "first page", "pay"): 12,  # paid twice
    (): 8,  # nobody knows why
}
LOOKS_BACK = 0.6  # of those who paid: the others close the browser
OWNER_GIVES_BACK = 0.15
PATIENCE_SECONDS = 90
OWNER_WAITS_SECONDS = 40  # above the first question of the schedule
LIES = dict.fromkeys(
    ("pay", "status", "refund", "refund_status"),
    ("500_before", "500_after", "reset_after", "hang_after", "429", "bad_json"),
) | {"token": ("500_before",)}
BATCHES = {"FND-EVE": 30_000, "DA-WKD": 30}  # and how many seats: the second sells out
# What never waits: checked hourly, or tried again minutes later.
AN_HOUR_PASSES = (
    "UPDATE payments_payment SET next_check_at = now() WHERE state = 'failed'",
    "UPDATE payments_refund SET due_at = now() WHERE state = 'due' AND attempt > 1",
)
UNDER_WAY = """
    SELECT merchant_refund_id FROM payments_refund WHERE state IN ('due', 'sending', 'pending')
    UNION SELECT dedupe_key FROM messaging_communicationlog
        WHERE direction = 'out' AND state IN ('pending', 'sending', 'unknown')
"""


class MoneyStorm(Storm):
    """As the other storm; `leads` are people who enrol. `webhooks`: how they always come."""

    lies = LIES
    points_of_web = (
        *faultpoints.OF_ATTEMPT, *faultpoints.OF_SETTLE, "before-commit", "after-commit",
    )  # fmt: skip
    points_of_worker = (*faultpoints.OF_SETTLE, *faultpoints.OF_REFUND, "settled")
    web_says = "POST /payments/checkout/"

    def __init__(self, house, office, *, webhooks=None, **how):
        super().__init__(house, **how)
        self.webhooks = webhooks
        self.till = Till(house, office)
        self.buyers, self.broken, self.full = [], [], 0
        for code, seats in BATCHES.items():
            house.sql(f"UPDATE academics_batch SET seats = {seats} WHERE code = '{code}'")

    def mood(self):
        chance = self.random
        webhooks = self.webhooks or {
            "lose": chance.random() < 0.4,
            "times": chance.choice([1, 1, 3]),
            "shuffle": chance.random() < 0.3,
            "delay_ms": chance.choice([0, 0, 1500]),
            "forge": chance.choice(["", "", "hash", "body"]),
        }
        return {**super().mood(), "phonepe": webhooks}

    def visit(self):
        """One person's way; what went wrong with it is kept as a sentence."""
        buyer = Buyer(new_phone())
        self.buyers.append(buyer)
        try:
            self._live(buyer)
        except Exception as error:
            self.broken.append(f"{buyer.phone}: {error!r}")

    def _live(self, buyer):
        """The form, PhonePe's page, perhaps a look back, perhaps the owner gives back."""
        chance = self.random
        story = chance.choices(list(STORIES), list(STORIES.values()))[0]
        code = chance.choices(list(BATCHES), [4, 1])[0]
        looks_back, is_given_back = chance.random() < LOOKS_BACK, chance.random() < OWNER_GIVES_BACK
        rupees = chance.choice([2_000, 4_500, None])
        plan = chance.choice(["full", "instalments"])
        first_page = self.till.enrols(buyer, code, plan, PATIENCE_SECONDS)
        if not first_page:
            self.full += 1
            return
        for what in story:
            if what == "first page":
                buyer.page = first_page
            elif what == "again":
                buyer.page = ""
                self.till.goes_to_phonepe(buyer, PATIENCE_SECONDS)
            else:
                self.till.at_phonepe(buyer, what)
        if looks_back and buyer.way_back:
            for _ in range(3):
                buyer.answers.append(self.till.looks(buyer))
                time.sleep(2)
        if is_given_back and "pay" in story:
            self._owner(buyer, rupees)

    def _owner(self, buyer, rupees):
        """Give back a part, or all (None), of what has come by then; nothing when nothing has."""
        with suppress(AssertionError):
            eventually(lambda: self.till.kept_paise(buyer) is not None, OWNER_WAITS_SECONDS)
        if kept := (self.till.kept_paise(buyer) or 0) // 100:
            buyer.answers.append(self.till.owner_gives_back(buyer, min(rupees or kept, kept)))

    def unsettled(self):
        """What is still on its way: money that PhonePe has and we have not seen, refunds,
        messages."""
        for statement in AN_HOUR_PASSES:
            self.till.rows(statement)
        return [*self.till.unseen(), *self.till.rows(UNDER_WAY)]
