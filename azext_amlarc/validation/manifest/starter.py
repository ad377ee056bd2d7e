"""A manifest to start from, with a comment at each part."""

import json
from typing import Any

from azext_amlarc.validation.text.parsing import parse

_YAML = """\
# The manifest of a fleet: which clusters should have the Azure Machine Learning extension and be compute targets.
# Validate it: `az ml arc config validate --file FILE`. For completion in an editor, run
# `az ml arc config schema --kind fleet > fleet.schema.json` and make this the first line:
# `# yaml-language-server: $schema=fleet.schema.json`.
apiVersion: amlarc/v1alpha1
kind: Fleet
metadata:
  name: plants
spec:
  # Clusters by name, and selectors: all clusters that match when a plan is made.
  clusters:
    - name: plant-seven
      resourceGroup: plants-rg
      # Settings of this cluster alone go before those of the fleet.
      settings:
        installVolcano: "False"
    - selector:
        resourceGroups: [plants-rg]
        tags: {ml: "true"}
  # What every cluster's extension should have. Documented settings: az ml arc settings list -o table
  extension:
    releaseTrain: stable
    settings:
      enableTraining: "True"
      installNvidiaDevicePlugin: "False"
    # The values of protected settings are never in the manifest: {file: PATH}, {env: NAME} or {keyVault: URL}.
    # protected:
    #   sslKeyPemFile: {file: key.pem}
  # Grant the workspace's identity the roles that it needs on each cluster, or none.
  access:
    workspaceIdentity: grant
  # The compute targets that every cluster should be. {cluster}, {resourceGroup} and {location} are filled in.
  computes:
    - workspace: plants-ws
      resourceGroup: ml-rg
      name: "{cluster}-k8s"
      namespace: default
      identity: {type: SystemAssigned}
      # config: attach.yaml
  # One wave after the other; after each, the gate has to pass.
  rollout:
    waves:
      - tags: {ring: canary}
      - percent: 20
      - percent: 100
    maxFailures: 0
    gate: [check]
  # What happens to a cluster that leaves the manifest: keep, detach or delete.
  onRemoval: detach
"""


def example() -> dict[str, Any]:
    """The manifest as data, valid without warnings."""
    data: dict[str, Any] = parse(_YAML.encode(), "fleet.yaml").data  # type: ignore[assignment]
    return data


def as_yaml() -> str:
    """The manifest with its comments."""
    return _YAML


def as_json() -> str:
    """The manifest as JSON, without comments."""
    return json.dumps(example(), indent=2, ensure_ascii=False) + "\n"
