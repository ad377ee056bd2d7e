"""The commands whose faults are tested, each with what has to be there before it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trustme

from tests.az import ROOT

CLUSTER = {"cluster_name": "amlarc-cluster", "resource_group_name": "amlarc-rg"}
COMPUTE = {"name": "k8s-compute", "workspace_name": "amlarc-ws", "resource_group_name": "amlarc-rg"}
SPELLED = {"resource_group_name": "resource-group"}  # options that az spells otherwise than the parameter


@dataclass(frozen=True)
class Command:
    """A command by its words after `az amlarc`, its parameters, and the commands that run before it."""

    title: str
    words: str
    parameters: Mapping[str, Any]
    before: "tuple[Command, ...]" = ()
    confirmed: bool = field(default=False, kw_only=True)

    def __str__(self) -> str:
        return self.title

    def argv(self) -> list[str]:
        """The command for the real az."""
        options = [part for name, value in self.parameters.items() for part in _option(name, value)]
        return ["amlarc", *self.words.split(), *options, *(["--yes"] if self.confirmed else [])]


def _option(name: str, value: Any) -> Iterator[str]:
    yield "--" + SPELLED.get(name, name).replace("_", "-")
    if value is not True:
        yield from value if isinstance(value, list) else [str(value)]


def all_commands(folder: Path) -> dict[str, Command]:
    """The commands by title; `folder` gets the PEM pair of the one that installs inference."""
    training = Command("create", "extension create", {**CLUSTER, "config": ["enableTraining=True"]})
    settings = ["enableTraining=True", "servicebus.enabled=true", "logAnalyticsWS=True"]
    everything = Command("create, Service Bus and Log Analytics", "extension create", {**CLUSTER, "config": settings})
    wider = {**CLUSTER, "config": ["servicebus.enabled=true", "installPromOp=False"], "yes": True}
    configuration = str(ROOT / "examples" / "attach-advanced.json")
    attach = Command(
        "attach", "attach", {**COMPUTE, "cluster_name": "amlarc-cluster", "config": configuration}, (training,)
    )
    commands = (
        training,
        Command("create, inference with TLS", "extension create", {**CLUSTER, **_inference(folder)}),
        everything,
        Command("update", "extension update", wider, (training,)),
        Command("delete", "extension delete", {**CLUSTER, "yes": True}, (training,)),
        Command("delete --purge", "extension delete", {**CLUSTER, "yes": True, "purge": True}, (everything,)),
        attach,
        Command("detach", "detach", COMPUTE, (training, attach), confirmed=True),
    )
    return {command.title: command for command in commands}


TITLES = (
    "create",
    "create, inference with TLS",
    "create, Service Bus and Log Analytics",
    "update",
    "delete",
    "delete --purge",
    "attach",
    "detach",
)


def _inference(folder: Path) -> dict[str, list[str]]:
    issued = trustme.CA().issue_cert("ml.example.com", common_name="ml.example.com")
    certificate, key = folder / "cert.pem", folder / "key.pem"
    certificate.write_bytes(b"".join(part.bytes() for part in issued.cert_chain_pems))
    key.touch(mode=0o600)
    key.write_bytes(issued.private_key_pem.bytes())
    return {
        "config": ["enableInference=True", "inferenceRouterServiceType=LoadBalancer", "sslCname=ml.example.com"],
        "config_protected": [f"sslCertPemFile={certificate}", f"sslKeyPemFile={key}"],
    }
