"""Judges data by a policy with jsonschema. It runs in a process of its own (apart.py), and answers with paths alone.

The policy is copied first: its patterns are those of JSON Schema (ECMA 262), which Python writes differently, and each
part remembers its place in the file. Nothing is ever fetched: what a reference means has to be in the policy.
"""

import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from itertools import islice
from typing import Any
from urllib.parse import unquote

from azext_amlarc.validation.guardrails.texts import CODE, FOR, OWN, PREFIX, SEVERITY
from azext_amlarc.validation.quantity import parse

Json = dict[str, Any]
Path = tuple[str | int, ...]

# A policy that breaks more often than this at one document, with one severity, is told often enough.
MOST = 1000

# The keywords of all drafts whose values are schemas: by name, alone, or in a list.
_MAPS = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies")
_PARTS = (
    *("items", "prefixItems", "additionalItems", "unevaluatedItems", "contains", "allOf", "anyOf", "oneOf", "not"),
    *("if", "then", "else", "additionalProperties", "unevaluatedProperties", "propertyNames", "extends"),
    *("type", "disallow"),  # of draft 3
)
# Where `false` is about keys, which are then named.
_NAMED = ("additionalProperties", "unevaluatedProperties")
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
_TYPES_OF_DRAFT_3 = ("any", "array", "boolean", "integer", "null", "number", "object", "string")
_LIMITS = ("maximum", "minimum", "exclusiveMaximum", "exclusiveMinimum")

# What ECMA 262 takes for white space, and the rest, as Python writes them within brackets.
_SPACE = r"\t-\r \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
_NO_SPACE = (
    r"\0-\x08\x0e-\x1f!-\x9f\xa1-\u167f\u1681-\u1fff\u200b-\u2027\u202a-\u202e\u2030-\u205e"
    r"\u2060-\u2fff\u3001-\ufefe\uff00-\U0010ffff"
)
# The pieces of a pattern that Python writes otherwise, within brackets and elsewhere.
_IN_CLASS = {r"\s": _SPACE, r"\S": _NO_SPACE}
_OUTSIDE = {
    **{"$": r"\Z", "(?<": "(?P<", ".": r"[^\n\r\u2028\u2029]", "[]": "(?!)", "[^]": "(?s:.)"},
    **{r"\s": f"[{_SPACE}]", r"\S": f"[^{_SPACE}]"},
}


def answer() -> None:
    """Answer the question on standard input: a policy, and the data that it is to judge."""
    asked = json.loads(sys.stdin.readline())
    json.dump(respond(asked["schema"], asked["data"]), sys.stdout)


def respond(schema: Json, data: list[Any]) -> Json:
    """What is wrong with the policy (`faults`), or what breaks it in each of the data (`broken`).

    Without data an empty object is judged: that shows a policy that refers to itself endlessly.
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


class Judge:  # pylint: disable=too-many-instance-attributes
    """One policy, ready to judge."""

    def __init__(self, schema: Json) -> None:
        from jsonschema.validators import validator_for

        self._given = schema
        self._places: dict[int, Path] = {}
        self._at: dict[Path, Json] = {}
        self._targets: dict[int, list[Any]] = {}
        self._wrong: list[Json] = []
        # None is for a dialect that jsonschema does not know.
        dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"} | schema
        is_text = isinstance(dialect["$schema"], str)
        self._kind: Any = validator_for(dialect, None) if is_text else None  # type: ignore[arg-type]
        # Of `referencing`, which is imported once the structure has no fault.
        self._registry: Any = None
        self._referred = set(_pointers(schema))
        self._elsewhere: list[tuple[Path, Json]] = []
        self._schema: Json = self._copied(schema, ())

    def faults(self) -> Iterator[Json]:
        """What is wrong with it as a policy: its dialect, its structure, its patterns, its references."""
        if self._kind is None:
            yield _fault(("$schema",), "dialect")
            return
        structure = list(self._faults_of_structure())
        yield from structure or self._wrong
        if not structure:
            yield from self._faults_of_references()

    def _faults_of_structure(self) -> Iterator[Json]:
        validator = self._kind(self._kind.META_SCHEMA)
        for path, part in ((), self._given), *self._elsewhere:
            try:
                for outer in islice(validator.iter_errors(part), MOST):
                    error = next((one for one in outer.context or () if one.validator == "enum"), outer)
                    said = {"keyword": error.validator, "value": error.validator_value}
                    yield _fault((*path, *error.absolute_path), "structure", said)
            except RecursionError:
                yield _fault(path, "endless")

    def _faults_of_references(self) -> Iterator[Json]:
        from referencing import Registry
        from referencing.jsonschema import specification_with

        specification = specification_with(str(self._kind.META_SCHEMA.get("$schema")))
        # With the schemas of JSON Schema itself; jsonschema makes no resolver for others.
        self._registry = Registry()
        known = self._kind(self._schema, registry=self._registry)._resolver  # pylint: disable=protected-access
        yield from self._lost(self._schema, known, specification)

    def _lost(self, schema: Json, resolver: Any, specification: Any) -> Iterator[Json]:
        """References to what is not in the policy."""
        from referencing.exceptions import Unresolvable

        for keyword in _REFERENCES:
            reference = schema.get(keyword)
            if isinstance(reference, str):
                place = (*self._places[id(schema)], keyword)
                try:
                    target = resolver.lookup(reference).contents
                except (Unresolvable, ValueError):
                    yield _fault(place, "reference", reference)
                else:
                    self._targets.setdefault(id(schema), []).append(target)
                    yield from () if isinstance(target, dict | bool) else [_fault(place, "target", reference)]
        for part in self._parts(schema):
            inner = specification.create_resource(part)
            yield from self._lost(part, resolver.in_subresource(inner), specification)

    def _parts(self, within: Any) -> Iterator[Json]:
        """The schemas that are directly in a schema, wherever in it they are."""
        for value in within.values() if isinstance(within, dict) else within:
            if id(value) in self._places:
                yield value
            elif isinstance(value, dict | list):
                yield from self._parts(value)

    def broken(self, data: Any) -> Iterator[Json]:
        """Where the data breaks the policy, each keyword of the policy once at each place.

        At most MOST places of each severity: many warnings hide no error.
        """
        validator = of_amounts(self._kind)(self._schema, registry=self._registry)
        seen = set()
        told: Counter[str] = Counter()
        for error in validator.iter_errors(data):
            found = self._found(error, data)
            key, severity = json.dumps(found), found[SEVERITY] or "error"
            if key not in seen and told[severity] < MOST:
                seen.add(key)
                told[severity] += 1
                yield found
            if told["error"] == MOST:  # nothing that comes can make it worse
                return

    def _found(self, error: Any, data: Any) -> Json:
        trail = self._trail(error)
        path: Path = tuple(error.absolute_path)
        is_name = isinstance(error.instance, str) and _at(data, path) != error.instance
        if error.validator == "required" and error.validator_value is True:  # draft 3 says it of the key itself
            path = path[:-1]
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

    def _trail(self, error: Any) -> list[Json]:
        """The parts of the policy that a broken keyword is in, from the whole inwards, through references.

        A keyword can stand beside a reference and behind it: the way is the one that ends at the part that is broken.
        """
        longest: list[Json] = []
        for way, rest in self._ways(self._schema, list(error.absolute_schema_path), [], ()):
            if len(rest) <= 1 and way and way[-1] is error.schema:
                return way
            longest = max(longest, way, key=len)
        own = self._places.get(id(error.schema))
        return longest if own is None else [self._at[own[:end]] for end in range(len(own) + 1) if own[:end] in self._at]

    def _ways(
        self, part: Any, steps: list[str | int], way: list[Json], through: tuple[int, ...]
    ) -> Iterator[tuple[list[Json], list[str | int]]]:
        """All ways that these steps may have gone, with the steps that are left; `through` are references in a row."""
        way = [*way, part] if isinstance(part, dict) else way
        yield way, steps
        for target in self._targets.get(id(part), ()):
            if id(target) not in through:
                # jsonschema counts some references as steps.
                rest = steps[1:] if steps and steps[0] in _REFERENCES else steps
                yield from self._ways(target, rest, way, (*through, id(target)))
        with suppress(KeyError, IndexError, TypeError):
            yield from self._ways(part[steps[0]], steps[1:], way, ())

    def _copied(self, schema: Any, path: Path) -> Any:
        """A copy with Python's patterns, whose parts have their places.

        `false` becomes a schema that means the same, since jsonschema forgets where `false` is.
        """
        if schema is False and path[-1] not in _NAMED:
            schema = {"not": {}}
        if not isinstance(schema, dict):
            return schema
        made = {key: self._member(key, value, (*path, key)) for key, value in schema.items()}
        self._places[id(made)] = path
        self._at[path] = made
        self._wrong += [*_faults_of_own(schema, path), *_faults_of_words(schema, path, self._kind)]
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
        return self._copied(value, path) if key in _PARTS else self._other(value, path)

    def _other(self, value: Any, path: Path) -> Any:
        """What no keyword makes a schema is one where a reference says so: `#/components/schemas/name`."""
        if self._is_referred(path):
            self._elsewhere.append((path, value))
            return self._copied(value, path)
        if isinstance(value, dict):
            return {key: self._other(one, (*path, key)) for key, one in value.items()}
        return (
            [self._other(one, (*path, place)) for place, one in enumerate(value)] if isinstance(value, list) else value
        )

    def _is_referred(self, path: Path) -> bool:
        """Whether a reference points here: from the top, or from a schema with an id around it."""
        if not self._referred:
            return False
        part, starts = self._given, [0]
        for end, step in enumerate(path, 1):
            part = part[step]  # type: ignore[index]
            if isinstance(part, dict) and isinstance(part.get("$id", part.get("id")), str):
                starts.append(end)
        return any(tuple(map(str, path[start:])) in self._referred for start in starts)

    def _pattern(self, pattern: str, path: Path) -> str:
        made = as_python(pattern)
        try:
            re.compile(made)
        except (re.error, OverflowError, RecursionError) as error:
            self._wrong.append(_fault(path, "pattern", str(error)))
        return made


def _faults_of_own(schema: Json, path: Path) -> Iterator[Json]:
    """Keywords of ours with wrong values, those that there are none of, and what belongs at the top level."""
    for key in schema:
        if key in OWN:
            if not (isinstance(schema[key], str) and re.fullmatch(OWN[key], schema[key])):
                yield _fault((*path, key), "own")
        elif key == FOR and path:
            yield _fault((*path, key), "inner")
        elif key.startswith(PREFIX) and key != FOR:
            yield _fault((*path, key), "unknown", key)


def _faults_of_words(schema: Json, path: Path, kind: Any) -> Iterator[Json]:
    """What old drafts let pass, and jsonschema cannot use: references and ids that are no text, and unknown types."""
    is_old = kind is not None and "id" in kind.META_SCHEMA
    for key in (*_REFERENCES, "id" if is_old else "$id"):
        if not isinstance(schema.get(key, ""), str):
            yield _fault((*path, key), "structure", {"keyword": "type", "value": "string"})
    for key in ("type", "disallow") if kind is not None and "disallow" in kind.VALIDATORS else ():
        if any(word not in _TYPES_OF_DRAFT_3 for word in _listed(schema.get(key)) if isinstance(word, str)):
            yield _fault((*path, key), "structure", {"keyword": "enum", "value": list(_TYPES_OF_DRAFT_3)})


def _pointers(within: Any) -> Iterator[tuple[str, ...]]:
    """Where references point to, as steps."""
    if isinstance(within, dict):
        for key in _REFERENCES:
            _, has_pointer, pointer = str(within.get(key, "")).partition("#/")
            if has_pointer:
                steps = unquote(pointer).split("/")
                yield tuple(step.replace("~1", "/").replace("~0", "~") for step in steps)
    for inner in within.values() if isinstance(within, dict) else within if isinstance(within, list) else ():
        yield from _pointers(inner)


def as_python(pattern: str) -> str:
    """A pattern of ECMA 262 as Python writes it: $ is the very end, and classes are those of ECMA 262."""
    made, is_class = "", False
    for piece in re.findall(r"\\.|\[\^?\]|\(\?<(?![=!])|.", pattern, re.DOTALL):
        made += (_IN_CLASS if is_class else _OUTSIDE).get(piece, piece)
        is_class = piece == "[" or (is_class and piece not in ("]", "[]", "[^]"))
    return f"(?a:{made})"


@cache
def of_amounts(kind: Any) -> Any:
    """The kind of validator, with limits that hold for amounts in quotes too: "8" and 8 are as many GPUs.

    A part of a policy may name its own dialect. jsonschema then goes on with its own kind for that, so evolve turns it
    into one of these.
    """
    from jsonschema.validators import extend

    limits = {name: _of_amounts(kind.VALIDATORS[name]) for name in _LIMITS if name in kind.VALIDATORS}
    made: Any = extend(kind, limits)  # type: ignore[no-untyped-call]
    as_it_is = made.evolve

    def evolve(validator: Any, **changes: Any) -> Any:
        one = as_it_is(validator, **changes)
        if one.__class__ is made:
            return one
        # pylint: disable-next=protected-access  # the arguments under which jsonschema itself makes the next one
        return of_amounts(one.__class__)(one.schema, registry=one._registry, _resolver=one._resolver)

    made.evolve = evolve
    return made


def _of_amounts(judge: Callable[..., Any]) -> Callable[..., Any]:
    return lambda validator, limit, instance, schema: judge(validator, limit, _amount(instance), schema)


def _amount(instance: Any) -> Any:
    try:
        return parse(instance) if isinstance(instance, str) else instance
    except ValueError:
        return instance


def _names(error: Any) -> list[str]:
    """The keys that are missing, or not allowed; none for other keywords."""
    value, instance = error.validator_value, error.instance
    if error.validator == "required" and isinstance(value, list):
        return [name for name in value if name not in instance]
    if error.validator == "required":  # of draft 3
        return [str(error.path[-1])]
    if error.validator in ("dependentRequired", "dependencies"):
        needed = [name for key in value if key in instance for name in _listed(value[key]) if name not in instance]
        return list(dict.fromkeys(needed))
    if error.validator == "additionalProperties" and value is False:
        patterns = error.schema.get("patternProperties", ())
        known = error.schema.get("properties", ())
        return [
            name for name in instance if name not in known and not any(re.search(pattern, name) for pattern in patterns)
        ]
    return []


def _listed(names: Any) -> list[str]:
    return names if isinstance(names, list) else [names] if isinstance(names, str) else []


def _nearest(trail: list[Json], key: str) -> str | None:
    """What the innermost part says."""
    return next((part[key] for part in reversed(trail) if isinstance(part.get(key), str)), None)


def _at(data: Any, path: Path) -> Any:
    for step in path:
        data = data[step]
    return data
