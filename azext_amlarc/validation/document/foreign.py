"""Files that describe a compute target, but for another tool: named by what they are, with the one next step."""

import json
import shlex
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from azext_amlarc.findings import Rule, Severity
from azext_amlarc.product import helm
from azext_amlarc.product.extension import TOLERATED
from azext_amlarc.validation.names import as_dns_name
from azext_amlarc.validation.text.reading import Complaint
from azext_amlarc.wording import quoted

MANIFEST = Rule("AMLARC-D029", Severity.ERROR, "the file is an attach configuration, not a Kubernetes manifest")
FOREIGN = Rule("AMLARC-D030", Severity.ERROR, "the file is an attach configuration, not another tool's file")
RULES = (MANIFEST, FOREIGN)

KINDS = ("InstanceType", "InstanceTypeList")
TYPE_KEYS = ("nodeSelector", "resources")
# The spellings of the CLI of 2021.
_TODAY = {
    "default_instance_type": "defaultInstanceType",
    "instance_types": "instanceTypes",
    "node_selector": "nodeSelector",
}
_LONGEST = 400
_FORM = '{"defaultInstanceType": "a", "instanceTypes": {"a": {"nodeSelector": {…}, "resources": {…}}}}'


NO_TOLERATIONS = "an instance type has no tolerations: those of jobs are settings of the extension"


def instead_of_tolerations(tolerations: object) -> str:
    """What to do in place of tolerations of an instance type."""
    return f"give the extension {helm.tolerations(tolerations)}, or use the taint {TOLERATED}, which jobs tolerate"


def recognized(data: Mapping[str, Any]) -> Iterator[Complaint]:
    """The one complaint about a file of another shape; nothing for what may be an attach configuration."""
    found = next((one for check in _CHECKS if (one := check(data))), None)
    if found is not None:
        yield found


def is_manifest(data: object) -> bool:
    """Whether data is a Kubernetes object."""
    return isinstance(data, Mapping) and "apiVersion" in data and "kind" in data and not is_fleet(data)


def has_instance_types(data: Any) -> bool:
    """Whether a Kubernetes object is an InstanceType, or a list of nothing else."""
    kind, items = str(data["kind"]), data.get("items")
    kinds = {str(item.get("kind")) for item in items if isinstance(item, Mapping)} if isinstance(items, list) else set()
    return kind in KINDS or (kind == "List" and kinds <= set(KINDS))


def is_fleet(data: object) -> bool:
    """Whether data is meant as the manifest of a fleet, right or wrong."""
    if not isinstance(data, Mapping):
        return False
    group, slash, _ = str(data.get("apiVersion")).partition("/")
    # Others have objects of this kind too: agones.dev/v1.
    return group == "amlarc" if slash else str(data.get("kind")).lower() == "fleet"


def _fleet(data: Mapping[str, Any]) -> Complaint | None:
    if not is_fleet(data):
        return None
    fix = "name the attach configuration of its compute targets, which stands behind config:"
    return Complaint(FOREIGN, (), "this is the manifest of a fleet", fix)


def _manifest(data: Mapping[str, Any]) -> Complaint | None:
    if not is_manifest(data):
        return None
    fix = "an attach configuration to start from: az ml arc config init"
    if has_instance_types(data):
        fix = "convert it: az ml arc config convert --from instancetype"
    return Complaint(MANIFEST, (), f"this is a Kubernetes manifest of kind {quoted(str(data['kind']))}", fix)


def _compute_yaml(data: Mapping[str, Any]) -> Complaint | None:
    """The YAML of `az ml compute attach`, whose keys are options here."""
    is_named = str(data.get("type")).lower() == "kubernetes" or "kubernetesCompute" in str(data.get("$schema"))
    key = next((key for key in ("type", "resource_id", "name") if key in data), None)
    if key is None or not is_named or "instanceTypes" in data:
        return None
    message = "this is the compute YAML of the ml extension, whose keys are options here"
    without = "with the object under properties as its configuration" if "properties" in data else "without a file"
    fix = f"attach {without}: az ml arc attach {' '.join(_options(data))}"
    return Complaint(FOREIGN, (key,), message, fix, at_key=True)


def _options(data: Mapping[str, Any]) -> Iterator[str]:
    identity: Mapping[str, Any] = data["identity"] if isinstance(data.get("identity"), Mapping) else {}
    assigned = identity.get("user_assigned_identities")
    members: list[Any] = assigned if isinstance(assigned, list) else []
    ids = [one.get("resource_id") if isinstance(one, Mapping) else one for one in members]
    is_system = str(identity.get("type")).replace("_", "").lower() == "systemassigned"
    given: dict[str, list[Any]] = {
        "name": [data.get("name")],
        "resource-id": [data.get("resource_id")],
        "namespace": [data.get("namespace")],
        "identity-type": ["SystemAssigned" if is_system else None],
        "user-assigned-identities": ids,
        "workspace-name": ["WORKSPACE"],
        "resource-group": ["GROUP"],
    }
    for option, values in given.items():
        written = " ".join(shlex.quote(str(value).removeprefix("azureml:")) for value in values if value)
        if written:
            yield f"--{option} {written}"


def _resource(data: Mapping[str, Any]) -> Complaint | None:
    """The body of the compute in ARM, or what `az ml arc show` prints of it."""
    outer = data.get("properties")
    if isinstance(outer, Mapping) and not {"computeType", "resourceId", "properties"}.isdisjoint(outer):
        fix = "use only the object under properties.properties, with namespace, defaultInstanceType and instanceTypes"
        return Complaint(FOREIGN, ("properties",), "this is the compute target's ARM resource", fix, at_key=True)
    if "computeType" in data or ("provisioningState" in data and "resourceId" in data):
        key = "computeType" if "computeType" in data else "provisioningState"
        fix = "keep only namespace, defaultInstanceType and instanceTypes"
        return Complaint(FOREIGN, (key,), "this is a compute target as Azure shows it", fix, at_key=True)
    return None


def _arm(data: Mapping[str, Any]) -> Complaint | None:
    key = next((key for key in ("parameters", "resources") if isinstance(data.get(key), Mapping | list)), None)
    if key is None or not ("contentVersion" in data or "/deployment" in str(data.get("$schema"))):
        return None
    what = "an ARM parameters file, which wraps every value" if key == "parameters" else "an ARM template"
    fix = "write namespace, defaultInstanceType and instanceTypes directly, with their values"
    return Complaint(FOREIGN, (key,), f"this is {what}", fix, at_key=True)


def _cli_of_2021(data: Mapping[str, Any]) -> Complaint | None:
    """snake_case, and instance types as a list."""
    old = [key for key in ("instance_types", "default_instance_type") if key in data and _TODAY[key] not in data]
    if not old and not _is_named_list(data.get("instanceTypes")):
        return None
    message = "this is the form of the 2021 CLI: keys in snake_case, or instance types in a list"
    today = json.dumps({_TODAY.get(key, key): _current(key, value) for key, value in data.items()}, ensure_ascii=False)
    shown = today if len(today) <= _LONGEST else _FORM
    return Complaint(FOREIGN, (old[0] if old else "instanceTypes",), message, f"write {shown}", at_key=True)


def _is_named_list(types: object) -> bool:
    return isinstance(types, list) and any(isinstance(one, Mapping) and "name" in one for one in types)


def _current(key: str, value: Any) -> Any:
    """A value in today's form, with names of instance types that today's clusters accept."""
    if _TODAY.get(key, key) == "defaultInstanceType" and isinstance(value, str):
        return as_dns_name(value)
    return _types(value) if _TODAY.get(key, key) == "instanceTypes" else value


def _types(value: Any) -> Any:
    if _is_named_list(value):
        named = [one for one in value if isinstance(one, Mapping) and isinstance(one.get("name"), str)]
        value = {one["name"]: {key: inner for key, inner in one.items() if key != "name"} for one in named}
    if not isinstance(value, Mapping):
        return value
    return {as_dns_name(name): _instance_type(body) for name, body in value.items()}


def _instance_type(body: Any) -> Any:
    return {_TODAY.get(key, key): inner for key, inner in body.items()} if isinstance(body, Mapping) else body


def _extension(data: Mapping[str, Any]) -> Complaint | None:
    """The extension as a resource, or what `extension show` prints of it."""
    outer = data.get("properties")
    is_inside = isinstance(outer, Mapping) and "configurationSettings" in outer
    if not is_inside and "configurationSettings" not in data:
        return None
    fix = "install with its configurationSettings: az ml arc extension create --config-file FILE"
    key = "properties" if is_inside else "configurationSettings"
    return Complaint(FOREIGN, (key,), "this is the extension as a resource", fix, at_key=True)


def _types_alone(data: Mapping[str, Any]) -> Complaint | None:
    """Instance types without the document around them."""
    if not data or not all(isinstance(one, Mapping) and one and set(one) <= set(TYPE_KEYS) for one in data.values()):
        return None
    name = next(iter(data))
    whole = json.dumps({"defaultInstanceType": name, "instanceTypes": data}, ensure_ascii=False)
    fix = f"write {whole if len(whole) <= _LONGEST else _FORM}"
    return Complaint(FOREIGN, (name,), "these are instance types without the configuration around them", fix, True)


def _settings(data: Mapping[str, Any]) -> Complaint | None:
    key = next((key for key in ("enableTraining", "enableInference") if key in data), None)
    if key is None:
        return None
    fix = "install with them: az ml arc extension create --config-file FILE"
    message = "these are settings of the extension, not an attach configuration"
    return Complaint(FOREIGN, (key,), message, fix, at_key=True)


_CHECKS: tuple[Callable[[Mapping[str, Any]], Complaint | None], ...] = (
    _fleet,
    _manifest,
    _compute_yaml,
    _resource,
    _arm,
    _cli_of_2021,
    _extension,
    _settings,
    _types_alone,
)
