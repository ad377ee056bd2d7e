"""The commands whose faults are tested, each with what has to be there before it."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import trustme

from tests.support.az import ROOT

# What a worker's runs leave behind; CI holds the traffic in it against Azure's Swagger.
FOLDER = ROOT / ".run" / "faults" / os.environ.get("PYTEST_XDIST_WORKER", "main")
CERTIFICATE, KEY = FOLDER / "cert.pem", FOLDER / "key.pem"

CLUSTER = {"cluster_name": "amlarc-cluster", "resource_group_name": "amlarc-rg"}
COMPUTE = {"name": "k8s-compute", "workspace_name": "amlarc-ws", "resource_group_name": "amlarc-rg"}
SPELLED = {"resource_group_name": "resource-group"}  # options that az spells otherwise than the parameter


@dataclass(frozen=True)
class Command:
    """A command by its words after `az amlarc`, its parameters, and what is there before it.

    That is what other commands make, without what lies at ids that end in `gone`.
    """

    title: str
    words: str
    parameters: Mapping[str, Any]
    before: "tuple[Command, ...]" = ()
    gone: str = ""

    def __str__(self) -> str:
        return self.title

    def argv(self) -> list[str]:
        """The command for the real az."""
        options = [part for name, value in self.parameters.items() for part in _option(name, value)]
        return ["amlarc", *self.words.split(), *options]


def _option(name: str, value: Any) -> Iterator[str]:
    yield "--" + SPELLED.get(name, name).replace("_", "-")
    if value is not True:
        yield from value if isinstance(value, list) else [str(value)]


def write_pem_pair() -> None:
    """The files that the command which installs inference names."""
    issued = trustme.CA().issue_cert("ml.example.com", common_name="ml.example.com")
    CERTIFICATE.write_bytes(b"".join(part.bytes() for part in issued.cert_chain_pems))
    KEY.touch(mode=0o600)
    KEY.write_bytes(issued.private_key_pem.bytes())


TRAINING = Command("create", "extension create", {**CLUSTER, "config": ["enableTraining=True"]})
INFERENCE = Command(
    "create, inference with TLS",
    "extension create",
    {
        **CLUSTER,
        "config": ["enableInference=True", "inferenceRouterServiceType=LoadBalancer", "sslCname=ml.example.com"],
        "config_protected": [f"sslCertPemFile={CERTIFICATE}", f"sslKeyPemFile={KEY}"],
    },
)
EVERYTHING = Command(
    "create, Service Bus and Log Analytics",
    "extension create",
    {**CLUSTER, "config": ["enableTraining=True", "servicebus.enabled=true", "logAnalyticsWS=True"]},
)
UPDATE = Command(
    "update",
    "extension update",
    {**CLUSTER, "config": ["servicebus.enabled=true", "installPromOp=False"], "yes": True},
    (TRAINING,),
)
DELETE = Command("delete", "extension delete", {**CLUSTER, "yes": True}, (TRAINING,))
PURGE = Command("delete --purge", "extension delete", {**CLUSTER, "yes": True, "purge": True}, (EVERYTHING,))
ATTACH = Command(
    "attach",
    "attach",
    {**COMPUTE, "cluster_name": "amlarc-cluster", "config": str(ROOT / "examples" / "attach-advanced.json")},
    (TRAINING,),
)
DETACH = Command("detach", "detach", {**COMPUTE, "yes": True}, (TRAINING, ATTACH))

GRANT = Command("attach --grant", "attach", {**ATTACH.parameters, "grant": True, "yes": True}, (TRAINING,))
FIX = Command(
    "check --fix",
    "check",
    {
        **CLUSTER,
        "workspace_name": "amlarc-ws",
        "only": ["rights", "relay"],
        "fix": True,
        "yes": True,
        "as_object": True,
    },
    (TRAINING,),
    gone="/hybridconnections/amlarc-cluster",
)

COMMANDS = (TRAINING, INFERENCE, EVERYTHING, UPDATE, DELETE, PURGE, ATTACH, DETACH, GRANT, FIX)
