"""Property-based tests: few examples in the normal run, many under HYPOTHESIS_PROFILE=long."""

import os

from hypothesis import settings

settings.register_profile("short", max_examples=100, deadline=None, derandomize=True)
settings.register_profile("long", max_examples=10_000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "short"))
