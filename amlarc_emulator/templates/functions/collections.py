"""Functions on arrays and objects, and those on strings and arrays alike."""

from typing import Any

from amlarc_emulator.templates.functions.logic import same
from amlarc_emulator.templates.values import Arguments, text_of


def contains(given: Arguments) -> bool:
    """contains(container, item): a key of an object in any casing, an item of an array, a part of a string."""
    container, item = given.count(2).any(0), given.any(1)
    if isinstance(container, dict):
        return given.text(1).lower() in [key.lower() for key in container]
    if isinstance(container, list):
        return any(same(item, other) for other in container)
    return text_of(item) in given.text(0)


def length(given: Arguments) -> int:
    """length(a)."""
    return len(_sized(given.count(1)))


def empty(given: Arguments) -> bool:
    """empty(a): null is empty too."""
    return given.count(1).any(0) is None or not _sized(given)


def first(given: Arguments) -> Any:
    """first(a): null of an empty array, "" of an empty string."""
    return _end(given, 0)


def last(given: Arguments) -> Any:
    """last(a)."""
    return _end(given, -1)


def take(given: Arguments) -> Any:
    """take(a, count)."""
    return _sequence(given.count(2))[: max(given.integer(1), 0)]


def skip(given: Arguments) -> Any:
    """skip(a, count)."""
    return _sequence(given.count(2))[max(given.integer(1), 0) :]


def array(given: Arguments) -> list[Any]:
    """array(a): itself, or one around it."""
    value = given.count(1).any(0)
    return value if isinstance(value, list) else [value]


def create_object(given: Arguments) -> dict[str, Any]:
    """createObject(key, value, …)."""
    if len(given) % 2:
        raise given.invalid("the keys and values must come in pairs")
    return {given.text(at): given.any(at + 1) for at in range(0, len(given), 2)}


def union(given: Arguments) -> Any:
    """union(a, b, …): arrays without what is there already, or objects merged as deep as they are objects."""
    if isinstance(given.count(1, -1).any(0), list):
        found: list[Any] = []
        for at in range(len(given)):
            found += [item for item in given.list(at) if not any(same(item, other) for other in found)]
        return _distinct(found)
    merged: dict[str, Any] = {}
    for at in range(len(given)):
        merged = _merged(merged, given.object(at))
    return merged


def intersection(given: Arguments) -> Any:
    """intersection(a, b, …)."""
    if isinstance(given.count(1, -1).any(0), list):
        others = [given.list(at) for at in range(1, len(given))]
        kept = [item for item in given.list(0) if all(any(same(item, one) for one in other) for other in others)]
        return _distinct(kept)
    objects = [given.object(at) for at in range(len(given))]
    return {key: item for key, item in objects[0].items() if all(same(item, one.get(key)) for one in objects[1:])}


def items(given: Arguments) -> list[dict[str, Any]]:
    """items(object): its keys and values, by key."""
    return [{"key": key, "value": value} for key, value in sorted(given.count(1).object(0).items())]


def object_keys(given: Arguments) -> list[str]:
    """objectKeys(object)."""
    return list(given.count(1).object(0))


def shallow_merge(given: Arguments) -> dict[str, Any]:
    """shallowMerge(array of objects)."""
    inner = Arguments(given.name, given.count(1).list(0))
    return {key: item for at in range(len(inner)) for key, item in inner.object(at).items()}


def flatten(given: Arguments) -> list[Any]:
    """flatten(array of arrays)."""
    inner = Arguments(given.name, given.count(1).list(0))
    return [item for at in range(len(inner)) for item in inner.list(at)]


def try_get(given: Arguments) -> Any:
    """tryGet(a, key, …): null where there is none."""
    value = given.count(2, -1).any(0)
    for key in given.values[1:]:
        if isinstance(value, dict):
            value = next((item for name, item in value.items() if name.lower() == str(key).lower()), None)
        elif isinstance(value, list) and isinstance(key, int):
            value = value[key] if 0 <= key < len(value) else None
        else:
            return None
    return value


def _sized(given: Arguments) -> Any:
    value = given.any(0)
    if not isinstance(value, str | list | dict):
        raise given.wrong_type(0, "string, array, object")
    return value


def _sequence(given: Arguments) -> Any:
    if not isinstance(given.any(0), str | list):
        raise given.wrong_type(0, "string, array")
    return given.any(0)


def _end(given: Arguments, at: int) -> Any:
    value = _sequence(given.count(1))
    if not value:
        return "" if isinstance(value, str) else None
    return value[at]


def _distinct(values: list[Any]) -> list[Any]:
    found: list[Any] = []
    for value in values:
        if not any(same(value, other) for other in found):
            found.append(value)
    return found


def _merged(one: dict[str, Any], two: dict[str, Any]) -> dict[str, Any]:
    both = {key for key, item in two.items() if isinstance(item, dict) and isinstance(one.get(key), dict)}
    return {**one, **{key: _merged(one[key], item) if key in both else item for key, item in two.items()}}


FUNCTIONS = {
    "array": array,
    "contains": contains,
    "createArray": lambda given: list(given.values),
    "createObject": create_object,
    "empty": empty,
    "first": first,
    "flatten": flatten,
    "intersection": intersection,
    "items": items,
    "last": last,
    "length": length,
    "objectKeys": object_keys,
    "shallowMerge": shallow_merge,
    "skip": skip,
    "take": take,
    "tryGet": try_get,
    "union": union,
}
