"""One way to change a state: a compare-and-swap that only one caller wins."""


def move(row, to, *, where=None, **fields):
    """Move `row` from the state that the caller saw to `to`, writing `fields`, in one UPDATE.

    True only for the caller who moved the row. False when somebody else moved it since it was
    read, or when the model's `TRANSITIONS` do not lead from there to `to`. `where` adds further
    conditions (a claim token, say). On success the instance carries the new values; nothing is
    raised and no transaction is opened.
    """
    if to not in row.TRANSITIONS[row.state]:
        return False
    rows = type(row)._base_manager.filter(pk=row.pk, state=row.state, **(where or {}))
    if not rows.update(state=to, **fields):
        return False
    for name, value in {"state": to, **fields}.items():
        setattr(row, name, value)
    return True
