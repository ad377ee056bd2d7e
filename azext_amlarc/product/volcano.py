"""The scheduler of jobs, Volcano, where an autoscaler makes nodes as they are needed.

The extension's own configuration holds all pods of a job back until there is room for them, so that an autoscaler never
sees that nodes are missing. This is the configuration of Microsoft's troubleshooting page for that, without the plugin
overcommit, which would hold jobs back too: its maintainers' correction (Azure/AML-Kubernetes#298).
"""

from hashlib import sha256
from typing import Final

from azext_amlarc.product.extension import EXTENSION_NAMESPACE

NAME: Final = "volcano-scheduler-no-gang"
SCHEDULER: Final = "volcano-scheduler"  # the Deployment that the extension runs it as
INSTALLS: Final = "installVolcano"
# The settings with which the extension uses it; they are taken away again to undo that.
SETTINGS: Final = {
    "volcanoScheduler.schedulerConfigMap": NAME,
    "amloperator.skipResourceValidation": "True",
}
_FILE: Final = "volcano-scheduler.conf"
CONFIGURATION: Final = """\
actions: "enqueue, allocate, backfill"
tiers:
- plugins:
  - name: sla
    arguments:
      sla-waiting-time: 1m
- plugins:
  - name: conformance
- plugins:
  - name: drf
  - name: predicates
  - name: proportion
  - name: nodeorder
  - name: binpack
"""
DATA: Final = {_FILE: CONFIGURATION}
# The annotation of the Deployment that says what it was last restarted for: a restart that a killed run did not get to
# is made up for.
RESTARTED_FOR: Final = "amlarc/scheduler-configuration"


def mark(on: bool) -> str:
    """What the annotation says once the scheduler runs with this configuration, or, without `on`, with its own."""
    return sha256(CONFIGURATION.encode()).hexdigest()[:12] if on else "default"


def manifest() -> str:
    """The ConfigMap with the configuration, as a file to apply."""
    indented = "".join(f"    {line}\n" for line in CONFIGURATION.splitlines())
    return f"""\
apiVersion: v1
kind: ConfigMap
metadata:
  name: {NAME}
  namespace: {EXTENSION_NAMESPACE}
data:
  {_FILE}: |
{indented}"""


def pairs() -> list[str]:
    """The settings, each as key=value."""
    return [f"{key}={value}" for key, value in SETTINGS.items()]
