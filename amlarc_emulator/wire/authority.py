"""Signing in: an authority like AD FS, which issues access tokens and verifies them on every call."""

import base64
import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from amlarc_emulator.arm import errors
from amlarc_emulator.arm.errors import ArmError
from amlarc_emulator.arm.model import Json, State

ALGORITHM = "RS256"


@dataclass(frozen=True)
class Authority:
    """Issues and verifies the tokens of one emulator."""

    endpoint: str
    key: rsa.RSAPrivateKey
    state: State
    token_seconds: int
    known: dict[str, Json] = field(default_factory=dict, repr=False)

    @property
    def issuer(self) -> str:
        """The authority's own URL."""
        return f"{self.endpoint}/adfs"

    def configuration(self) -> Json:
        """The OpenID Connect discovery document."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/oauth2/authorize",
            "token_endpoint": f"{self.issuer}/oauth2/token",
            "device_authorization_endpoint": f"{self.issuer}/oauth2/devicecode",
            "jwks_uri": f"{self.issuer}/discovery/keys",
            "end_session_endpoint": f"{self.issuer}/oauth2/logout",
            "response_types_supported": ["code"],
            "grant_types_supported": ["client_credentials"],
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": [ALGORITHM],
            "access_token_issuer": self.issuer,
        }

    def keys(self) -> Json:
        """The public key, as a JSON Web Key Set."""
        key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
        return {"keys": [{**key, "use": "sig", "kid": self._key_id, "alg": ALGORITHM}]}

    def token(self, form: Mapping[str, str]) -> tuple[int, Json]:
        """Answer a request for a token with client credentials: the status and the body."""
        principal = self.state.principal
        if form.get("grant_type") != "client_credentials":
            return 400, _refusal("unsupported_grant_type", "MSIS9611: The grant type is not supported.")
        known = form.get("client_id") == principal["clientId"]
        if not known or form.get("client_secret") != principal["clientSecret"]:
            return 401, _refusal("invalid_client", "MSIS9607: Client credentials are invalid.")
        audience = form.get("resource") or form.get("scope", "").split(" ")[0].removesuffix(".default").rstrip("/")
        if not audience:
            return 400, _refusal("invalid_resource", "MSIS9602: The received 'resource' parameter is invalid.")
        lifetime = {"expires_in": self.token_seconds, "ext_expires_in": self.token_seconds}
        return 200, {"token_type": "Bearer", **lifetime, "access_token": self.issue(audience)}

    def issue(self, audience: str) -> str:
        """A signed token of the service principal for an audience."""
        now, principal = int(time.time()), self.state.principal
        claims = {
            "aud": audience,
            "iss": self.issuer,
            "iat": now,
            "nbf": now,
            "exp": now + self.token_seconds,
            "appid": principal["clientId"],
            "appidacr": "1",
            "idtyp": "app",
            "oid": principal["objectId"],
            "sub": principal["objectId"],
            "tid": self.state.tenant,
            "uti": uuid.uuid4().hex[:22],
            "ver": "1.0",
        }
        return jwt.encode(claims, self.key, ALGORITHM, headers={"kid": self._key_id})

    def verify(self, header: str | None) -> None:
        """Verify an Authorization header, or raise ARM's 401 with the reason."""
        scheme, _, token = (header or "").partition(" ")
        if not token or scheme.lower() != "bearer":
            raise errors.missing_token(self.issuer)
        try:
            claims = self.known.get(token) or self._read(token)
        except jwt.InvalidTokenError:
            raise errors.invalid_token(self.issuer) from None
        if claims["exp"] < time.time():
            raise errors.expired_token(self.issuer, claims["exp"])
        if claims["aud"].rstrip("/") != self.endpoint:
            raise errors.wrong_audience(self.issuer, claims["aud"], f"{self.endpoint}/")

    def _read(self, token: str) -> Json:
        """The claims of a token that this authority signed; kept, since callers send one with hundreds of requests."""
        claims: Json = jwt.decode(
            token, self.key.public_key(), [ALGORITHM], options={"verify_aud": False, "verify_exp": False}
        )
        self.known[token] = claims
        return claims

    def challenge(self) -> ArmError:
        """The 401 that asks for a token issued from now on."""
        claims = json.dumps({"access_token": {"nbf": {"essential": True, "value": str(int(time.time()))}}})
        return errors.claims_challenge(self.issuer, base64.b64encode(claims.encode()).decode())

    @property
    def _key_id(self) -> str:
        return format(self.key.public_key().public_numbers().n, "x")[:32]


def new_key() -> bytes:
    """A private key for signing tokens, as PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    plain = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)


def read_key(pem: bytes) -> rsa.RSAPrivateKey:
    """Load a key from `new_key`."""
    key = serialization.load_pem_private_key(pem, password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError("the key that signs tokens must be an RSA key")
    return key


def _refusal(code: str, description: str) -> Json:
    return {"error": code, "error_description": description}
