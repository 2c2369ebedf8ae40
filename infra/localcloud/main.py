"""The ``localcloud`` command."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from localcloud.check import check
from localcloud.template import TemplateError, read_stack

WIRED_WRONG, NOT_A_TEMPLATE = 1, 2
_EXAMPLE = """example:
  localcloud check template.yaml
  localcloud check template.yaml --parameter Stage=test --json

exit status:
  0  all event sources of Python functions can run on this machine
  1  one cannot, or the wiring is broken: what, where and the mend are printed
  2  not a template, or wrong usage
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line (``sys.argv`` where none is given) and exit with its status."""
    options = _parser().parse_args(arguments)
    try:
        parameters = dict(_parameter(written) for written in options.parameter)
        verdict = check(read_stack(options.template, parameters=parameters, region=options.region))
    except (TemplateError, _UsageError) as error:
        print(f"localcloud: {error}", file=sys.stderr)
        raise SystemExit(NOT_A_TEMPLATE) from None
    try:
        print(verdict.json() if options.json else verdict.text(), flush=True)
    except BrokenPipeError:
        # The reader (`head`) has seen enough; keep Python from failing again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise SystemExit(verdict.exit_status)


class _UsageError(Exception):
    """An option that cannot be meant."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="localcloud", description="Runs SAM templates on this machine.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    checking = commands.add_parser(
        "check",
        help="print the wiring of a template, what cannot run here, and what is wrong",
        description="Print which event reaches which handler, what cannot run on this machine, and what is wrong.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    checking.add_argument("template", type=Path, metavar="TEMPLATE", help="a SAM or CloudFormation template")
    checking.add_argument(
        "--parameter", action="append", default=[], metavar="NAME=VALUE", help="a template parameter; repeatable"
    )
    checking.add_argument("--region", default="us-east-1", help="the region to read it for (default: %(default)s)")
    checking.add_argument("--json", action="store_true", help="print one JSON object instead of lines")
    return parser


def _parameter(written: str) -> tuple[str, str]:
    name, equals, value = written.partition("=")
    if not name or not equals:
        raise _UsageError(f"--parameter {written}: it is not of the form NAME=VALUE")
    return name, value


if __name__ == "__main__":
    main()
