"""One way to change a state: a compare-and-swap that only one caller wins."""


def move(row, to, *, where=None, **fields):
    """Move `row` to the state `to`, and write `fields` with it, in one UPDATE.

    True only for the caller who moved the row; False when somebody else was first, or when the
    model's `TRANSITIONS` do not lead from the row's present state to `to`. `where` adds further
    conditions (a claim token, say). On success the instance carries the new values; nothing is
    raised and no transaction is opened.
    """
    origins = [state for state, targets in row.TRANSITIONS.items() if to in targets]
    rows = type(row)._base_manager.filter(pk=row.pk, state__in=origins, **(where or {}))
    if not rows.update(state=to, **fields):
        return False
    for name, value in {"state": to, **fields}.items():
        setattr(row, name, value)
    return True
