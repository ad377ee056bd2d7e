"""The rules for an instance type's resource requests and limits, from Microsoft's guide and Kubernetes.

https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/
"""

import re
from collections.abc import Generator, Iterable, Iterator, Mapping
from fractions import Fraction

from azext_amlarc.findings import Rule, Severity
from azext_amlarc.validation.document.shape import integer, unknown_keys, wrong_type
from azext_amlarc.validation.names import DNS_SUBDOMAIN, LABEL_NAME
from azext_amlarc.validation.quantity import LARGEST, UNSIGNED, corrections, parse
from azext_amlarc.validation.text.reading import STRING, Complaint, JsonPath
from azext_amlarc.wording import did_you_mean, quoted

SIDES = ("requests", "limits")
# Microsoft's guide: 1 CPU and 4 GB of memory unless the configuration says otherwise.
DEFAULTS = {"cpu": "1", "memory": "4Gi"}
GPUS = ("nvidia.com/gpu", "amd.com/gpu")

RESOURCE_NAME = rf"cpu|memory|ephemeral-storage|hugepages-{UNSIGNED}|(?=[^/]{{1,253}}/){DNS_SUBDOMAIN}/{LABEL_NAME}"
LONGEST_RESOURCE_NAME = 253 + 1 + 63

NUMBER_FOR_TEXT = Rule("AMLARC-D003", Severity.WARNING, "quantities are strings")
UNKNOWN_RESOURCE = Rule(
    "AMLARC-D013", Severity.ERROR, "resources are cpu, memory, or devices with their vendor's domain"
)
NOT_A_QUANTITY = Rule("AMLARC-D014", Severity.ERROR, "amounts are Kubernetes quantities")
NEGATIVE = Rule("AMLARC-D015", Severity.ERROR, "amounts have no minus sign")
ZERO = Rule("AMLARC-D016", Severity.ERROR, "cpu and memory are greater than zero")
ABOVE_LIMIT = Rule("AMLARC-D017", Severity.ERROR, "a request does not exceed its limit")
NOT_WHOLE = Rule("AMLARC-D018", Severity.ERROR, "device amounts are whole numbers")
DEVICES_DIFFER = Rule("AMLARC-D019", Severity.ERROR, "the request for a device equals its limit")
PART_OF_A_BYTE = Rule("AMLARC-D020", Severity.ERROR, "memory is a whole number of bytes")
TOO_MUCH = Rule("AMLARC-D021", Severity.ERROR, "amounts are within what Kubernetes can represent")
NO_RESOURCES = Rule("AMLARC-D022", Severity.WARNING, "an instance type has resources")
INCOMPLETE = Rule("AMLARC-D023", Severity.WARNING, "requests and limits both have cpu and memory")
NO_SELECTOR = Rule("AMLARC-D024", Severity.INFO, "an instance type with devices has a node selector")
FAR_BELOW_LIMIT = Rule("AMLARC-D025", Severity.WARNING, "the memory request is close to its limit")
IMPLAUSIBLE = Rule("AMLARC-D026", Severity.WARNING, "amounts are plausible for a node")
FINER_THAN_MILLI = Rule("AMLARC-D027", Severity.WARNING, "cpu is in whole thousandths of a core")
MISSPELT_DEVICE = Rule("AMLARC-D028", Severity.WARNING, "well-known devices are spelled as their device plugins do")

RULES = (
    NUMBER_FOR_TEXT,
    UNKNOWN_RESOURCE,
    NOT_A_QUANTITY,
    NEGATIVE,
    ZERO,
    ABOVE_LIMIT,
    NOT_WHOLE,
    DEVICES_DIFFER,
    PART_OF_A_BYTE,
    TOO_MUCH,
    NO_RESOURCES,
    INCOMPLETE,
    NO_SELECTOR,
    FAR_BELOW_LIMIT,
    IMPLAUSIBLE,
    FINER_THAN_MILLI,
    MISSPELT_DEVICE,
)

Amounts = dict[str, Fraction]

_BYTES = ("memory", "ephemeral-storage")
_ALIASES = {
    "gpu": GPUS[0],
    "gpus": GPUS[0],
    "nvidia": GPUS[0],
    "nvidiagpu": GPUS[0],
    "cuda": GPUS[0],
    "amd": GPUS[1],
    "amdgpu": GPUS[1],
    "mem": "memory",
    "ram": "memory",
    "core": "cpu",
    "cores": "cpu",
    "vcpu": "cpu",
    "disk": "ephemeral-storage",
    "storage": "ephemeral-storage",
}


def is_device(name: str) -> bool:
    """Whether Kubernetes allocates the resource in whole units, with request equal to limit: devices, huge pages."""
    return "/" in name or name.startswith("hugepages-")


def validate(path: JsonPath, resources: object, selected: bool) -> Iterator[Complaint]:
    """The complaints about an instance type's resources; `selected`: it has a node selector."""
    if not isinstance(resources, dict):
        yield wrong_type(path, resources, "an object")
        return
    yield from unknown_keys(path, resources, SIDES)
    amounts: dict[str, Amounts] = {}
    for side in SIDES:
        amounts[side] = yield from _side((*path, side), _or_none(resources.get(side)))
    yield from _missing(path, resources)
    yield from _compared(path, amounts["requests"], amounts["limits"])
    if not selected:
        yield from _without_selector(path, amounts["requests"] | amounts["limits"])


def _given(resources: Mapping[str, object], side: str) -> object:
    """One side's amounts without nulls, which other tools write for what is not given: null means none."""
    given = _or_none(resources.get(side))
    return {name: one for name, one in given.items() if one is not None} if isinstance(given, dict) else given


def _or_none(given: object) -> object:
    return {} if given is None else given


def _side(path: JsonPath, given: object) -> Generator[Complaint, None, Amounts]:
    if not isinstance(given, dict):
        yield wrong_type(path, given, "an object")
        return {}
    amounts = {}
    for name, written in given.items():
        here = (*path, name)
        if not _is_resource(name):
            yield _unknown_resource(here, name)
            continue
        if written is None:
            continue
        yield from _misspelt_device(here, name)
        amount = yield from _amount(here, written)
        if amount is not None:
            amounts[name] = amount
            yield from _measure(here, name, amount, written)
    return amounts


def _is_resource(name: str) -> bool:
    return name in DEFAULTS or (len(name) <= LONGEST_RESOURCE_NAME and re.fullmatch(RESOURCE_NAME, name) is not None)


def _unknown_resource(path: JsonPath, name: str) -> Complaint:
    fix = did_you_mean(name, (*DEFAULTS, "ephemeral-storage", *GPUS), _ALIASES)
    return Complaint(UNKNOWN_RESOURCE, path, f"{quoted(name)} is not a Kubernetes resource", fix, at_key=True)


def _misspelt_device(path: JsonPath, name: str) -> Iterator[Complaint]:
    known = next((gpu for gpu in GPUS if _device_folded(gpu) == _device_folded(name)), name)
    if known != name:
        message = f"no node offers {quoted(name)} with the usual device plugin"
        yield Complaint(MISSPELT_DEVICE, path, message, f'did you mean "{known}"?', at_key=True)


def _device_folded(name: str) -> str:
    return name.lower().replace(".com/", "/").rstrip("s")


def _amount(path: JsonPath, written: object) -> Generator[Complaint, None, Fraction | None]:
    number = integer(written)
    if isinstance(written, str):
        try:
            amount = parse(written)
        except ValueError:
            yield _not_a_quantity(path, written)
            return None
    elif number is not None:
        amount = Fraction(number)
    else:
        fix = "" if isinstance(written, float) else 'write a quantity in quotes, such as "1" or "4Gi"'
        yield wrong_type(path, written, STRING, fix)
        return None
    if str(written).startswith("-"):
        fix = "write the amount that is needed, or leave it out"
        yield Complaint(NEGATIVE, path, f"{quoted(str(written))} has a minus sign", fix)
        return None
    if number is not None:
        message = f"quantities are strings: {number} is sent as {quoted(str(number))}"
        yield Complaint(NUMBER_FOR_TEXT, path, message, quote=True)
    return amount


def _not_a_quantity(path: JsonPath, written: str) -> Complaint:
    meant = [quoted(text) for text in corrections(written)]
    fix = (
        f"did you mean {' or '.join(meant)}?" if meant else 'write a number and a suffix, such as "500m", "4Gi" or "1"'
    )
    if len(meant) == 2:
        fix += f" {meant[0]} is in powers of 1000, {meant[1]} in powers of 1024"
    return Complaint(NOT_A_QUANTITY, path, f"{quoted(written)} is not a valid quantity", fix)


def _measure(path: JsonPath, name: str, amount: Fraction, written: object) -> Iterator[Complaint]:
    """The complaints about one amount by itself."""
    text = quoted(str(written))
    if amount > LARGEST:
        yield Complaint(
            TOO_MUCH, path, f"{text} is more than Kubernetes can represent (2^63-1)", "use a smaller amount"
        )
    elif is_device(name):
        if amount.denominator != 1:
            fix = f'use a whole number such as "{-(-amount // 1)}"'
            yield Complaint(NOT_WHOLE, path, f"{name} must be a whole number, not {text}", fix)
    elif amount == 0:
        fix = f'write what a job needs, such as "{_least(name)}"'
        yield Complaint(ZERO, path, f"{name} is zero: no job could run", fix)
    elif name in _BYTES:
        yield from _bytes(path, name, amount, str(written))
    elif amount * 1000 % 1:
        message = f"Kubernetes rounds {text} up to a whole thousandth of a core"
        yield Complaint(FINER_THAN_MILLI, path, message, f'write "{-(-amount * 1000 // 1)}m"')
    elif amount >= 1000:
        number = re.match(r"[0-9]*", str(written).lstrip("+"))
        message = f"{text} is {int(amount)} cores: no node has that many"
        yield Complaint(IMPLAUSIBLE, path, message, f'did you mean "{number and number[0]}m"?')


def _least(name: str) -> str:
    return DEFAULTS.get(name, "1Gi")


def _bytes(path: JsonPath, name: str, amount: Fraction, written: str) -> Iterator[Complaint]:
    number = re.match(r"\+?([0-9.]*)", written)
    digits = (number and number[1]) or "4"
    units = ("M", "Mi") if written.endswith("m") else ("Gi", "Mi")
    fix = f'did you mean "{digits}{units[0]}" or "{digits}{units[1]}"?'
    if amount.denominator != 1:
        meaning = ': "m" means thousandths' if written.endswith("m") else ""
        yield Complaint(PART_OF_A_BYTE, path, f"{quoted(written)} is not a whole number of bytes{meaning}", fix)
    elif name == "memory" and amount < 2**20:
        yield Complaint(IMPLAUSIBLE, path, f"{quoted(written)} is only {amount} bytes", fix)


def _missing(path: JsonPath, resources: Mapping[str, object]) -> Iterator[Complaint]:
    if not any(_given(resources, side) for side in SIDES):
        yield no_resources(path)
        return
    for side in SIDES:
        given = _given(resources, side)
        lacking = [name for name in DEFAULTS if isinstance(given, dict) and name not in given]
        if lacking:
            message = f"{side} has no {' or '.join(lacking)}: the default of {_defaults(lacking)} applies"
            where = (*path, side) if side in resources else path
            yield Complaint(INCOMPLETE, where, message, f"add {' and '.join(lacking)} to {side}", at_key=True)


def no_resources(path: JsonPath) -> Complaint:
    """The complaint about an instance type without requests and limits."""
    message = f"no resources are given: the default of {_defaults(DEFAULTS)} applies"
    fix = "write requests and limits, as is recommended for every instance type"
    return Complaint(NO_RESOURCES, path, message, fix, at_key=True)


def _defaults(names: Iterable[str]) -> str:
    return " and ".join(f"{DEFAULTS[name]} CPU" if name == "cpu" else f"{DEFAULTS[name]} of memory" for name in names)


def _compared(path: JsonPath, requests: Amounts, limits: Amounts) -> Iterator[Complaint]:
    for name, request in requests.items():
        here = (*path, "requests", name)
        limit = limits.get(name)
        if is_device(name):
            if request == (limit or 0) or request % 1 or (limit or 0) % 1:
                continue
            message = f"the request for {name} is {request}, but its limit is {0 if limit is None else limit}"
            yield Complaint(DEVICES_DIFFER, here, message, "use the same number under limits")
        elif limit is not None and request > limit:
            message = f"the request for {name} exceeds its limit"
            yield Complaint(ABOVE_LIMIT, here, message, "raise the limit, or request less")
        elif name == "memory" and limit is not None and 0 < request * 4 < limit:
            message = "the memory request is less than a quarter of its limit: such jobs are the first to be killed"
            yield Complaint(FAR_BELOW_LIMIT, here, message, "request what the job needs, close to the limit")


def _without_selector(path: JsonPath, amounts: Amounts) -> Iterator[Complaint]:
    devices = [name for name, amount in amounts.items() if is_device(name) and amount > 0]
    if devices:
        message = f"{devices[0]} is requested without a node selector: jobs may run on any node that offers it"
        fix = "add a nodeSelector with a label of the right nodes"
        yield Complaint(NO_SELECTOR, path, message, fix, at_key=True)
