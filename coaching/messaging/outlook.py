"""What a release would do: how many of the held messages may leave now, and what they cost."""

from dataclasses import dataclass

from django.db.models import Count
from django.utils import timezone

from coaching.centre.models import Profile
from coaching.common.lookups import AtLeast
from coaching.common.templatetags.spans import at
from coaching.messaging import bulk, reasons, switches
from coaching.messaging.models import Channel, CommunicationLog, State


@dataclass(frozen=True)
class Share:
    """The messages of one channel among those looked at; money in paise.

    `on_their_way` wait to be sent already, and spend before these. `opens_later`: these are calls,
    dialled when calling hours open, from the budgets of then.
    """

    switch: switches.Switch
    count: int
    on_their_way: int
    opens_later: bool

    @property
    def count_text(self):
        return str(self.count) if isinstance(self.count, AtLeast) else f"{self.count:,}"

    @property
    def budget_paise(self):
        """What these may spend in the hour they leave in, or None where there is no limit."""
        left = self.switch.cap_paise if self.opens_later else self.switch.left_paise
        return None if left is None else max(0, left - self.on_their_way * self.switch.price_paise)

    @property
    def fits(self):
        """How many of them may leave: none past an obstacle, the others as the budget allows."""
        if self.obstacle and not self.switch.refused:  # for new keys they can wait
            return 0
        if self.budget_paise is None or not self.switch.price_paise:
            return self.count
        return min(self.count, self.budget_paise // self.switch.price_paise)

    @property
    def cost_paise(self):
        return self.fits * self.switch.price_paise

    @property
    def left_then_paise(self):
        """What these leave of the budget for those who ask meanwhile; None without a limit."""
        return None if self.budget_paise is None else self.budget_paise - self.cost_paise

    @property
    def uses_it_up(self):
        """Whether nobody who asks meanwhile could be answered on this channel."""
        left = self.left_then_paise
        return bool(self.fits) and left is not None and left < self.switch.price_paise

    @property
    def obstacle(self):
        """What else stands in the way of all of them, and what to do, or ''."""
        return reasons.explain(self.switch.holds_back)

    @property
    def why_not_all(self):
        """What becomes of those that do not fit into the budget, in a sentence, or ''."""
        if self.obstacle or self.fits == self.count:
            return ""
        if self.switch.is_too_small:
            return "one costs more than the budget, so none can leave. Raise the budget."
        taken = (self.on_their_way + self.fits + 1) * self.switch.price_paise
        then = None if self.opens_later else self.switch.room_again_at(taken)
        when = f"{at(then)} or later" if then else "when those have been called"
        fits = f"suffices for {self.fits:,} of them" if self.fits else "is spent"
        return f"the budget {fits}. The rest stays held: release it {when}, or raise the budget."


def shares(rows):
    """Return a Share for each channel that has any of the held `rows`, counted up to AT_ONCE."""
    waiting = CommunicationLog.objects.filter(state=State.PENDING).order_by()
    on_their_way = dict(waiting.values_list("channel").annotate(Count("pk")))
    too_early = not Profile.current().may_call_at(timezone.now())
    found = []
    for channel, switch in switches.now().items():
        of_channel = rows.filter(channel=channel).order_by().values("pk")
        count = of_channel[: bulk.AT_ONCE + 1].count()
        if count:
            found.append(
                Share(
                    switch=switch,
                    count=AtLeast(bulk.AT_ONCE) if count > bulk.AT_ONCE else count,
                    on_their_way=on_their_way.get(channel, 0),
                    opens_later=too_early and channel == Channel.VOICE,
                )
            )
    return found
