"""No secret is left in what was masked, wherever it stood; and what helps is still there."""

import base64
import json
import random
import string
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from azext_amlarc.workflows.bundle.masking import data, text
from azext_amlarc.workflows.bundle.masking.encoded import is_random
from azext_amlarc.workflows.bundle.masking.known import Known
from azext_amlarc.workflows.bundle.masking.names import is_secret
from tests.support.secrets import forms

SECRET = "hunter2-Zq8kR41xPw"
KEY = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA="
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzeXN0ZW06c2VydmljZWFjY291bnQifQ.c2lnbmF0dXJlLW9mLWl0"
PEM = f"-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA{SECRET}\nabcd\n-----END RSA PRIVATE KEY-----"


def b64(value: str) -> str:
    return base64.b64encode(value.encode()).decode()


def in_text(value: str) -> str:
    known = Known()
    return known.masked(text.masked(value, known.learn))


def in_data(value: Any) -> str:
    known = Known()
    return known.masked(json.dumps(data.masked(value, known.learn)))


# Each with {} for the secret.
TEXTS = (
    "password={}",
    "DB_PASSWORD={}; next",
    "storage key: account_key: {}",
    '{{"password": "{}", "level": "info"}}',
    "{{'client_secret': '{}'}}",
    r'msg="{{\"token\":\"{}\"}}"',
    "Authorization: Bearer {}",
    "Authorization: Basic {}==",
    '"Proxy-Authorization": "Negotiate {}"',
    "map[Authorization:[Bearer {}] Accept:[*/*]]",
    "calling with bearer {} now",
    "Cookie: a=b; session={}",
    "Endpoint=sb://ns.servicebus.windows.net/;SharedAccessKeyName=azureml_rw;SharedAccessKey={};EntityPath=c",
    "DefaultEndpointsProtocol=https;AccountName=st;AccountKey={};EndpointSuffix=core.windows.net",
    "GET https://user:{}@proxy.example.com:3128/path",
    "proxy http://{}@proxy.example.com",
    "https://st.blob.core.windows.net/c?sv=2024&sig={}&se=2027",
    "https://example.com/?access_token={}",
    "run --password {} --verbose",
    "run --client-secret={} --verbose",
    "curl -u admin:{} https://example.com",
    "<password>{}</password>",
    "- name: REGISTRY_PASSWORD\n  value: {}\n- name: OTHER",
    '[{{"name":"REGISTRY_PASSWORD","value":"{}"}}]',
    "  password: {} with more words",
    "token := {}",
    'export SECRET_TOKEN="{}',
    "AWS_SECRET_ACCESS_KEY={}",
    "sslKey: |\n  first {}\n  second {}\nafter: this",
)


@pytest.mark.parametrize("line", TEXTS)
def test_a_text_has_no_secret_left(line: str) -> None:
    shown = in_text(f"before\n{line.replace('{}', SECRET).replace('{{', '{').replace('}}', '}')}\nand after")
    assert SECRET not in shown
    assert shown.startswith("before\n")
    assert shown.endswith("\nand after")


@pytest.mark.parametrize(
    "alone",
    [
        PEM,
        PEM.replace("\n", "\\n"),
        PEM.partition("-----END")[0],
        PEM.partition("KEY-----\n")[2],
        JWT,
        KEY,
        "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
        "AKIAIOSFODNN7EXAMPLE",
        "abc8Q~dEfGhIjKlMnOpQrStUvWxYz0123456789",
        b64(f"password={SECRET}"),
        b64(f"admin:{SECRET}"),
        b64(json.dumps({"auths": {"x.io": {"auth": b64(f"admin:{SECRET}")}}})),
        b64(b64(f"SharedAccessKey={SECRET}")),
        b64(PEM),
    ],
)
def test_what_a_secret_looks_like_is_enough(alone: str) -> None:
    shown = in_text(f"read {alone} at last")
    assert alone not in shown
    assert SECRET not in shown
    assert "***" in shown


OBJECTS: dict[str, Callable[[str], Any]] = {
    "variable": lambda secret: {"env": [{"name": "DB_PASSWORD", "value": secret}]},
    "argument": lambda secret: {"args": ["serve", f"--token={secret}"]},
    "next argument": lambda secret: {"command": ["serve", "--token", secret, "--v=2"]},
    "shell": lambda secret: {"command": ["sh", "-c", f"login --password {secret} && serve"]},
    "annotation": lambda secret: {"metadata": {"annotations": {"example.com/api-key": secret}}},
    "copy": lambda secret: {
        "annotations": {"kubectl.kubernetes.io/last-applied-configuration": json.dumps({"x": secret})}
    },
    "managed": lambda secret: {"metadata": {"managedFields": [{"x": secret}]}},
    "a Secret": lambda secret: {"kind": "Secret", "data": {"x": b64(secret)}, "stringData": {"y": secret}},
    "nested": lambda secret: {"credentials": {"user": "me", "deeper": [{"x": secret}]}},
    "list": lambda secret: {"tokens": [secret]},
    "setting": lambda secret: {"configurationSettings": {"relayserver.relayConnectionString": secret}},
    "text in JSON": lambda secret: {"data": {"conf": json.dumps({"clientSecret": secret})}},
    "text in base64": lambda secret: {"data": {"conf": b64(f'{{"clientSecret": "{secret}"}}')}},
    "elsewhere": lambda secret: [{"password": secret}, {"message": f"cannot log in as {secret}"}],
    "elsewhere in base64": lambda secret: [{"password": secret}, {"message": b64(f"cannot log in as {secret}")}],
    "elsewhere in a URL": lambda secret: [{"password": secret}, {"message": f"/login/{quote(secret, safe='')}/x"}],
}


@pytest.mark.parametrize("place", OBJECTS)
def test_an_object_has_no_secret_left(place: str) -> None:
    shown = in_data(OBJECTS[place](SECRET))
    assert not [form for form in forms(SECRET) if form in shown]


PASSWORDS = st.text(st.sampled_from(string.ascii_letters + string.digits + "!#$%()*+,-./:<=>?@[]^_`{|}~"), min_size=8)
# Passwords that a text of these kinds can hold without quotes or escapes.
PLAIN = st.text(st.sampled_from(string.ascii_letters + string.digits + "!#$%()*+,-.=?[]^_{}~"), min_size=8).filter(
    lambda secret: secret.strip("-.=*") == secret and any(char.isalnum() for char in secret)
)


@given(secret=PASSWORDS.filter(lambda one: len(set(one)) > 3 and one[0] != "-"), place=st.sampled_from(sorted(OBJECTS)))
def test_no_secret_of_any_kind_is_left_in_an_object(secret: str, place: str) -> None:
    shown = in_data(OBJECTS[place](secret))
    assert secret not in shown
    assert b64(secret) not in shown


@given(secret=PLAIN, line=st.sampled_from(TEXTS), noise=st.text(string.ascii_lowercase + " \n", max_size=30))
def test_no_secret_of_any_kind_is_left_in_a_text(secret: str, line: str, noise: str) -> None:
    assume(secret not in noise)
    planted = line.replace("{}", secret).replace("{{", "{").replace("}}", "}")
    assert secret not in in_text(f"{noise}\n{planted}\n{noise}")


@given(st.text())
def test_any_text_can_be_masked_again_without_change(any_text: str) -> None:
    once = in_text(any_text)
    assert in_text(once) == once


USEFUL = (
    "/subscriptions/2f3c1b7a-91d4-4e0c-8a57-6b9d0e1f2a3c/resourceGroups/amlarc-rg/providers/Microsoft.Kubernetes/"
    "connectedClusters/amlarc-cluster/providers/Microsoft.KubernetesConfiguration/extensions/amlarc-compute",
    "mcr.microsoft.com/azureml/amlarc/docker/aml-operator@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    'Status: Failed Name: nodes ErrorCode: E40002 ErrorMessage: "Insufficient nodes"',
    "Back-off restarting failed container relayserver in pod relayserver-6c9f7bdb9c-x8x2l_azureml(0b1c2d3e)",
    "2026-11-26T19:05:28.123456789Z I1126 19:05:28.123456 1 controller.go:114] Reconciling defaultinstancetype",
    "dial tcp 10.0.0.1:443: connect: connection refused",
    "0/3 nodes are available: 3 Insufficient nvidia.com/gpu. preemption: 0/3 nodes are available",
    "------------------------------------ ==================================== __________________________",
    "Microsoft.MachineLearningServices/workspaces GenericComputeError KubernetesComputeOperationFailed2024",
)


@pytest.mark.parametrize("line", USEFUL)
def test_what_helps_stays(line: str) -> None:
    assert in_text(line) == line


def test_what_an_object_says_of_secrets_stays() -> None:
    pod = {
        "spec": {
            "imagePullSecrets": [{"name": "registry"}],
            "automountServiceAccountToken": False,
            "volumes": [{"secret": {"secretName": "tls-of-the-router", "defaultMode": 420}}],
            "containers": [
                {
                    "env": [
                        {"name": "TOKEN_PATH", "value": "/var/run/token"},
                        {"name": "ENABLE_TOKENS", "value": "true"},
                    ]
                },
                {"env": [{"name": "X_TOKEN", "valueFrom": {"secretKeyRef": {"name": "relay", "key": "token"}}}]},
            ],
            "affinity": {"topologyKey": "kubernetes.io/hostname"},
        }
    }
    assert json.loads(in_data(pod)) == pod


@pytest.mark.parametrize(
    "name",
    [
        "DB_PASSWORD",
        "clientSecret",
        "accountKey",
        "AZURE_STORAGE_KEY",
        "sas",
        "relayConnectionString",
        "x-api-key",
        "primarySharedKey",
    ],
)
def test_names_of_secrets(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize(
    "name", ["key", "monkey", "signal", "secretName", "tokenPath", "design", "passenger", "topologyKey", "bypass_count"]
)
def test_names_of_other_things(name: str) -> None:
    assert not is_secret(name)


def test_drawn_keys_look_drawn() -> None:
    draw = random.Random(20261126)
    keys = [base64.b64encode(draw.randbytes(length)).decode() for length in (24, 32, 48, 64) for _ in range(500)]
    assert sum(not is_random(key) for key in keys) <= 4  # of 2000: how a key looks is only the last defence
