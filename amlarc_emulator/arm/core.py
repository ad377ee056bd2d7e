"""What ARM serves itself: tenants, subscriptions, resource groups, and the registration of providers."""

import base64
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from amlarc_emulator.arm import errors, listings, operations, shapes, versions
from amlarc_emulator.arm.errors import ArmError
from amlarc_emulator.arm.ids import name_of
from amlarc_emulator.arm.model import (
    GROUP,
    NAMESPACE,
    SUBSCRIPTION,
    Cloud,
    Ending,
    Json,
    Operation,
    Reply,
    Resource,
    ResourceType,
)

VERSIONS = versions.of("Microsoft.Resources")
# The regions in Microsoft's guide of 2021: display name by name.
LOCATIONS = {
    "eastus": "East US",
    "eastus2": "East US 2",
    "westus2": "West US 2",
    "westcentralus": "West Central US",
    "southcentralus": "South Central US",
    "westeurope": "West Europe",
    "northeurope": "North Europe",
    "uksouth": "UK South",
    "southeastasia": "Southeast Asia",
    "australiaeast": "Australia East",
}
GROUP_SHAPE: shapes.Shape = {"location": str, "tags": shapes.Each(str), "managedBy": str, "properties": dict}
REGION = re.compile(r"[A-Za-z0-9 ]+")
GROUP_NAME = re.compile(r"[-\w._()]{0,89}[-\w_()]")


@dataclass(frozen=True)
class Visit:
    """A request to one of ARM's own resources; `names` are the parts of the path by placeholder."""

    cloud: Cloud
    names: Mapping[str, str]
    version: str
    body: Json
    ending: Ending | None
    query: Mapping[str, str]

    @property
    def subscription(self) -> Resource:
        """The subscription in the path; raises 404 when it doesn't exist."""
        found = self.cloud.state.get(f"/subscriptions/{self.names['subscription']}")
        if found is None:
            raise errors.subscription_not_found(self.names["subscription"])
        return found

    @property
    def group(self) -> Resource:
        """The resource group in the path; raises 404 when it doesn't exist."""
        found = self.cloud.state.get(f"{self.subscription.id}/resourceGroups/{self.names['group']}")
        if found is None:
            raise errors.group_not_found(self.names["group"])
        return found

    @property
    def namespace(self) -> Resource:
        """The provider in the path, as the subscription has it; raises 404 when Azure has no such provider."""
        found = self.cloud.state.get(f"{self.subscription.id}/providers/{self.names['namespace']}")
        if found is None:
            raise errors.unknown_namespace(self.names["namespace"])
        return found


@dataclass(frozen=True)
class Route:
    """One method on one path; the path's literal parts match in any casing."""

    method: str
    path: str
    handler: Callable[[Visit], Reply]

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The path as a regular expression with its placeholders as groups."""
        return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path) + "/?", re.IGNORECASE)


def location_in(body: Json) -> str:
    """The region that a body names, spelled as Azure keeps it; raises 400 when it names none."""
    location = str(body.get("location") or "").replace(" ", "").lower()
    if not location:
        raise errors.location_required()
    if not REGION.fullmatch(location):
        raise errors.unavailable_location(location, LOCATIONS)
    return location


def list_tenants(visit: Visit) -> Reply:
    """GET /tenants."""
    tenant = visit.cloud.state.tenant
    shown = {
        "id": f"/tenants/{tenant}",
        "tenantId": tenant,
        "displayName": "amlarc",
        "defaultDomain": "amlarc.onmicrosoft.com",
        "tenantType": "AAD",
        "tenantCategory": "Home",
    }
    return Reply(200, {"value": [shown], "nextLink": ""})


def list_subscriptions(visit: Visit) -> Reply:
    """GET /subscriptions."""
    found = visit.cloud.state.of_kind(SUBSCRIPTION)
    return Reply(200, {"value": [_subscription(visit.cloud, item) for item in found], "nextLink": ""})


def show_subscription(visit: Visit) -> Reply:
    """GET a subscription."""
    return Reply(200, _subscription(visit.cloud, visit.subscription))


def list_locations(visit: Visit) -> Reply:
    """GET the regions of a subscription."""
    return Reply(200, {"value": listings.locations(visit.subscription.id, LOCATIONS)})


def list_resources(visit: Visit) -> Reply:
    """GET the resources of a subscription or a group."""
    scope = visit.group if "group" in visit.names else visit.subscription
    return Reply(200, {"value": listings.resources(visit.cloud, scope.id, visit.query.get("$filter", ""))})


def list_groups(visit: Visit) -> Reply:
    """GET the resource groups of a subscription."""
    found = visit.cloud.state.of_kind(GROUP, visit.subscription.id)
    return Reply(200, {"value": [_group(visit.cloud, item) for item in found]})


def show_group(visit: Visit) -> Reply:
    """GET a resource group."""
    return Reply(200, _group(visit.cloud, visit.group))


def group_exists(visit: Visit) -> Reply:
    """HEAD a resource group: 204, or 404 without a body."""
    try:
        operations.look_at(visit.cloud, visit.group)
    except ArmError as error:
        return Reply(error.status, headers=error.headers)
    return Reply(204)


def put_group(visit: Visit) -> Reply:
    """PUT a resource group: 201 when it is new, 200 with its tags replaced when it isn't."""
    asked = _shaped(visit.body)
    location = location_in(asked)
    name = visit.names["group"]
    if not GROUP_NAME.fullmatch(name):
        raise ArmError(400, "InvalidResourceGroup", f"The provided resource group name '{name}' is not valid.")
    tags = {"tags": asked["tags"]} if "tags" in asked else {}
    known = visit.cloud.state.get(f"{visit.subscription.id}/resourceGroups/{name}")
    if known:
        return _replace_group(visit, known, location, tags)
    body = {"location": location, **tags, "properties": {"provisioningState": "Succeeded"}}
    group = visit.cloud.state.add(Resource(f"{visit.subscription.id}/resourceGroups/{name}", GROUP, body))
    return Reply(201, _group(visit.cloud, group))


def delete_group(visit: Visit) -> Reply:
    """DELETE a resource group with all that is in it: 202 and a Location to follow."""
    group = visit.group
    job = json.dumps({"jobId": f"RESOURCEGROUPDELETIONJOB-{name_of(group.id).upper()}", "jobLocation": "eastus"})
    ticket = base64.urlsafe_b64encode(job.encode()).decode().rstrip("=")
    target = f"{visit.subscription.id}/operationresults/{ticket}?api-version={visit.version}"
    group.properties["provisioningState"] = "Deleting"
    operations.begin(visit.cloud, group, "delete", "Deleting", target=target, ending=visit.ending)
    return Reply(202, headers={"location": visit.cloud.endpoint + target})


def list_namespaces(visit: Visit) -> Reply:
    """GET the providers of a subscription."""
    found = visit.cloud.state.of_kind(NAMESPACE, visit.subscription.id)
    return Reply(200, {"value": [_namespace(visit.cloud, item) for item in found], "nextLink": None})


def show_namespace(visit: Visit) -> Reply:
    """GET a provider; each GET brings a registration nearer to its end."""
    operations.look_at(visit.cloud, visit.namespace)
    return Reply(200, _namespace(visit.cloud, visit.namespace))


def register(visit: Visit) -> Reply:
    """POST register: "Registering" until a few GETs later."""
    return _change_registration(visit, "Registering", "Registered")


def unregister(visit: Visit) -> Reply:
    """POST unregister: "Unregistering" until a few GETs later."""
    return _change_registration(visit, "Unregistering", "Unregistered")


ROUTES = (
    Route("GET", "/tenants", list_tenants),
    Route("GET", "/subscriptions", list_subscriptions),
    Route("GET", "/subscriptions/{subscription}", show_subscription),
    Route("GET", "/subscriptions/{subscription}/locations", list_locations),
    Route("GET", "/subscriptions/{subscription}/resources", list_resources),
    Route("GET", "/subscriptions/{subscription}/resourcegroups/{group}/resources", list_resources),
    Route("GET", "/subscriptions/{subscription}/resourcegroups", list_groups),
    Route("GET", "/subscriptions/{subscription}/resourcegroups/{group}", show_group),
    Route("HEAD", "/subscriptions/{subscription}/resourcegroups/{group}", group_exists),
    Route("PUT", "/subscriptions/{subscription}/resourcegroups/{group}", put_group),
    Route("DELETE", "/subscriptions/{subscription}/resourcegroups/{group}", delete_group),
    Route("GET", "/subscriptions/{subscription}/providers", list_namespaces),
    Route("GET", "/subscriptions/{subscription}/providers/{namespace}", show_namespace),
    Route("POST", "/subscriptions/{subscription}/providers/{namespace}/register", register),
    Route("POST", "/subscriptions/{subscription}/providers/{namespace}/unregister", unregister),
)


def visit(method: str, path: str) -> tuple[Route, Mapping[str, str]] | None:
    """The route that serves a request, with the names in its path."""
    for route in ROUTES:
        match = route.pattern.fullmatch(path) if route.method == method else None
        if match:
            return route, match.groupdict()
    return None


def _shaped(body: Json) -> Json:
    try:
        asked: Json = shapes.read(GROUP_SHAPE, body)
    except shapes.Misfit as misfit:
        raise errors.invalid_content(str(misfit)) from None
    return asked


def _replace_group(visit: Visit, group: Resource, location: str, tags: Json) -> Reply:
    if location != group.body["location"]:
        message = (
            f"Invalid resource group location '{location}'. The Resource group already exists in location "
            f"'{group.body['location']}'."
        )
        raise ArmError(409, "InvalidResourceGroupLocation", message)
    group.body = {"location": location, **tags, "properties": group.properties}
    return Reply(200, _group(visit.cloud, group))


def _change_registration(visit: Visit, meanwhile: str, after: str) -> Reply:
    namespace = visit.namespace
    if namespace.body["registrationState"] not in (meanwhile, after):
        namespace.body["registrationState"] = meanwhile
        operations.begin(visit.cloud, namespace, after, meanwhile, ending=visit.ending)
    return Reply(200, _namespace(visit.cloud, namespace))


def _subscription(cloud: Cloud, subscription: Resource) -> Json:
    return {
        "id": subscription.id,
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "subscriptionId": name_of(subscription.id),
        "tenantId": cloud.state.tenant,
        "displayName": subscription.body["displayName"],
        "state": subscription.body.get("state", "Enabled"),
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": "PayAsYouGo_2014-09-01",
            "spendingLimit": "Off",
        },
    }


def _group(cloud: Cloud, group: Resource) -> Json:
    return cloud.types[GROUP].shown(group, "")


def _namespace(cloud: Cloud, namespace: Resource) -> Json:
    name = name_of(namespace.id)
    types = [item for item in cloud.types.values() if item.provider.lower() == name.lower()]
    return {
        "id": namespace.id,
        "namespace": name,
        "resourceTypes": [_resource_type(item) for item in types],
        "registrationState": namespace.body["registrationState"],
        "registrationPolicy": "RegistrationRequired",
    }


def _resource_type(type_: ResourceType) -> Json:
    return {
        "resourceType": type_.path,
        "locations": list(LOCATIONS.values()),
        "apiVersions": sorted(type_.versions, reverse=True),
        "capabilities": "None",
    }


def _group_ended(cloud: Cloud, group: Resource, operation: Operation) -> None:
    if operation.status == "Succeeded":
        cloud.state.remove(group.id)
    else:
        group.properties["provisioningState"] = operation.status


def _report_group(cloud: Cloud, operation: Operation) -> Reply:
    if operation.status:
        return Reply(200)
    return Reply(202, headers={"location": cloud.endpoint + operation.target})


def _registration_ended(_cloud: Cloud, namespace: Resource, operation: Operation) -> None:
    namespace.body["registrationState"] = operation.verb if operation.status == "Succeeded" else "NotRegistered"


TYPES = (
    ResourceType(
        provider="Microsoft.Resources",
        path="resourceGroups",
        ended=_group_ended,
        report=_report_group,
    ),
    ResourceType(
        provider="Microsoft.Resources",
        path="providers",
        ended=_registration_ended,
    ),
)
