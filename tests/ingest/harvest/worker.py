"""A harvest in a process of its own, which may kill itself; what it gave is printed as JSON."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .attempting import Attempting, opened


def main(plan: dict[str, Any]) -> None:
    """Harvest as planned."""
    model = Attempting(plan["answers"], log=Path(plan["log"]), kill_at=plan["kill_at"])
    with opened(Path(plan["home"]), model) as memory:
        report = memory.harvest(plan["tasks"], samples=plan["samples"], rounds=2)
        keys = sorted(one.entry.key for one in memory.list_entries())
    print(
        json.dumps({"rounds": [asdict(one) for one in report.rounds], "job": report.job.counts.to_json(), "keys": keys})
    )


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text()))
