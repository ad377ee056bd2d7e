"""Killed at any moment and run again, an apply ends as wanted, and nothing is written twice."""

import json
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.support.azure import ROOT
from tests.support.fleets import FIRST, fleet_azure, manifest_of, plan, verbs, writes

PROGRAM = """
import sys
from azext_amlarc.sdk import Fleet
states = {one["state"] for one in Fleet(sys.argv[1], sys.argv[2]).apply(yes=True, engine=sys.argv[3])}
sys.exit(not states <= {"done", "unchanged"})
"""


LONG = [pytest.mark.matrix, pytest.mark.timeout(900)]


@pytest.mark.parametrize(
    ("clusters", "kills", "engine"),
    [
        (8, 4, "direct"),
        (6, 2, "stack"),
        pytest.param(100, 20, "direct", marks=LONG),
        pytest.param(100, 10, "stack", marks=LONG),
    ],
)
def test_whenever_it_is_killed_it_goes_on_where_it_stopped(
    tmp_path: Path, clusters: int, kills: int, engine: str
) -> None:
    moments = random.Random(clusters)
    with fleet_azure(tmp_path, clusters, "--polls", "0", "--operation-seconds", "2", subscriptions=2) as azure:
        (tmp_path / "fleet.json").write_text(json.dumps(manifest_of(2)), encoding="utf-8")
        command = [sys.executable, "-c", PROGRAM, str(tmp_path / "fleet.json"), FIRST, engine]
        environment = {**azure.env, **azure.python_env, "PYTHONPATH": str(ROOT)}
        for _ in range(kills):
            process = subprocess.Popen(command, env=environment, cwd=tmp_path)
            before, began = len(azure.traffic()), time.monotonic()
            while len(azure.traffic()) == before and time.monotonic() - began < 30:
                time.sleep(0.05)
            time.sleep(moments.uniform(0.1, 2.5))
            process.kill()
            process.wait(10)
        done = subprocess.run(command, env=environment, cwd=tmp_path, timeout=600, check=False)
        assert done.returncode == 0
        assert verbs(plan(azure, manifest_of(2))) == {"none": clusters}
        twice = {line: number for line, number in Counter(writes(azure)).items() if number > 1}
    assert twice == {}
