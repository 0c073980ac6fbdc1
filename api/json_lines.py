"""JSON as the command line prints it."""

import json


def dump_line(record: object) -> str:
    """Return one line of JSON with sorted keys, without its end."""
    return json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(", ", ": "))
