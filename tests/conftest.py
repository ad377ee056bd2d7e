"""Tests leave the user's own az alone: importing az's core would make its configuration folder."""

import os

from tests.az import ROOT

os.environ["AZURE_CONFIG_DIR"] = str(ROOT / ".run" / "azure")
