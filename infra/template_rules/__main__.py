"""``python -m template_rules TEMPLATE --sources FUNCTIONS PACKAGE --transformed FOLDER``."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from localcloud.template.errors import TemplateError
from template_rules import Application, source_faults, template_faults


def main(arguments: list[str] | None = None) -> int:
    """Check a template and the entry points; returns 0 without faults, 1 with some, 2 where none could be read."""
    parser = argparse.ArgumentParser(
        prog="python -m template_rules",
        description="Check a SAM template with its nested stacks, and the source it deploys, against our own rules.",
        epilog="Example: python -m template_rules template.yaml --sources functions shared/broadsheet",
    )
    parser.add_argument("template", type=Path)
    parser.add_argument("--sources", type=Path, nargs=2, metavar=("FUNCTIONS", "PACKAGE"))
    parser.add_argument("--transformed", type=Path, metavar="FOLDER", help="write each there without SAM")
    options = parser.parse_args(arguments)
    try:
        application = Application.read(options.template)
    except TemplateError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if options.transformed:
        write_transformed(application, options.transformed)
    faults = list(template_faults(application))
    if options.sources:
        faults += source_faults(*options.sources)
    for fault in faults:
        sys.stdout.write(f"{fault}\n")
    return 1 if faults else 0


def write_transformed(application: Application, folder: Path) -> None:
    """Write each template without SAM, for cfn-lint: on the SAM template alone it misses most faults.

    They lie in ``folder`` as the originals lie beside the root, so that nested stacks are found, and are JSON,
    which YAML reads.
    """
    root = application.templates[0].file.parent
    for template in application.templates:
        copy = folder / template.file.relative_to(root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(json.dumps(template.document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
