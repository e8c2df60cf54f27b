"""Lists as Twilio gives them: newest first, filtered, page by page.

The page token is the newest row of the first page, so that what arrives in between neither
repeats a row on the next page nor hides one.
"""

from urllib.parse import urlencode

from coaching.sandbox.times import read_range
from coaching.sandbox.twilio.bodies import account_path

PAGE_SIZE = 50

# A message or call that has not gone out yet is listed under the time it was asked for: whoever
# reconciles must find it, and Twilio's own documentation leaves the case open.
MOMENTS = {
    "messages": {"DateSent": "COALESCE(sent_at, created_at)"},
    "calls": {"StartTime": "COALESCE(started_at, created_at)", "EndTime": "ended_at"},
}
COLUMNS = {"To": "recipient", "From": "sender", "Status": "status"}


def page(world, table, query, body_of):
    """One page of a list; `query` has passed the contract."""
    wanted, values = _conditions(table, query)
    size, number = query.get("PageSize", PAGE_SIZE), query.get("Page", 0)
    token = query.get("PageToken", "")
    if token.startswith("PA") and token[2:].isdigit():
        wanted.append("id <= ?")
        values.append(int(token[2:]))
    where = " AND ".join(wanted) or "1"
    rows = world.store.all(
        f"SELECT * FROM {table} WHERE {where} ORDER BY id DESC LIMIT ? OFFSET ?",  # noqa: S608
        *values,
        size + 1,
        number * size,
    )
    more, rows = len(rows) > size, rows[:size]
    if rows and not token:
        token = f"PA{rows[0]['id']}"

    def uri(at):
        asked = {k: v for k, v in query.items() if k not in {"Page", "PageToken", "PageSize"}}
        paging = {"PageSize": size, "Page": at} | ({"PageToken": token} if at else {})
        return f"{account_path(world)}/{table.capitalize()}.json?{urlencode(asked | paging)}"

    return {
        table: [body_of(world, row) for row in rows],
        "page": number,
        "page_size": size,
        "start": number * size,
        "end": number * size + max(len(rows) - 1, 0),
        "uri": uri(number),
        "first_page_uri": uri(0),
        "previous_page_uri": uri(number - 1) if number else None,
        "next_page_uri": uri(number + 1) if more else None,
    }


def _conditions(table, query):
    wanted, values = [], []
    for name, column in COLUMNS.items():
        if name in query:
            wanted.append(f"{column} = ?")
            values.append(query[name])
    if query.get("ParentCallSid"):
        wanted.append("0")  # no call here has a parent
    for name, column in MOMENTS[table].items():
        if name in query:
            wanted.append(f"{column} BETWEEN ? AND ?")
            values += read_range(query[name])
        if f"{name}>" in query:
            wanted.append(f"{column} >= ?")
            values.append(read_range(query[f"{name}>"])[0])
        if f"{name}<" in query:
            wanted.append(f"{column} <= ?")
            values.append(read_range(query[f"{name}<"])[1])
    return wanted, values
