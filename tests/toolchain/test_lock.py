"""The check of the lock file: public addresses, hashes, one version for every Python."""

from __future__ import annotations

from pathlib import Path

import pytest

from toolchain import lock

PROJECT = Path(__file__).parents[2]
LOCK = """
[[package]]
name = "paper"
version = "1.0"
source = { registry = "https://pypi.org/simple" }
sdist = { url = "https://files.pythonhosted.org/paper-1.0.tar.gz", hash = "sha256:00" }
wheels = [{ url = "https://files.pythonhosted.org/paper-1.0-py3-none-any.whl", hash = "sha256:01" }]

[[package]]
name = "broadsheet"
version = "0.1.0"
source = { editable = "." }
"""


def address_faults(folder: Path, text: str) -> list[str]:
    file = folder / "uv.lock"
    file.write_text(text, encoding="utf-8")
    return list(lock.addresses(file))


def test_public_addresses_pass(tmp_path: Path) -> None:
    assert address_faults(tmp_path, LOCK) == []


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("https://pypi.org/simple", "https://mirror.example/simple", "locked from mirror.example"),
        ("https://files.pythonhosted.org/paper-1.0.tar", "https://mirror.example/paper-1.0.tar", "from mirror.example"),
        ("https://files.pythonhosted.org/paper-1.0-py3", "file:///wheels/paper-1.0-py3", "locked from file:///wheels"),
        ('{ registry = "https://pypi.org/simple" }', '{ git = "https://git.example/paper" }', "which is no registry"),
        (', hash = "sha256:01"', "", "has no hash"),
    ],
)
def test_another_address_is_named(before: str, after: str, words: str, tmp_path: Path) -> None:
    assert before in LOCK
    (fault,) = address_faults(tmp_path, LOCK.replace(before, after))
    assert fault.startswith("paper: ")
    assert words in fault


def version_faults(folder: Path, *lines: str) -> list[str]:
    file = folder / "requirements.txt"
    hashed = [f"{line} \\\n    --hash=sha256:00" for line in lines]
    file.write_text("\n".join(["# exported", *hashed, ""]), encoding="utf-8")
    return list(lock.same_versions(file))


def test_one_version_for_all_passes(tmp_path: Path) -> None:
    assert version_faults(tmp_path, "paper==1.0", "ink==2.0 ; sys_platform == 'linux'") == []


def test_a_backport_that_only_the_older_python_needs_passes(tmp_path: Path) -> None:
    assert version_faults(tmp_path, "backport==1.0 ; python_full_version < '3.12'") == []


def test_a_version_by_python_is_named(tmp_path: Path) -> None:
    older, newer = "paper==1.0 ; python_full_version < '3.12'", "paper==2.0 ; python_full_version >= '3.12'"
    (fault,) = version_faults(tmp_path, older, newer)
    assert fault == "paper: ==1.0 or ==2.0, by the Python it runs on; bound it in pyproject.toml"


def test_our_lock_file_passes(capsys: pytest.CaptureFixture[str]) -> None:
    assert lock.main([str(PROJECT / "uv.lock"), str(PROJECT / "shared" / "requirements.txt")]) == 0
    assert capsys.readouterr().out == ""


def test_command_prints_faults(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    version_faults(tmp_path, "paper==1.0")
    address_faults(tmp_path, LOCK.replace("https://pypi.org", "https://mirror.example"))
    assert lock.main([str(tmp_path / "uv.lock"), str(tmp_path / "requirements.txt")]) == 1
    assert "mirror.example" in capsys.readouterr().out
