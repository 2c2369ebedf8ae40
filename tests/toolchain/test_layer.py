"""The check of a built layer: processor, Python, completeness, size."""

from __future__ import annotations

from pathlib import Path

import pytest

from toolchain import layer

ARM, X86 = 183, 62


def elf(machine: int, *, bits: int = 2, order: int = 1) -> bytes:
    """Make the first 20 bytes of an ELF file for a processor."""
    return b"\x7fELF" + bytes([bits, order]) + bytes(12) + machine.to_bytes(2, "little")


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """Make a layer that is right for arm64 and Python 3.13."""
    python = tmp_path / "python"
    (python / "broadsheet").mkdir(parents=True)
    (python / "broadsheet" / "__init__.py").write_text("", encoding="utf-8")
    (python / "_yaml.cpython-313-aarch64-linux-gnu.so").write_bytes(elf(ARM))
    (python / "nh3.abi3.so").write_bytes(elf(ARM))
    (python / "libz.so.1").write_bytes(elf(ARM))
    return tmp_path


def faults(folder: Path, architecture: str = "arm64", runtime: str = "python3.13") -> tuple[str, ...]:
    return layer.inspect(folder, architecture=architecture, runtime=runtime).faults


def test_a_right_layer_passes(built: Path) -> None:
    report = layer.inspect(built, architecture="arm64", runtime="python3.13")
    assert report == layer.Report(binaries=3, unzipped_bytes=60, faults=())


@pytest.mark.parametrize("name", ["nh3.abi3.so", "libz.so.1", "_yaml.cpython-313-aarch64-linux-gnu.so"])
@pytest.mark.parametrize("content", [elf(X86), elf(ARM, bits=1), elf(ARM, order=2)])
def test_a_binary_for_another_processor_is_named(built: Path, name: str, content: bytes) -> None:
    (built / "python" / name).write_bytes(content)
    (fault,) = faults(built)
    assert fault.startswith(f"python/{name}: built for another processor")


def test_each_binary_is_named_when_the_whole_layer_is_for_another_processor(built: Path) -> None:
    assert len(faults(built, architecture="x86_64")) == 3


def test_a_binary_for_another_python_is_named(built: Path) -> None:
    (fault,) = faults(built, runtime="python3.12")
    assert fault.startswith("python/_yaml.cpython-313-aarch64-linux-gnu.so: built for another Python than python3.12")


def test_a_binary_of_another_system_is_named(built: Path) -> None:
    (built / "python" / "nh3.abi3.so").write_bytes(b"\xcf\xfa\xed\xfe" + bytes(16))
    (fault,) = faults(built)
    assert fault.startswith("python/nh3.abi3.so: no Linux binary")


def test_a_layer_without_the_package_or_without_binaries_is_no_layer(tmp_path: Path) -> None:
    package, binaries = faults(tmp_path)
    assert "python/broadsheet is missing" in package
    assert "no binary at all" in binaries


def test_a_layer_past_the_limit_is_refused(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layer, "MAX_UNZIPPED_BYTES", 59)
    (fault,) = faults(built)
    assert "60 bytes unzipped, Lambda takes 59" in fault


def test_command_counts_and_fails(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert layer.main([str(built)]) == 0
    assert capsys.readouterr().out == "layer: 3 binaries for arm64, python3.13; 0 of 250 MiB unzipped\n"
    assert layer.main([str(built), "--architecture", "x86_64"]) == 1
