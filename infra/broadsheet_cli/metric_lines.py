"""Business metrics, read back from what functions print in CloudWatch's embedded metric format (EMF)."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

FETCHED = "fetched"
"""Message of the log line that the fetcher writes for each request, with its ``host``."""


@dataclass(slots=True)
class MetricTally:
    """Sums of the metrics in the lines it was given, by name; and requests to other hosts, by host and port."""

    sums: Counter[str] = field(default_factory=Counter)
    requests: Counter[str] = field(default_factory=Counter)

    def read(self, line: str) -> None:
        """Add what ``line`` tells; a line that tells of neither adds nothing."""
        if '"_aws"' not in line and f'"{FETCHED}"' not in line:
            return
        try:
            document: dict[str, Any] = json.loads(line)
        except ValueError:
            return
        if document.get("message") == FETCHED:
            self.requests[str(document.get("host"))] += 1
        for directive in document.get("_aws", {}).get("CloudWatchMetrics", ()):
            for metric in directive.get("Metrics", ()):
                value = document.get(metric["Name"], 0)
                self.sums[metric["Name"]] += int(sum(value) if isinstance(value, list) else value)
