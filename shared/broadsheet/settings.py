"""The environment a function is deployed with, read once. A missing name is an error that lists all missing names."""

from __future__ import annotations

from collections.abc import Mapping

from broadsheet.model.errors import ConfigurationError


class Settings:
    """Values of the environment by name, checked when it is made.

    ``required`` are the names without which the function cannot work. Raises ConfigurationError that lists all that
    are missing or empty.
    """

    def __init__(self, environment: Mapping[str, str], required: tuple[str, ...]) -> None:
        missing = [name for name in required if not environment.get(name)]
        if missing:
            raise ConfigurationError(
                f"environment: {', '.join(missing)} not set; template.yaml gives each function what it needs"
            )
        self._environment = environment

    def text(self, name: str) -> str:
        """Return the value of ``name``, "" where it is not set."""
        return self._environment.get(name, "")

    def number(self, name: str) -> int:
        """Return the value of ``name`` as an int; raises ConfigurationError where it is none."""
        value = self.text(name)
        if not value.isdecimal():
            raise ConfigurationError(f"environment: {name} is {value!r}; set a whole number")
        return int(value)

    def hosts(self, name: str) -> frozenset[str]:
        """Return the comma-separated ``host:port`` pairs of ``name``."""
        return frozenset(part.strip() for part in self.text(name).split(",") if part.strip())
