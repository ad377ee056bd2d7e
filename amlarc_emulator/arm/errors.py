"""The errors of Azure Resource Manager, in its words.

Texts come from recorded traffic; `cause` becomes the header x-ms-failure-cause, which tells who answered: "gateway" is
ARM itself, "service" a resource provider that can't be reached, and none the resource provider.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

NOT_FOUND_HELP = "For more details please go to https://aka.ms/ARMResourceNotFoundFix"


class ArmError(Exception):
    """An answer that is an error: its status, the whole body, and headers of its own."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        cause: str | None = "gateway",
        headers: Mapping[str, str] | None = None,
        **more: object,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body: dict[str, Any] = {"error": {"code": code, "message": message, **more}}
        self.headers = dict(headers or {})
        if cause:
            self.headers["x-ms-failure-cause"] = cause


def missing_token(authority: str) -> ArmError:
    """401 for a request without an Authorization header."""
    message = "Authentication failed. The 'Authorization' header is missing."
    return _unauthorized(
        authority,
        "AuthenticationFailed",
        message,
        "The authentication failed because of missing 'Authorization' header.",
    )


def expired_token(authority: str, expiry: float) -> ArmError:
    """401 for a token past its life; `expiry` in seconds since the epoch."""
    then, now = (_clock(moment) for moment in (datetime.fromtimestamp(expiry, UTC), datetime.now(UTC)))
    message = f"The access token expiry UTC time '{then}' is earlier than current UTC time '{now}'."
    return _unauthorized(authority, "ExpiredAuthenticationToken", message, "The access token has expired.")


def invalid_token(authority: str) -> ArmError:
    """401 for a token that this authority didn't sign."""
    message = "The access token is invalid."
    return _unauthorized(authority, "InvalidAuthenticationToken", message, message)


def wrong_audience(authority: str, audience: str, allowed: str) -> ArmError:
    """401 for a token that was meant for another service."""
    message = (
        f"The access token has been obtained for wrong audience or resource '{audience}'. It should exactly match with "
        f"one of the allowed audiences '{allowed}'."
    )
    return _unauthorized(authority, "InvalidAuthenticationTokenAudience", message, message)


def claims_challenge(authority: str, claims: str) -> ArmError:
    """401 that asks for a new token with more claims (base64), as continuous access evaluation does."""
    message = "The access token was issued before a change of policy and must be renewed."
    error = _unauthorized(authority, "InvalidAuthenticationToken", message, message)
    error.headers["www-authenticate"] = (
        f'Bearer realm="", authorization_uri="{authority}/oauth2/authorize", error="insufficient_claims", '
        f'claims="{claims}"'
    )
    return error


def authorization_failed(client: str, principal: str, action: str, scope: str) -> ArmError:
    """403 for an action that the caller isn't granted."""
    message = (
        f"The client '{client}' with object id '{principal}' does not have authorization to perform action '{action}' "
        f"over scope '{scope}' or the scope is invalid. If access was recently granted, please refresh your "
        "credentials."
    )
    return ArmError(403, "AuthorizationFailed", message)


def subscription_not_found(subscription: str) -> ArmError:
    """404 for a subscription that the principal can't see."""
    return ArmError(404, "SubscriptionNotFound", f"The subscription '{subscription}' could not be found.")


def group_not_found(group: str) -> ArmError:
    """404 for a resource group that doesn't exist."""
    return ArmError(404, "ResourceGroupNotFound", f"Resource group '{group}' could not be found.")


def resource_not_found(path: str, group: str) -> ArmError:
    """404 that ARM itself gives; `path` is the type with its names, "Microsoft.Kubernetes/connectedClusters/c"."""
    message = f"The Resource '{path}' under resource group '{group}' was not found. {NOT_FOUND_HELP}"
    return ArmError(404, "ResourceNotFound", message)


def parent_not_found(verb: str, type_path: str, parent: str) -> ArmError:
    """404 for a write below something that doesn't exist; `verb` is "write", "delete" or "action"."""
    message = (
        f"Failed to perform '{verb}' on resource(s) of type '{type_path}', because the parent resource '{parent}' "
        "could not be found."
    )
    return ArmError(404, "ParentResourceNotFound", message)


def not_registered(namespace: str) -> ArmError:
    """409 for a provider that the subscription hasn't registered."""
    message = (
        f"The subscription is not registered to use namespace '{namespace}'. See https://aka.ms/rps-not-found for how "
        "to register subscriptions."
    )
    code = "MissingSubscriptionRegistration"
    return ArmError(409, code, message, details=[{"code": code, "target": namespace, "message": message}])


def unknown_namespace(namespace: str) -> ArmError:
    """404 for a provider that Azure doesn't have."""
    return ArmError(404, "InvalidResourceNamespace", f"The resource namespace '{namespace}' is invalid.")


def unknown_type(type_path: str, namespace: str, version: str) -> ArmError:
    """404 for a type that the provider doesn't have."""
    message = (
        f"The resource type '{type_path}' could not be found in the namespace '{namespace}' for api version "
        f"'{version}'."
    )
    return ArmError(404, "InvalidResourceType", message)


def disabled_subscription(subscription: str) -> ArmError:
    """409 for a write to a subscription that is disabled."""
    message = (
        f"The subscription '{subscription}' is disabled and therefore marked as read only. You cannot perform any "
        "write actions on this subscription until it is re-enabled."
    )
    return ArmError(409, "ReadOnlyDisabledSubscription", message)


def scope_locked(scope: str, verb: str, locked: Iterable[str]) -> ArmError:
    """409 for what a lock forbids; `verb` is "write" or "delete", `locked` are the scopes that have locks."""
    message = (
        f"The scope '{scope}' cannot perform {verb} operation because following scope(s) are locked: "
        f"'{','.join(locked)}'. Please remove the lock and try again."
    )
    return ArmError(409, "ScopeLocked", message)


def missing_version() -> ArmError:
    """400 for a request without api-version."""
    message = "The api-version query parameter (?api-version=) is required for all requests."
    return ArmError(400, "MissingApiVersionParameter", message)


def unknown_version(version: str, known: Iterable[str]) -> ArmError:
    """400 of ARM's own resources, naming the api-versions that they have."""
    message = f"The api-version '{version}' is invalid. The supported versions are '{','.join(known)}'."
    return ArmError(400, "InvalidApiVersionParameter", message)


def unsupported_version(
    location: str, version: str, type_path: str, known: Iterable[str], locations: Iterable[str]
) -> ArmError:
    """400 of a provider's resources, naming the api-versions that they have."""
    message = (
        f"No registered resource provider found for location '{location}' and API version '{version}' for type "
        f"'{type_path}'. The supported api-versions are '{', '.join(known)}'. The supported locations are "
        f"'{', '.join(locations)}'."
    )
    return ArmError(400, "NoRegisteredProviderFound", message)


def invalid_content(reason: str) -> ArmError:
    """400 for a body that isn't a JSON object."""
    message = f"The request content was invalid and could not be deserialized: '{reason}'."
    return ArmError(400, "InvalidRequestContent", message)


def content_too_large() -> ArmError:
    """413 for a body over four megabytes."""
    message = "The request content size exceeds the maximum size of 4 MB."
    return ArmError(413, "RequestContentTooLarge", message)


def location_required() -> ArmError:
    """400 for a resource that needs a region and got none."""
    return ArmError(400, "LocationRequired", "The location property is required for this definition.")


def unavailable_location(location: str, known: Iterable[str]) -> ArmError:
    """400 for a region that can't exist."""
    message = f"The provided location '{location}' is not available. List of available regions is '{', '.join(known)}'."
    return ArmError(400, "LocationNotAvailableForResourceType", message)


def precondition_failed(resource: str) -> ArmError:
    """412 for an If-Match or If-None-Match that doesn't hold."""
    message = f"The condition of the request on the resource '{resource}' was not met."
    return ArmError(412, "PreconditionFailed", message)


def no_such_route(method: str, path: str) -> ArmError:
    """404 for a path that ARM doesn't serve."""
    return ArmError(404, "NotFound", f"No HTTP resource was found that matches the request '{method} {path}'.")


def wrong_method(method: str, type_path: str) -> ArmError:
    """405 for a method that a resource type doesn't have."""
    message = f"The requested resource '{type_path}' does not support http method '{method}'."
    return ArmError(405, "HttpMethodNotAllowed", message)


def by_status(status: int, *, tenant: str, subject: str, retry_after: int | None) -> ArmError:
    """The error that Azure is most often seen to give with `status`; for scripted faults."""
    if status == 429 and retry_after is not None:
        message = (
            f"Request is temporarily throttled because tenant {tenant} has issued too many requests. Retry after "
            f"{retry_after} seconds."
        )
        return ArmError(429, "429", message, cause=None)
    code, message, cause = _BY_STATUS.get(status, ("InternalServerError", "Encountered internal server error.", None))
    return ArmError(status, code, message.format(subject=subject), cause=cause)


_BY_STATUS: dict[int, tuple[str, str, str | None]] = {
    400: ("BadRequest", "The request is invalid.", None),
    401: ("InvalidAuthenticationToken", "The access token is invalid.", "gateway"),
    403: (
        "AuthorizationFailed",
        "The client does not have authorization to perform action on '{subject}' or the scope is invalid. If access "
        "was recently granted, please refresh your credentials.",
        "gateway",
    ),
    404: ("ResourceNotFound", "The Resource '{subject}' was not found. " + NOT_FOUND_HELP, "gateway"),
    409: ("Conflict", "Another operation is in progress on '{subject}'.", None),
    429: ("TooManyRequests", "Too many requests. Please try again after sometime.", None),
    502: (
        "BadGatewayConnection",
        "The network connectivity issue encountered for '{subject}'; cannot fulfill the request.",
        "service",
    ),
    503: ("ServiceUnavailable", "The service is temporarily unavailable. Please try again later.", "service"),
    504: (
        "GatewayTimeout",
        "The gateway did not receive a response from '{subject}' within the specified time period.",
        "service",
    ),
}


def _unauthorized(authority: str, code: str, message: str, description: str) -> ArmError:
    challenge = f'Bearer authorization_uri="{authority}", error="invalid_token", error_description="{description}"'
    return ArmError(401, code, message, headers={"www-authenticate": challenge})


def _clock(moment: datetime) -> str:
    """As .NET prints a moment in the United States: 8/20/2024 4:48:47 PM."""
    hour = moment.hour % 12 or 12
    return f"{moment.month}/{moment.day}/{moment.year} {hour}:{moment:%M:%S %p}"
