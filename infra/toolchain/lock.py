"""Checks that anyone can install from the lock file, and that laptop and Lambda get the same versions from it.

Example: ``python -m toolchain.lock uv.lock shared/requirements.txt``
"""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from packaging.requirements import Requirement

PUBLIC_HOSTS = frozenset({"pypi.org", "files.pythonhosted.org"})
"""A mirror's address in the lock would tie every clone to that mirror."""
PYTHONS = ("3.11.5", "3.12.0", "3.13.0")
"""The versions that must resolve alike; what is tested on one is what runs on another."""


def addresses(lock: Path) -> Iterator[str]:
    """Yield each fault in where the packages of a ``uv.lock`` come from; the project itself is a folder."""
    for package in tomllib.loads(lock.read_text(encoding="utf-8"))["package"]:
        source = package["source"]
        urls = [source["registry"]] if "registry" in source else []
        if not urls and not source.keys() & {"editable", "virtual"}:
            yield f"{package['name']}: locked from {source}, which is no registry; depend on a release on pypi.org"
        files = [*package.get("wheels", []), *([package["sdist"]] if "sdist" in package else [])]
        urls += [file["url"] for file in files]
        for host in sorted({urlsplit(url).hostname or url for url in urls} - PUBLIC_HOSTS):
            yield f"{package['name']}: locked from {host}; lock again with pypi.org as the only index"
        yield from (f"{package['name']}: {file['url']} has no hash; lock again" for file in files if "hash" not in file)


def same_versions(requirements: Path) -> Iterator[str]:
    """Yield each package of an exported requirements file whose version depends on the Python it runs on."""
    text = requirements.read_text(encoding="utf-8")
    lines = re.sub(r"\\\n", "", text).splitlines()
    pinned = [Requirement(line.split(" --hash", 1)[0]) for line in lines if line and not line.startswith(("#", " "))]
    versions: dict[str, set[str]] = {}
    for requirement in pinned:
        for python in PYTHONS:
            # By Lambda's platform, wherever this runs.
            environment = {
                "python_version": python.rpartition(".")[0],
                "python_full_version": python,
                "sys_platform": "linux",
                "platform_system": "Linux",
            }
            if requirement.marker is None or requirement.marker.evaluate(environment):
                versions.setdefault(requirement.name, set()).add(str(requirement.specifier))
    for name, found in sorted(versions.items()):
        if len(found) > 1:
            yield f"{name}: {' or '.join(sorted(found))}, by the Python it runs on; bound it in pyproject.toml"


def main(arguments: list[str] | None = None) -> int:
    """Print each fault; returns 0 without faults and 1 with some."""
    parser = argparse.ArgumentParser(prog="python -m toolchain.lock", description=__doc__)
    parser.add_argument("lock", type=Path)
    parser.add_argument("requirements", type=Path)
    options = parser.parse_args(arguments)
    faults = [*addresses(options.lock), *same_versions(options.requirements)]
    for fault in faults:
        sys.stdout.write(f"{fault}\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
