"""Checks that Lambda can load a built layer: each binary for its processor and Python, all of it small enough.

Example: ``python -m toolchain.layer .aws-sam/build/SharedLayer --architecture arm64 --runtime python3.13``
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MAX_UNZIPPED_BYTES = 250 * 1024 * 1024
"""Lambda's limit for a function and its layers together, unzipped."""

# e_machine of the ELF header, https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html
_MACHINES = {"arm64": 183, "x86_64": 62}
_MAGIC = b"\x7fELF"
_CLASS_64, _LITTLE_ENDIAN = 2, 1
_HEADER_BYTES = 20
_PYTHON_TAG = re.compile(r"\.cpython-(?P<version>\d+)[a-z]*-")


@dataclass(frozen=True, slots=True)
class Report:
    """What was found: binaries and bytes counted, and each fault in words."""

    binaries: int
    unzipped_bytes: int
    faults: tuple[str, ...]


def inspect(layer: Path, *, architecture: str, runtime: str) -> Report:
    """Inspect a built layer's folder, which holds ``python/``.

    ``architecture`` is ``arm64`` or ``x86_64``, ``runtime`` Lambda's name such as ``python3.13``.
    """
    files = [file for file in sorted(layer.rglob("*")) if file.is_file()]
    total = sum(file.stat().st_size for file in files)
    binaries = 0
    faults: list[str] = []
    for file in files:
        with file.open("rb") as stream:
            header = stream.read(_HEADER_BYTES)
        name = file.relative_to(layer).as_posix()
        if header.startswith(_MAGIC):
            binaries += 1
            faults += _binary_faults(name, header, architecture, runtime)
        elif file.suffix in {".so", ".pyd", ".dylib"}:
            faults.append(f"{name}: no Linux binary; only wheels for Lambda's Linux belong in the layer")
    if not (layer / "python" / "broadsheet").is_dir():
        faults.append(f"{layer}: python/broadsheet is missing; run `make build`")
    if not binaries:
        faults.append(f"{layer}: no binary at all, so the packages are missing; run `make build`")
    if total > MAX_UNZIPPED_BYTES:
        faults.append(f"{layer}: {total:,} bytes unzipped, Lambda takes {MAX_UNZIPPED_BYTES:,}; drop a package")
    return Report(binaries, total, tuple(faults))


def _binary_faults(name: str, header: bytes, architecture: str, runtime: str) -> Iterator[str]:
    machine = int.from_bytes(header[18:20], "little")
    if header[4] != _CLASS_64 or header[5] != _LITTLE_ENDIAN or machine != _MACHINES[architecture]:
        yield f"{name}: built for another processor (ELF machine {machine}) than {architecture}; rebuild the layer"
    tag = _PYTHON_TAG.search(name)
    wanted = runtime.removeprefix("python").replace(".", "")
    if tag and tag["version"] != wanted:
        yield f"{name}: built for another Python than {runtime}; rebuild the layer"


def main(arguments: list[str] | None = None) -> int:
    """Print each fault, then one line of counts; returns 0 without faults and 1 with some."""
    parser = argparse.ArgumentParser(prog="python -m toolchain.layer", description=__doc__)
    parser.add_argument("layer", type=Path)
    parser.add_argument("--architecture", choices=sorted(_MACHINES), default="arm64")
    parser.add_argument("--runtime", default="python3.13")
    options = parser.parse_args(arguments)
    report = inspect(options.layer, architecture=options.architecture, runtime=options.runtime)
    for fault in report.faults:
        sys.stdout.write(f"{fault}\n")
    mebibytes = report.unzipped_bytes / 1024 / 1024
    target = f"{options.architecture}, {options.runtime}"
    sys.stdout.write(f"layer: {report.binaries} binaries for {target}; {mebibytes:.0f} of 250 MiB unzipped\n")
    return 1 if report.faults else 0


if __name__ == "__main__":
    sys.exit(main())
