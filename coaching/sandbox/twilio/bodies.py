"""Answers in the shape of the API's schemas: every property the description names."""

import json

from coaching.sandbox.times import rfc2822

VERSION = "2010-04-01"


def account_path(world):
    return f"/{VERSION}/Accounts/{world.config.account_sid}"


def message_body(world, row):
    uri = f"{account_path(world)}/Messages/{row['sid']}"
    failed = row["error_code"]
    return {
        "sid": row["sid"],
        "account_sid": world.config.account_sid,
        "api_version": VERSION,
        "body": row["body"],
        "date_created": rfc2822(row["created_at"]),
        "date_sent": rfc2822(row["sent_at"]),
        "date_updated": rfc2822(row["updated_at"]),
        "direction": row["direction"],
        "error_code": failed,
        "error_message": None,
        "from": row["sender"],
        "messaging_service_sid": row["service_sid"],
        "num_media": str(len(json.loads(row["media"]))),
        "num_segments": "1",
        "price": None,
        "price_unit": "USD",
        "status": row["status"],
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": row["recipient"],
        "uri": f"{uri}.json",
    }


def call_body(world, row):
    uri = f"{account_path(world)}/Calls/{row['sid']}"
    return {
        "sid": row["sid"],
        "account_sid": world.config.account_sid,
        "answered_by": row["answered_by"],
        "api_version": VERSION,
        "caller_name": None,
        "date_created": rfc2822(row["created_at"]),
        "date_updated": rfc2822(row["updated_at"]),
        "direction": "outbound-api",
        "duration": None if row["duration"] is None else str(row["duration"]),
        "end_time": rfc2822(row["ended_at"]),
        "forwarded_from": None,
        "from": row["sender"],
        "from_formatted": row["sender"],
        "group_sid": None,
        "parent_call_sid": None,
        "phone_number_sid": None,
        "price": None,
        "price_unit": "USD",
        "queue_time": "0",
        "start_time": rfc2822(row["started_at"]),
        "status": row["status"],
        "subresource_uris": {"recordings": f"{uri}/Recordings.json"},
        "to": row["recipient"],
        "to_formatted": row["recipient"],
        "trunk_sid": None,
        "uri": f"{uri}.json",
    }
