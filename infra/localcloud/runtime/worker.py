"""A function's own process: run as a script, with the function's environment and nothing of the local cloud's.

Takes events as JSON lines from one pipe and gives results as JSON lines to another.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from datetime import timedelta
from typing import Any


def main() -> None:
    """Load the handler, and answer events until the pipe ends."""
    settings = json.loads(sys.argv[1])
    sys.argv = sys.argv[:1]
    sys.path.insert(0, settings["home"])
    context_module = importlib.import_module("localcloud.runtime.context")
    modules = importlib.import_module("localcloud.runtime.modules")
    outcomes = importlib.import_module("localcloud.runtime.outcome")
    sys.path[:1] = settings["path"]
    handler: Any = None
    with os.fdopen(settings["events"]) as events, os.fdopen(settings["results"], "w") as results:
        for line in events:
            entry = json.loads(line)
            answer: dict[str, Any]
            try:
                if handler is None:
                    handler = modules.load_handler(settings["handler"])
                context = context_module.LambdaContext.started(
                    settings["name"],
                    settings["arn"],
                    entry["request_id"],
                    settings["memory_mb"],
                    timedelta(seconds=settings["timeout"]),
                )
                answer = {"result": json.loads(outcomes.marshalled(handler(entry["event"], context)))}
            except (Exception, SystemExit) as error:  # noqa: BLE001 - it is Lambda's to report, whatever it is
                answer = {"error": outcomes.described(error, loading=handler is None).payload()}
            sys.stdout.flush()
            sys.stderr.flush()
            results.write(json.dumps(answer) + "\n")
            results.flush()


if __name__ == "__main__":
    main()
