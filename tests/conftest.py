"""What holds for all tests."""

from __future__ import annotations

from hypothesis import settings

# How long an example takes says more about the machine than about the code; and what is found must be found again.
settings.register_profile("broadsheet", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("broadsheet")
