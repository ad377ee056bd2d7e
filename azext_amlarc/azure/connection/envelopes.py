"""Azure's error envelopes, and what comes in their place: read tolerantly, since a failure must not hide another.

The contract is {"error": {"code", "message", "details", "innererror", "additionalInfo"}}. Azure Machine Learning fills
it with nulls, data planes leave the envelope away, OData spells it otherwise, gateways and proxies answer in HTML.
Nothing here raises.
"""

import html
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

# Longer messages are cut; Azure's longest real ones, which quote Helm, have some 3,000 characters.
LONGEST_MESSAGE = 4000
_LONGEST_CODE, _LONGEST_EXCERPT = 200, 300
# Of nested errors: so deep, and so many.
_DEEPEST, _MOST = 8, 20

_CODES = ("code", "errorcode", "odata.error.code", "status", "type")
_MESSAGES = ("message", "error_description", "errormessage", "detail", "description", "title", "exceptionmessage")
_NESTED = ("error", "odata.error", "fault", "innererror", "inner_error")

_CONTROL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_TAG_PATH = re.compile(r"tags\[['\"]?([^'\"\[\]]+)['\"]?\]|tags\.([^'\"\[\]]+)", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]{0,2000}>")
_UNSEEN = re.compile(r"<!--.*?-->|<(script|style)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class Envelope:
    """An error: code and message, empty where there is none, the errors in it, and what Azure adds about it.

    `infos` are the additionalInfo of this error, by their types.
    """

    code: str = ""
    message: str = ""
    details: tuple["Envelope", ...] = ()
    infos: tuple[tuple[str, Mapping[str, Any]], ...] = ()

    def __iter__(self) -> Iterator["Envelope"]:
        """This error and those in it, however deep."""
        yield self
        for detail in self.details:
            yield from detail

    @property
    def text(self) -> str:
        """The message, with those of the details that say more."""
        said: list[str] = []
        for one in self:
            if one.message and not any(one.message in other for other in said):
                said.append(one.message if not said or not one.code else f"{one.code}: {one.message}")
            if sum(map(len, said)) > LONGEST_MESSAGE:
                break
        return "\n".join([*said, *self.denials])

    @property
    def denials(self) -> list[str]:
        """Which policies of Azure Policy deny the request, and what they ask for: a line each."""
        found = (info for one in self for kind, info in one.infos if kind.lower() == "policyviolation")
        return list(dict.fromkeys(map(_denial, found)))


def read(content: bytes) -> Envelope:
    """The error in a body; an empty one where it holds none that can be told."""
    text = content.decode("utf-8-sig", "replace")
    try:
        return of(json.loads(text))
    except (ValueError, RecursionError):
        return _of_xml(text)


def of(data: object, depth: int = 0) -> Envelope:
    """The error in parsed JSON, with or without its envelope."""
    if isinstance(data, str):
        return Envelope("", cut(data))
    if isinstance(data, list):
        data = next((item for item in data if isinstance(item, dict)), None)
    if not isinstance(data, Mapping) or depth > _DEEPEST:
        return Envelope()
    members = {str(name).lower(): value for name, value in data.items()}
    nested = _nested(members, depth)
    code, message = _code(members), _message(members)
    wrapped = _wrapped(members.get("message"), depth)
    if wrapped.message:
        details, infos = (*wrapped.details, *nested), (*_infos(members), *wrapped.infos)
        return Envelope(wrapped.code or code, wrapped.message, details, infos)
    if not message and nested:
        inner, *others = nested
        return Envelope(code or inner.code, inner.message, (*inner.details, *others), (*_infos(members), *inner.infos))
    return Envelope(code, message, nested, _infos(members))


def excerpt(content: bytes) -> str:
    """The words of a body in HTML, XML or plain text, on one line."""
    text = _UNSEEN.sub(" ", content[:8192].decode("utf-8", "replace"))
    words = " ".join(html.unescape(_TAG.sub(" ", text)).split())
    return cut(words, _LONGEST_EXCERPT)


def cut(text: str, longest: int = LONGEST_MESSAGE) -> str:
    """The text without what a terminal would obey, cut where it is longer."""
    shown = _CONTROL.sub("", text[: 2 * longest])
    if len(shown) <= longest and len(text) <= 2 * longest:
        return shown
    return f"{shown[:longest]}… (cut; {len(text):,} characters)"


def _nested(members: Mapping[str, Any], depth: int) -> tuple[Envelope, ...]:
    inner = [members[name] for name in _NESTED if isinstance(members.get(name), Mapping | list | str)]
    if isinstance(members.get("error"), str) and _message(members):  # that is the code then
        inner.remove(members["error"])
    for name in ("details", "errors"):
        found = members.get(name)
        inner += found[:_MOST] if isinstance(found, list) else [found] if isinstance(found, Mapping) else []
    found_in = (of(item, depth + 1) for item in inner)
    return tuple(one for one in found_in if one.code or one.message or one.details or one.infos)


def _wrapped(message: object, depth: int) -> Envelope:
    """The error that is a message's whole text: deployments quote what a provider has answered."""
    if not (isinstance(message, str) and message.lstrip().startswith("{")):
        return Envelope()
    try:
        found = json.loads(message)
    except (ValueError, RecursionError):
        return Envelope()
    return of(found.get("error") or found, depth + 1)


def _code(members: Mapping[str, Any]) -> str:
    for name in _CODES:
        value = members.get(name)
        if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
            return cut(str(value).strip(), _LONGEST_CODE)
    # OAuth's {"error": "invalid_grant", "error_description": "…"}.
    value = members.get("error")
    return cut(value, _LONGEST_CODE) if isinstance(value, str) and _message(members) else ""


def _message(members: Mapping[str, Any]) -> str:
    for name in _MESSAGES:
        value = members.get(name)
        if isinstance(value, Mapping):  # OData's {"lang": "en-us", "value": "…"}
            value = value.get("value")
        if isinstance(value, str) and value.strip():
            return cut(value.strip())
    return ""


def _infos(members: Mapping[str, Any]) -> tuple[tuple[str, Mapping[str, Any]], ...]:
    found = members.get("additionalinfo")
    items = found if isinstance(found, list) else [found]
    return tuple(
        (str(item.get("type") or ""), item["info"])
        for item in items
        if isinstance(item, Mapping) and isinstance(item.get("info"), Mapping)
    )


def _denial(info: Mapping[str, Any]) -> str:
    """What an additionalInfo of the type PolicyViolation says: which policy, by which assignment, about what."""
    policy, assignment = (
        _first(info, f"policy{what}DisplayName", f"policy{what}Name", f"policy{what}Id")
        for what in ("Definition", "Assignment")
    )
    by = f" (assignment {assignment!r})" if assignment and assignment != policy else ""
    tags = _tags(info)
    fields = f": it requires the tag {', '.join(tags)}" if tags else _fields(info)
    return f"Denied by the policy {policy or 'of an unknown name'!r}{by}{fields}."


def _first(info: Mapping[str, Any], *names: str) -> str:
    found = (info.get(name) for name in names)
    return next((cut(value, _LONGEST_CODE) for value in found if isinstance(value, str) and value), "")


def _tags(info: Mapping[str, Any]) -> list[str]:
    """The tags that a policy looks at, in what it evaluated or in its parameters."""
    paths = [str(found.get(name)) for found in _evaluated(info) for name in ("path", "expression")]
    tags = [found[1] or found[2] for path in paths if (found := _TAG_PATH.fullmatch(path.strip()))]
    parameters = info.get("policyAssignmentParameters")
    for name, given in parameters.items() if isinstance(parameters, Mapping) else ():
        value = given.get("value") if isinstance(given, Mapping) else given
        if str(name).lower() in {"tagname", "tag"} and isinstance(value, str) and value:
            tags.append(value)
    return list(dict.fromkeys(cut(tag, _LONGEST_CODE) for tag in tags))


def _fields(info: Mapping[str, Any]) -> str:
    """What else it evaluated: `location notIn ["westeurope"]`."""
    said = [
        f"{found['path']} {found.get('operator')} {json.dumps(found.get('targetValue'))}"
        for found in _evaluated(info)
        if isinstance(found.get("path"), str)
    ]
    return f": it denies {cut(', '.join(said), _LONGEST_EXCERPT)}" if said else ""


def _evaluated(info: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    details = info.get("evaluationDetails")
    found = details.get("evaluatedExpressions") if isinstance(details, Mapping) else None
    return [item for item in found[:_MOST] if isinstance(item, Mapping)] if isinstance(found, list) else []


def _of_xml(text: str) -> Envelope:
    """Storage's <Error><Code>…</Code><Message>…</Message></Error>, and its kind; no parser, which XML can hurt."""
    code = re.search(r"<(?:\w+:)?Code>([^<]{1,200})</", text[:65536], re.IGNORECASE)
    message = re.search(r"<(?:\w+:)?Message(?:\s[^<>]*)?>([^<]+)</", text[:65536], re.IGNORECASE)
    if not message:
        return Envelope()
    return Envelope(code[1].strip() if code else "", cut(html.unescape(message[1]).strip()))
