"""Kubernetes quantities (`500m`, `16Gi`, `1e3`) as exact fractions.

The grammar is that of https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/.
"""

import re
from fractions import Fraction

# Without anchors and sign, as in the JSON Schema. Kubernetes cannot represent exponents of three digits.
UNSIGNED = r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[KMGTPE]i|[numkMGTPE]|[eE][+-]?0*[0-9]{1,2})?"
LONGEST = 64
LARGEST = 2**63 - 1

_QUANTITY = re.compile(
    r"([+-]?)(?:([0-9]+)(?:\.([0-9]*))?|\.([0-9]+))(?:([KMGTPE]i|[numkMGTPE]?)|[eE]([+-]?0*[0-9]{1,2}))",
)
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}

# Not compiled before they are needed: no valid quantity needs them.
_MISTAKEN = r"([0-9]+(?:[.,][0-9]+)?)\s*([A-Za-z]*)"
_BINARY_UNIT = r"([kmgtpe])(?:ib?|[iex]bi(?:bytes?)?)"
_DECIMAL_UNIT = r"([kmgtpe])(?:b|bytes?|(?:ilo|ega|iga|era|eta|xa)(?:bytes?)?)?"
_CORES = {"c", "cpu", "cpus", "core", "cores", "vcpu", "vcpus"}
_MILLICORES = {"mc", "mcpu", "millicpu", "millicore", "millicores", "milli"}
_BYTES = {"b", "byte", "bytes"}


def parse(text: str) -> Fraction:
    """The exact value of a quantity, in cores, bytes or devices; ValueError if Kubernetes would refuse the text."""
    match = _QUANTITY.fullmatch(text) if len(text) <= LONGEST else None
    if match is None:
        raise ValueError(f"not a Kubernetes quantity: {text[:LONGEST]!r}")
    sign, whole, decimals, bare_decimals, suffix, exponent = match.groups()
    decimals = decimals or bare_decimals or ""
    digits = int((whole or "") + decimals) * (-1 if sign == "-" else 1)
    if suffix in _BINARY:
        return Fraction(digits << _BINARY[suffix], 10 ** len(decimals))
    power = (int(exponent) if exponent is not None else _DECIMAL[suffix]) - len(decimals)
    return Fraction(digits * 10**power) if power >= 0 else Fraction(digits, 10**-power)


def corrections(text: str) -> list[str]:
    """What an invalid quantity most likely means: `16GB` → `16G`, `16Gi`; empty if there is no likely meaning."""
    match = re.fullmatch(_MISTAKEN, text.strip())
    if match is None or len(text) > LONGEST:
        return []
    number, unit = match[1].replace(",", "."), match[2].lower()
    if unit in _CORES | _BYTES or not unit:
        return [number]
    if unit in _MILLICORES:
        return [f"{number}m"]
    return [number + suffix for suffix in _suffixes(unit)]


def _suffixes(unit: str) -> list[str]:
    binary, decimal = re.fullmatch(_BINARY_UNIT, unit), re.fullmatch(_DECIMAL_UNIT, unit)
    if binary is not None:
        return [f"{binary[1].upper()}i"]
    if decimal is None:
        return []
    letter = decimal[1].upper()
    return ["k" if letter == "K" else letter, f"{letter}i"]
