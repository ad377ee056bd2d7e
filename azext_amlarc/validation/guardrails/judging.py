"""Judges data by a policy with jsonschema. It runs in a process of its own (apart.py), and answers with paths alone.

The policy is copied first: its patterns are those of JSON Schema (ECMA 262), which Python writes otherwise, and each
part remembers its place in the file. Nothing is ever fetched: what a reference means has to be in the policy.
"""

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from azext_amlarc.validation.guardrails.texts import CODE, OWN, SEVERITY
from azext_amlarc.validation.quantity import parse

Json = dict[str, Any]
Path = tuple[str | int, ...]

# A policy that breaks more often than this at one document is told often enough.
MOST = 1000

# The keywords of all drafts whose values are schemas: by name, alone, or in a list.
_MAPS = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies")
_PARTS = (
    *("items", "prefixItems", "additionalItems", "unevaluatedItems", "contains", "allOf", "anyOf", "oneOf", "not"),
    *("if", "then", "else", "additionalProperties", "unevaluatedProperties", "propertyNames", "extends"),
)
# Where `false` is about keys, which are then named.
_NAMED = ("additionalProperties", "unevaluatedProperties")
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
_LIMITS = ("maximum", "minimum", "exclusiveMaximum", "exclusiveMinimum")


def answer() -> None:
    """Answer the question on standard input: a policy, and the data that it is to judge."""
    asked = json.loads(sys.stdin.readline())
    json.dump(respond(asked["schema"], asked["data"]), sys.stdout)


def respond(schema: Json, data: list[Any]) -> Json:
    """What is wrong with the policy (`faults`), or what breaks it in each of the data (`broken`).

    Without data an empty object is judged: a policy that refers to itself without an end shows itself then.
    """
    judge = Judge(schema)
    faults = list(judge.faults())
    if faults:
        return {"faults": faults, "broken": []}
    try:
        return {"faults": [], "broken": [list(judge.broken(one)) for one in data or [{}]]}
    except RecursionError:
        return {"faults": [_fault((), "endless")], "broken": []}


def _fault(path: Path, reason: str, said: object = None) -> Json:
    return {"path": path, "reason": reason, "said": said}


class Judge:
    """One policy, ready to judge."""

    def __init__(self, schema: Json) -> None:
        from jsonschema.validators import validator_for

        self._given = schema
        self._places: dict[int, Path] = {}
        self._targets: dict[int, Any] = {}
        self._wrong: list[Json] = []
        # None is for a dialect that jsonschema does not know.
        dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"} | schema
        self._kind: Any = validator_for(dialect, None)  # type: ignore[arg-type]
        self._schema: Json = self._copied(schema, ())

    def faults(self) -> Iterator[Json]:
        """What makes it no policy: its dialect, its structure, its patterns, its references."""
        if self._kind is None:
            yield _fault(("$schema",), "dialect")
            return
        structure = list(self._faults_of_structure())
        yield from structure or self._wrong
        if not structure:
            yield from self._faults_of_references()

    def _faults_of_structure(self) -> Iterator[Json]:
        validator = self._kind(self._kind.META_SCHEMA)
        try:
            for outer in islice(validator.iter_errors(self._given), MOST):
                error = next((one for one in outer.context or () if one.validator == "enum"), outer)
                said = {"keyword": error.validator, "value": error.validator_value}
                yield _fault(tuple(error.absolute_path), "structure", said)
        except RecursionError:
            yield _fault((), "endless")

    def _faults_of_references(self) -> Iterator[Json]:
        from referencing import Registry
        from referencing.jsonschema import specification_with

        specification = specification_with(str(self._kind.META_SCHEMA.get("$schema")))
        self._registry: Registry[Any] = Registry()
        known = self._kind(self._schema, registry=self._registry)._resolver  # with the schemas of JSON Schema itself
        yield from self._lost(self._schema, known, specification)

    def _lost(self, schema: Json, resolver: Any, specification: Any) -> Iterator[Json]:
        """References to what is not in the policy."""
        from referencing.exceptions import Unresolvable

        for keyword in _REFERENCES:
            reference = schema.get(keyword)
            if isinstance(reference, str):
                try:
                    self._targets[id(schema)] = resolver.lookup(reference).contents
                except (Unresolvable, ValueError):
                    yield _fault((*self._places[id(schema)], keyword), "reference", reference)
        for part in _parts(schema):
            inner = specification.create_resource(part)
            yield from self._lost(part, resolver.in_subresource(inner), specification)

    def broken(self, data: Any) -> Iterator[Json]:
        """Where the data breaks the policy: at most MOST places, each keyword of the policy once at each."""
        from jsonschema.validators import extend

        limits = {name: _of_amounts(self._kind.VALIDATORS[name]) for name in _LIMITS if name in self._kind.VALIDATORS}
        kind: Any = extend(self._kind, limits)  # type: ignore[no-untyped-call]
        validator = kind(self._schema, registry=self._registry)
        seen = set()
        for error in islice(validator.iter_errors(data), MOST):
            found = self._found(error, data)
            key = json.dumps(found)
            if key not in seen:
                seen.add(key)
                yield found

    def _found(self, error: Any, data: Any) -> Json:
        trail = list(self._trail(error.absolute_schema_path))
        path: Path = tuple(error.absolute_path)
        is_name = isinstance(error.instance, str) and _at(data, path) != error.instance
        return {
            "path": (*path, error.instance) if is_name else path,
            "isKey": is_name,
            "keyword": error.validator,
            "names": _names(error),
            "rule": self._place(error, trail),
            **{key: _nearest(trail, key) for key in ("description", CODE, SEVERITY)},
        }

    def _place(self, error: Any, trail: list[Json]) -> Path:
        """Where in the file the broken keyword is, or else the part of the policy that it is in."""
        own = self._places.get(id(error.schema))
        if own is not None:
            return (*own, error.validator) if error.validator in error.schema else own
        known = [self._places[id(part)] for part in trail if id(part) in self._places]
        return known[-1] if known else ()

    def _trail(self, steps: Iterable[str | int]) -> Iterator[Json]:
        """The parts of the policy that a broken keyword is in, from the whole inwards, through references."""
        current: Any = self._schema
        for step in steps:
            for _ in range(len(self._targets)):
                if not isinstance(current, dict) or step in current or id(current) not in self._targets:
                    break
                yield current
                current = self._targets[id(current)]
            if isinstance(current, dict):
                yield current
            try:
                current = current[step]
            except (KeyError, IndexError, TypeError):
                return

    def _copied(self, schema: Any, path: Path) -> Any:
        """A copy with Python's patterns, whose parts have their places.

        `false` becomes what means the same, since jsonschema forgets the place of what that forbids.
        """
        if schema is False and path[-1] not in _NAMED:
            schema = {"not": {}}
        if not isinstance(schema, dict):
            return schema
        made = {key: self._member(key, value, (*path, key)) for key, value in schema.items()}
        self._places[id(made)] = path
        for key, form in OWN.items():
            if key in schema and not (isinstance(schema[key], str) and re.fullmatch(form, schema[key])):
                self._wrong.append(_fault((*path, key), "own"))
        return made

    def _member(self, key: str, value: Any, path: Path) -> Any:
        if key in _MAPS and isinstance(value, dict):
            return {
                self._pattern(name, (*path, name)) if key == "patternProperties" else name: self._copied(
                    part, (*path, name)
                )
                for name, part in value.items()
            }
        if key in _PARTS and isinstance(value, list):
            return [self._copied(part, (*path, place)) for place, part in enumerate(value)]
        if key == "pattern" and isinstance(value, str):
            return self._pattern(value, path)
        return self._copied(value, path) if key in _PARTS else value

    def _pattern(self, pattern: str, path: Path) -> str:
        made = as_python(pattern)
        try:
            re.compile(made)
        except (re.error, OverflowError, RecursionError) as error:
            self._wrong.append(_fault(path, "pattern", str(error)))
        return made


def _parts(schema: Json) -> Iterator[Json]:
    """The schemas that are directly in a schema."""
    for key, value in schema.items():
        if key in _MAPS and isinstance(value, dict):
            yield from (part for part in value.values() if isinstance(part, dict))
        elif key in _PARTS:
            yield from (part for part in (value if isinstance(value, list) else [value]) if isinstance(part, dict))


def as_python(pattern: str) -> str:
    """A pattern of ECMA 262 as Python writes it: $ is the very end, and classes are those of ASCII."""
    made, is_class = "", False
    for piece in re.findall(r"\\.|\(\?<(?![=!])|.", pattern, re.DOTALL):
        if piece in ("[", "]"):
            is_class = piece == "["
        made += {"$": r"\Z", "(?<": "(?P<"}.get(piece, piece) if not is_class else piece
    return f"(?a:{made})"


def _of_amounts(judge: Callable[..., Any]) -> Callable[..., Any]:
    """A limit that holds for amounts in quotes too: in a document "8" and 8 are as many GPUs, and "1Gi" is a number."""
    return lambda validator, limit, instance, schema: judge(validator, limit, _amount(instance), schema)


def _amount(instance: Any) -> Any:
    try:
        return parse(instance) if isinstance(instance, str) else instance
    except ValueError:
        return instance


def _names(error: Any) -> list[str]:
    """The keys that are missing, or too many; none for other keywords."""
    value, instance = error.validator_value, error.instance
    if error.validator == "required" and isinstance(value, list):
        return [name for name in value if name not in instance]
    if error.validator == "dependentRequired":
        return list(
            dict.fromkeys(name for key in value if key in instance for name in value[key] if name not in instance)
        )
    if error.validator == "additionalProperties" and value is False:
        patterns = error.schema.get("patternProperties", ())
        known = error.schema.get("properties", ())
        return [
            name for name in instance if name not in known and not any(re.search(pattern, name) for pattern in patterns)
        ]
    return []


def _nearest(trail: list[Json], key: str) -> str | None:
    """What the innermost part says."""
    return next((part[key] for part in reversed(trail) if isinstance(part.get(key), str)), None)


def _at(data: Any, path: Path) -> Any:
    for step in path:
        data = data[step]
    return data
