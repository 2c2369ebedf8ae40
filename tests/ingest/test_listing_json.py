from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))
from listings import CORPORA, a_source, look  # noqa: E402

from broadsheet.ingest.listing_json import read_json_items  # noqa: E402
from broadsheet.model.article import Listing, SourceDocument  # noqa: E402
