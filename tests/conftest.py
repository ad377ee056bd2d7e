"""Tests leave the user's own az alone: importing az's core makes its configuration folder."""

import os

from tests.az import ROOT

os.environ["AZURE_CONFIG_DIR"] = str(ROOT / ".run" / "azure" / os.environ.get("PYTEST_XDIST_WORKER", "main"))
