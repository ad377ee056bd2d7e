"""The report of the extension's own health check: ConfigMap azureml/arcml-healthcheck, and what its codes mean.

https://learn.microsoft.com/azure/machine-learning/how-to-troubleshoot-kubernetes-extension#error-code-of-healthcheck
and the troubleshooting page of Azure/AML-Kubernetes.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

NAME = "arcml-healthcheck"
# The steps whose reports say why an operation failed: a failed installation is taken off again, a failed update back.
EXPLAINING: Mapping[str, tuple[str, ...]] = {
    "install": ("pre-install", "pre-delete"),
    "update": ("pre-upgrade", "pre-rollback"),
    "delete": ("pre-delete",),
}
STEPS = ("test", "pre-install", "pre-upgrade", "pre-rollback", "pre-delete")
_KEY = "reports-"

_LINE = re.compile(
    r"Status:[ \t]*(?P<status>Passed|Failed)[ \t]+Name:[ \t]*(?P<name>\S+)"
    r"(?:[ \t]+ErrorCode:[ \t]*(?P<code>\S+))?(?:[ \t]+ErrorMessage:[ \t]*(?P<message>.*))?[ \t]*",
)
_BLOCKING_BELOW = 45_000


@dataclass(frozen=True)
class Checked:
    """What one checker of the health check found in one step; code and message are empty where it passed."""

    step: str
    name: str
    passed: bool
    code: str = ""
    message: str = ""


@dataclass(frozen=True)
class Code:
    """An error code: its name where one is documented, what causes it, and the steps that mend it, one a line."""

    code: str
    name: str
    cause: str
    fix: str

    def fix_of(self, cluster_options: str) -> str:
        """The steps, for the cluster that these options name."""
        return self.fix.replace(_CLUSTER, cluster_options)

    @property
    def blocks(self) -> bool:
        """Whether it is known to stop an installation: those below E45000, and a legacy azureml-fe.

        Azure/AML-Kubernetes calls all above diagnostic, but its issue 293 shows E45005 failing an update.
        """
        return int(self.code[1:]) < _BLOCKING_BELOW or self.code in ("E45004", "E45005")


_LOGS = "kubectl logs healthcheck -n azureml"
_PODS = "kubectl get pods -n azureml"
# How our commands name a cluster that they do not know.
_CLUSTER = "-c CLUSTER -g GROUP"
_UPDATE = f"az ml arc extension update {_CLUSTER} --config"
_LEGACY_FIX = "kubectl delete deployment,service,serviceaccount azureml-fe -n NAMESPACE"

CODES: Mapping[str, Code] = {
    code.code: code
    for code in (
        Code("E40000", "UNKNOWN_ERROR", "the health check met an error that it has no code for", _LOGS),
        Code(
            "E40001",
            "LOAD_BALANCER_NOT_SUPPORT",
            "the cluster gives no address to a Service of type LoadBalancer",
            f"# Use another type, `NodePort` or `ClusterIP`:\n{_UPDATE} inferenceRouterServiceType=NodePort",
        ),
        Code(
            "E40002",
            "INSUFFICIENT_NODE",
            "three healthy nodes are needed for inferenceRouterHA, or the settings nodeSelector.… match too few",
            f"# Add nodes, or do without:\n{_UPDATE} inferenceRouterHA=False",
        ),
        Code(
            "E40003",
            "INTERNAL_LOAD_BALANCER_NOT_SUPPORT",
            "internalLoadBalancerProvider is set, and the cluster is not AKS",
            "# A setting cannot be taken back: delete the extension, then create it without that one.\n"
            f"az ml arc extension delete {_CLUSTER}",
        ),
        Code("E40004", "", "the inference router is not there", _PODS),
        Code(
            "E40005",
            "",
            "the inference router's replicas did not start in time",
            _PODS,
        ),
        Code(
            "E40006",
            "",
            "the number of the inference router's replicas could not be changed",
            _LOGS,
        ),
        Code(
            "E40007",
            "INVALID_SSL_SETTING",
            "the certificate or its key is missing or broken, or sslCname does not fit the certificate",
            "# Check them (`openssl x509 -in cert.pem -noout -subject -dates`), and give them again:\n"
            f"az ml arc extension update {_CLUSTER} --config-protected-file FILE",
        ),
        Code("E45001", "AGENT_UNHEALTHY", "a pod, job or deployment of the extension is unhealthy", _LOGS),
        Code(
            "E45002",
            "PROMETHEUS_CONFLICT",
            "two Prometheus operators are in each other's way",
            f"# Use the cluster's own, with a ServiceMonitor for the kubelet:\n{_UPDATE} installPromOp=False",
        ),
        Code(
            "E45003",
            "BAD_NETWORK_CONNECTIVITY",
            "an address that the extension needs cannot be reached",
            "Open the endpoints of "
            "https://learn.microsoft.com/azure/machine-learning/how-to-access-azureml-behind-firewall, or see to "
            "the private link.",
        ),
        Code(
            "E45004",
            "AZUREML_FE_ROLE_CONFLICT",
            "a ClusterRole azureml-fe-role of Azure Machine Learning v1 is in the way "
            '(a job that fails with E45004 means "Training feature is not enabled" instead)',
            "kubectl delete clusterrole azureml-fe-role\nkubectl delete clusterrolebinding azureml-fe-binding",
        ),
        Code(
            "E45005",
            "AZUREML_FE_DEPLOYMENT_CONFLICT",
            "a Deployment azureml-fe of Azure Machine Learning v1 is in the way",
            _LEGACY_FIX,
        ),
        Code(
            "E45006",
            "",
            "an InstanceType object could not be validated or updated",
            "# Each needs cpu and memory under requests and under limits, as text:\nkubectl get instancetypes -o yaml",
        ),
        Code("E49999", "CHECKER_PANIC", "the health check itself crashed", _LOGS),
    )
}


def read(data: Mapping[str, str]) -> tuple[Checked, ...]:
    """All that the ConfigMap's data reports, step by step; other keys are left aside."""
    return tuple(checked for step in STEPS for checked in parse(data.get(_KEY + step, ""), step))


def explaining(data: Mapping[str, str], operation: str) -> tuple[Checked, ...]:
    """The failed checkers that explain why an "install", "update" or "delete" failed, in the order of its steps."""
    steps = EXPLAINING[operation]
    return tuple(one for step in steps for one in parse(data.get(_KEY + step, ""), step) if not one.passed)


def parse(report: str, step: str) -> Iterator[Checked]:
    """The checkers of one step's report; lines that are none continue the message before them."""
    last: Checked | None = None
    for line in report.splitlines():
        match = _LINE.fullmatch(line.strip())
        if match is None:
            last = _continued(last, line.strip())
            continue
        if last is not None:
            yield last
        code, message = match["code"] or "", (match["message"] or "").strip()
        last = Checked(step, match["name"], match["status"] == "Passed", code, message)
    if last is not None:
        yield last


def _continued(checked: Checked | None, line: str) -> Checked | None:
    if checked is None or checked.passed or not line:
        return checked
    message = f"{checked.message} {line}".strip()
    return Checked(checked.step, checked.name, checked.passed, checked.code, message)
