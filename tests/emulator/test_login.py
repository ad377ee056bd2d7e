"""Signing in, and what ARM answers to tokens that won't do."""

import base64
import json
from pathlib import Path

import jwt
import pytest

from amlarc_emulator.wire.authority import new_key
from tests.support.azure import Azure, running


def subscriptions(azure: Azure, authorization: str) -> tuple[int, str, dict[str, str]]:
    reply = azure.send("GET", "/subscriptions?api-version=2022-12-01", authorization=authorization)
    return reply.status, reply.code, dict(reply.headers)


def test_the_cloud_says_where_to_sign_in(azure: Azure) -> None:
    cloud = azure.send("GET", "//metadata/endpoints?api-version=2022-09-01", authorization="").body
    assert cloud["authentication"] == {
        "loginEndpoint": f"{azure.endpoint}/adfs",
        "audiences": [f"{azure.endpoint}/"],
        "tenant": "adfs",
        "identityProvider": "ADFS",
    }
    assert cloud["resourceManager"] == f"{azure.endpoint}/"
    assert cloud["suffixes"]["keyVaultDns"] == "vault.azure.net"
    # As azureml-core asks.
    assert azure.send("GET", "/metadata/endpoints?api-version=2019-05-01", authorization="").body == [cloud]


@pytest.mark.parametrize("path", ["/adfs/.well-known", "/adfs/adfs/v2.0/.well-known"])
def test_discovery_answers_at_both_paths(azure: Azure, path: str) -> None:
    reply = azure.send("GET", f"{path}/openid-configuration", authorization="")
    assert reply.body["token_endpoint"] == f"{azure.endpoint}/adfs/oauth2/token"


def test_a_token_has_the_usual_claims_and_the_published_key(azure: Azure) -> None:
    token = azure.sign_in().body["access_token"]
    [key] = azure.send("GET", "/adfs/discovery/keys", authorization="").body["keys"]
    claims = jwt.decode(token, jwt.PyJWK(key).key, ["RS256"], audience=azure.endpoint)
    assert {"iat", "nbf", "exp", "sub"} < set(claims)
    assert (claims["appid"], claims["tid"], claims["oid"], claims["iss"]) == (
        azure.client_id,
        azure.ready["tenantId"],
        "00000000-0000-0000-0000-00000000b0b0",
        f"{azure.endpoint}/adfs",
    )
    assert claims["exp"] - claims["iat"] == 3600


def test_a_wrong_secret_is_refused(azure: Azure) -> None:
    reply = azure.sign_in(secret="wrong")
    assert (reply.status, reply.body["error"]) == (401, "invalid_client")


def test_without_a_token_authentication_fails(azure: Azure) -> None:
    status, code, headers = subscriptions(azure, "")
    assert (status, code, headers["x-ms-failure-cause"]) == (401, "AuthenticationFailed", "gateway")
    assert headers["www-authenticate"].startswith(f'Bearer authorization_uri="{azure.endpoint}/adfs", error=')


def test_a_token_signed_by_someone_else_is_invalid(azure: Azure) -> None:
    claims = jwt.decode(azure.token(), options={"verify_signature": False})
    forged = jwt.encode(claims, new_key(), "RS256")
    assert subscriptions(azure, f"Bearer {forged}")[:2] == (401, "InvalidAuthenticationToken")


def test_a_token_for_another_audience_is_refused(azure: Azure) -> None:
    token = azure.sign_in(audience="https://graph.example.com").body["access_token"]
    status, code, _ = subscriptions(azure, f"Bearer {token}")
    assert (status, code) == (401, "InvalidAuthenticationTokenAudience")


def test_an_expired_token_is_told_apart(tmp_path: Path) -> None:
    with running(tmp_path, "--token-seconds", "-1") as azure:
        status, code, headers = subscriptions(azure, f"Bearer {azure.token()}")
    assert (status, code) == (401, "ExpiredAuthenticationToken")
    assert 'error_description="The access token has expired."' in headers["www-authenticate"]


def test_a_claims_challenge_carries_the_claims(azure: Azure) -> None:
    azure.fault(path="^/subscriptions$", claims=True)
    status, _, headers = subscriptions(azure, f"Bearer {azure.token()}")
    challenge = headers["www-authenticate"]
    assert status == 401
    assert 'error="insufficient_claims"' in challenge
    claims = json.loads(base64.b64decode(challenge.partition('claims="')[2].rstrip('"')))
    assert claims["access_token"]["nbf"]["essential"] is True


def test_secrets_of_the_login_are_masked_in_the_record(azure: Azure) -> None:
    token = azure.sign_in().body["access_token"]
    azure.send("GET", "/subscriptions?api-version=2022-12-01", authorization=f"Bearer {token}")
    record = (azure.data / "traffic.jsonl").read_text()
    assert token not in record
    assert azure.client_secret not in record
    assert '"authorization": "Bearer ***"' in record
