"""Error answers of every shape that Azure and what is in between give: code and message are always shown."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azext_amlarc.azure.connection import envelopes

# Recorded (az's own test recordings), but for the guids: what Azure answered, and what has to be said.
RECORDED = {
    "Azure Resource Manager": (
        b'{"error":{"code":"ResourceGroupNotFound","message":"Resource group \'bad-rg\' could not be found."}}',
        ("ResourceGroupNotFound", "Resource group 'bad-rg' could not be found."),
    ),
    "Azure ML, full of nulls": (
        b'{"error": {"code": "UserError", "severity": null, "message": "Provided EnableNodePublicIp \'False\' requires '
        b'workspace private endpoint.", "messageFormat": null, "messageParameters": null, "referenceCode": null, '
        b'"detailsUri": null, "target": null, "details": [], "innerError": null, "debugInfo": null, "additionalInfo": '
        b'null}, "correlation": {"operation": "87aa", "request": "e629"}, "environment": "eastus", "location": '
        b'"eastus", "time": "2023-01-25T22:56:54.522081+00:00", "componentName": "machinelearningcompute"}',
        ("UserError", "Provided EnableNodePublicIp 'False' requires workspace private endpoint."),
    ),
    "the same message repeated in details": (
        b'{"error":{"code":"MissingSubscriptionRegistration","message":"The subscription is not registered to use '
        b'namespace \'Microsoft.ApiCenter\'.","details":[{"code":"MissingSubscriptionRegistration","target":'
        b'"Microsoft.ApiCenter","message":"The subscription is not registered to use namespace '
        b"'Microsoft.ApiCenter'.\"}]}}",
        (
            "MissingSubscriptionRegistration",
            "The subscription is not registered to use namespace 'Microsoft.ApiCenter'.",
        ),
    ),
    "a number for a code": (
        b'{"error":{"code":"100026","message":"The specified environment cannot be deleted."}}',
        ("100026", "The specified environment cannot be deleted."),
    ),
    "no envelope, no code": (
        b'{"message":"data source with the same name already exists"}',
        ("", "data source with the same name already exists"),
    ),
    "no envelope, a status": (
        b'{"message":"the folder has been changed by someone else","status":"version-mismatch"}',
        ("version-mismatch", "the folder has been changed by someone else"),
    ),
    "XML with a byte order mark": (
        '\ufeff<?xml version="1.0" encoding="utf-8"?><Error><Code>ShareAlreadyExists</Code><Message>The specified '
        "share already exists.\nTime:2024-01-29T07:21:33.5285877Z</Message></Error>".encode(),
        ("ShareAlreadyExists", "The specified share already exists.\nTime:2024-01-29T07:21:33.5285877Z"),
    ),
    "nginx": (
        b"<html>\r\n<head><title>429 Too Many Requests</title></head>\r\n<body>\r\n<center><h1>429 Too Many Requests"
        b"</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n",
        ("", ""),
    ),
}
# Other envelopes, as their documentation has them.
FOREIGN = {
    "OData": (
        b'{"odata.error": {"code": "Request_X", "message": {"lang": "en", "value": "It is wrong."}}}',
        ("Request_X", "It is wrong."),
    ),
    "OAuth": (b'{"error": "invalid_grant", "error_description": "AADSTS7000215"}', ("invalid_grant", "AADSTS7000215")),
    "a word": (b'{"error": "It is wrong."}', ("", "It is wrong.")),
    "ASP.NET": (b'{"Message": "An error has occurred."}', ("", "An error has occurred.")),
    "problem details": (b'{"title": "Not allowed", "status": 403, "detail": "No."}', ("403", "No.")),
    "an envelope in an envelope": (b'{"error": {"error": {"code": "A", "message": "b"}}}', ("A", "b")),
    "a list": (b'[{"error": {"code": "A", "message": "b"}}]', ("A", "b")),
    "errors": (b'{"errors": [{"code": "A", "message": "b"}, {"message": "c"}]}', ("A", "b\nc")),
    "upper case": (b'{"Error": {"Code": "A", "Message": "b", "Details": null}}', ("A", "b")),
    "a code alone": (b'{"error": {"code": "A", "message": null, "details": null}}', ("A", "")),
    "details alone": (
        b'{"error": {"code": "A", "message": null, "details": [null, "x", {"code": "B", "message": "b"}]}}',
        ("A", "x\nB: b"),
    ),
    "an inner error that says more": (
        b'{"error": {"code": "A", "message": "a.", "innererror": {"code": "B", "message": "b."}}}',
        ("A", "a.\nB: b."),
    ),
    "nothing": (b"", ("", "")),
    "null": (b"null", ("", "")),
}
SHAPES = {**RECORDED, **FOREIGN}


@pytest.mark.parametrize("shape", SHAPES)
def test_code_and_message_are_read_whatever_the_shape(shape: str) -> None:
    content, wanted = SHAPES[shape]
    found = envelopes.read(content)
    assert (found.code, found.text) == wanted


def test_a_message_of_a_megabyte_is_cut_and_says_so() -> None:
    found = envelopes.read(json.dumps({"error": {"code": "A", "message": "x" * 1_000_000}}).encode())
    assert found.text.startswith("x" * 4000 + "… (cut; 1,000,000 characters)")
    assert len(found.text) < 4100


def test_many_long_details_are_cut_too() -> None:
    details = [{"code": f"C{number}", "message": f"{number} " + "y" * 3000} for number in range(500)]
    assert len(envelopes.of({"error": {"code": "A", "message": "a", "details": details}}).text) < 8100


def test_what_a_terminal_would_obey_is_taken_out() -> None:
    found = envelopes.of({"error": {"code": "A\x1b[2J", "message": "red \x1b[31mtext\x07\x00\nsecond line"}})
    assert (found.code, found.text) == ("A", "red text\nsecond line")


def test_a_page_is_told_by_its_words() -> None:
    page = b"<html><head><style>p {}</style><script>x()</script></head><body><h1>Sign&nbsp;in</h1> to <b>Wi-Fi</b>"
    assert envelopes.excerpt(page) == "Sign in to Wi-Fi"


# As Azure's documentation of Azure Policy has it ("Troubleshoot errors", "Determine causes of non-compliance").
POLICY: dict[str, Any] = {
    "type": "PolicyViolation",
    "info": {
        "policyDefinitionDisplayName": "Require a tag on resources",
        "policyAssignmentDisplayName": "Costs",
        "policyAssignmentName": "0b1c",
        "evaluationDetails": {
            "evaluatedExpressions": [
                {
                    "result": "True",
                    "expressionKind": "Field",
                    "expression": "tags[costCenter]",
                    "path": "tags[costCenter]",
                    "targetValue": "false",
                    "operator": "Exists",
                }
            ]
        },
        "policyAssignmentParameters": {"tagName": {"value": "costCenter"}},
    },
}
DENIED = {
    "code": "RequestDisallowedByPolicy",
    "target": "amlarcrelay",
    "message": "Resource 'amlarcrelay' was disallowed by policy.",
}
SAID = "Denied by the policy 'Require a tag on resources' (assignment 'Costs'): it requires the tag costCenter."


@pytest.mark.parametrize(
    "error",
    [
        {**DENIED, "additionalInfo": [POLICY]},
        {**DENIED, "details": [{**DENIED, "additionalInfo": [POLICY, POLICY]}]},
        {**DENIED, "additionalInfo": None, "innererror": {"additionalInfo": [POLICY]}},
        {**DENIED, "additionalInfo": POLICY},
    ],
)
def test_a_denial_of_azure_policy_shows_which_policy_and_which_tag(error: dict[str, Any]) -> None:
    found = envelopes.of({"error": error})
    assert found.text == f"Resource 'amlarcrelay' was disallowed by policy.\n{SAID}"


def test_a_tag_is_known_from_a_policys_parameters_alone() -> None:
    info = {"policyAssignmentName": "0b1c", "policyAssignmentParameters": {"tagName": {"value": "owner"}}}
    [said] = envelopes.of({"message": "No.", "additionalInfo": [{"type": "PolicyViolation", "info": info}]}).denials
    assert said == "Denied by the policy 'of an unknown name' (assignment '0b1c'): it requires the tag owner."


def test_a_policy_about_something_else_shows_what_it_denies() -> None:
    evaluated = [{"path": "location", "operator": "NotIn", "targetValue": ["westeurope"]}]
    info = {"policyDefinitionName": "locations", "evaluationDetails": {"evaluatedExpressions": evaluated}}
    [said] = envelopes.of({"message": "No.", "additionalInfo": [{"type": "PolicyViolation", "info": info}]}).denials
    assert said == """Denied by the policy 'locations': it denies location NotIn ["westeurope"]."""


def places(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    for key, value in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
        yield from places(value, (*path, key))


def replaced(data: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    made = copy.deepcopy(data)
    place = made
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return made


ENVELOPES = [json.loads(content) for content, _ in SHAPES.values() if content.startswith((b"{", b"["))]
ENVELOPES.append({"error": {**DENIED, "additionalInfo": [POLICY]}})
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["code", "message", "error"]), inner),
    max_leaves=8,
)


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    """A real envelope with one or two of its values replaced by anything."""
    found = draw(st.sampled_from(ENVELOPES))
    for _ in range(draw(st.integers(1, 2))):
        found = replaced(found, draw(st.sampled_from(list(places(found)))), draw(ANYTHING))
    return found


@given(mutated())
def test_no_mutation_of_an_envelope_is_too_much(data: Any) -> None:
    found = envelopes.read(json.dumps(data).encode())
    assert isinstance(found.code, str)
    assert isinstance(found.text, str)
    assert all(isinstance(info, dict) for one in found for _, info in one.infos)


@given(st.sampled_from(["details", "innererror", "innerError", "additionalInfo", "target", "severity"]), ANYTHING)
def test_code_and_message_survive_whatever_stands_beside_them(name: str, value: Any) -> None:
    found = envelopes.of({"error": {"code": "UserError", "message": "It is wrong.", name: value}})
    assert found.code == "UserError"
    assert found.text.startswith("It is wrong.")


@given(st.binary(max_size=200))
def test_no_bytes_are_too_much(content: bytes) -> None:
    envelopes.read(content)
    envelopes.excerpt(content)


def test_nesting_without_end_is_no_trap() -> None:
    assert envelopes.read(b"[" * 100_000).text == ""
    deep: dict[str, Any] = {"message": "innermost"}
    for _ in range(200):
        deep = {"error": deep}
    assert isinstance(envelopes.of(deep).text, str)


@pytest.mark.parametrize("quoted", [{}, {"status": "Failed"}])
def test_an_error_that_a_deployment_quotes_is_read_as_one(quoted: dict[str, str]) -> None:
    inner = {"code": "ExtensionOperationFailed", "message": "Helm failed", "details": [{"code": "A", "message": "b"}]}
    text = json.dumps({**quoted, "error": inner}, indent=2)
    detail = {"code": "Conflict", "message": text}
    found = envelopes.of({"code": "DeploymentFailed", "message": "At least one failed.", "details": [detail]})
    assert [(one.code, one.message) for one in found] == [
        ("DeploymentFailed", "At least one failed."),
        ("ExtensionOperationFailed", "Helm failed"),
        ("A", "b"),
    ]


@pytest.mark.parametrize("text", ["{", "{}", '{"a": 1}', '{"error": 1}', '{"error": "no"}', "{" * 9999, '{"a":' * 9999])
def test_a_message_that_only_looks_like_an_error_stays_a_message(text: str) -> None:
    found = envelopes.of({"code": "Conflict", "message": text})
    assert (found.code, found.message[:20]) == ("Conflict", "no" if "no" in text else text[:20])
