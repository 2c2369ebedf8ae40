"""What a cold start imports: each function's entry point, in an interpreter of its own, as Lambda loads it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from broadsheet_cli.local_run import TEMPLATE
from localcloud.runtime.modules import search_path
from localcloud.template import read_stack

BASELINE = "boto3"
"""What every function imports whatever it does, and so the least that any can take."""
TRIES = 3
_PROGRAM = """
import importlib, sys, time
begun = time.process_time()
importlib.import_module(sys.argv[1])
print(time.process_time() - begun)
"""


def import_seconds() -> dict[str, float]:
    """Return CPU seconds to import boto3 and each entry point, by module: the least of ``TRIES`` tries."""
    stack = read_stack(TEMPLATE, parameters={}, stack_name="bench")
    modules = {BASELINE: list[str]()}
    for function in stack.functions.values():
        modules[function.handler.partition(".")[0]] = search_path(function.code_dir, function.layer_dirs)
    return {name: min(_seconds(name, path) for _ in range(TRIES)) for name, path in modules.items()}


def _seconds(module: str, path: list[str]) -> float:
    env = os.environ | {"PYTHONPATH": os.pathsep.join(path), "AWS_DEFAULT_REGION": "us-east-1"}
    command = [sys.executable, "-c", _PROGRAM, module]
    run = subprocess.run(command, env=env, cwd=Path(TEMPLATE).parent, check=True, capture_output=True, text=True)  # noqa: S603
    return float(run.stdout)
