"""The report of the extension's own health check (ConfigMap azureml/arcml-healthcheck), and what its codes mean.

https://learn.microsoft.com/azure/machine-learning/how-to-troubleshoot-kubernetes-extension#error-code-of-healthcheck
and the troubleshooting page of Azure/AML-Kubernetes.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from azext_amlarc.product.steps import Advice, Note, command

NAME = "arcml-healthcheck"
OLD_NAME = "amlarc-healthcheck"  # before 1.0.75, with keys such as reports-test-success
# The steps whose reports say why an operation failed: a failed installation is removed, a failed update rolled back.
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
_OLD_END = "-success"
# What kubectl logs puts before a line, with --prefix and --timestamps; then what the health check's log does.
_LOGGED = re.compile(r"(?:\[pod/[^\]]*\] )?(?:\d{4}-\d\d-\d\dT\S+Z )?")
_KLOG = re.compile(r"[IWEF]\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ [^\]\s]+\] ?")
_HOOK = re.compile(r"\bHookName: ?([a-z-]+)")
# A key as `kubectl describe` shows it, and what it shows after all values.
_DESCRIBED = re.compile(r"reports-([a-z-]+):")
_AFTER_DATA = ("BinaryData", "Events:")
_BLOCKING_BELOW = 45_000


@dataclass(frozen=True)
class Checked:
    """What one checker of the health check found in one step; code and message are empty if it passed."""

    step: str
    name: str
    passed: bool
    code: str = ""
    message: str = ""


@dataclass(frozen=True)
class Code:
    """An error code: its name if one is documented, what causes it, and what to do about it.

    `settings` of the extension, if there are any, are the fix; `advice` says how, or what to do instead. Its field
    {cluster} stands for the options that name the cluster to our commands. `otherwise` is for an extension that has
    these settings already; its field {nodes} stands for the options that list the nodes that the nodeSelector leaves.
    """

    code: str
    name: str
    cause: str
    advice: Advice
    settings: tuple[str, ...] = ()
    otherwise: Advice = ()

    @property
    def blocks(self) -> bool:
        """Whether it is known to stop an installation: those below E45000, and a legacy azureml-fe.

        Azure/AML-Kubernetes calls all above diagnostic, but its issue 293 shows E45005 failing an update.
        """
        return int(self.code[1:]) < _BLOCKING_BELOW or self.code in ("E45004", "E45005")


_LOGS: Advice = (command("kubectl logs healthcheck -n azureml"),)
_PODS: Advice = (command("kubectl get pods -n azureml"),)

CODES: Mapping[str, Code] = {
    code.code: code
    for code in (
        Code("E40000", "UNKNOWN_ERROR", "the health check met an error that it has no code for", _LOGS),
        Code(
            "E40001",
            "LOAD_BALANCER_NOT_SUPPORT",
            "the cluster assigns no address to a Service of type LoadBalancer",
            (Note("Use another type, `NodePort` or `ClusterIP`:"),),
            ("inferenceRouterServiceType=NodePort",),
            (Note("It is a NodePort now; the report may be older."), command("kubectl get services -n azureml")),
        ),
        Code(
            "E40002",
            "INSUFFICIENT_NODE",
            "inferenceRouterHA needs three healthy nodes, or the nodeSelector settings match too few",
            (Note("Add nodes, or turn inferenceRouterHA off:"),),
            ("inferenceRouterHA=False",),
            (
                Note(
                    "inferenceRouterHA is off already: the nodes that the extension may use are too few, or unhealthy. "
                    "Add nodes, or give more of them the labels of the nodeSelector settings. Those that have them now:"
                ),
                command("kubectl get nodes {nodes}"),
            ),
        ),
        Code(
            "E40003",
            "INTERNAL_LOAD_BALANCER_NOT_SUPPORT",
            "internalLoadBalancerProvider is set, but the cluster is not an AKS cluster",
            (
                Note("A setting cannot be unset: delete the extension, then create it without that setting."),
                command("az ml arc extension delete {cluster}"),
            ),
        ),
        Code("E40004", "", "the inference router does not exist", _PODS),
        Code("E40005", "", "the inference router's replicas did not start in time", _PODS),
        Code("E40006", "", "the number of the inference router's replicas could not be changed", _LOGS),
        Code(
            "E40007",
            "INVALID_SSL_SETTING",
            "the certificate or its key is missing or invalid, or sslCname does not match the certificate",
            (
                Note("Check them (`openssl x509 -in cert.pem -noout -subject -dates`), and pass them again:"),
                command("az ml arc extension update {cluster} --config-protected-file FILE"),
            ),
        ),
        Code("E45001", "AGENT_UNHEALTHY", "a pod, job or deployment of the extension is unhealthy", _LOGS),
        Code(
            "E45002",
            "PROMETHEUS_CONFLICT",
            "two Prometheus operators conflict with each other",
            (Note("Use the cluster's own operator, with a ServiceMonitor for the kubelet:"),),
            ("installPromOp=False",),
            (
                Note("installPromOp is off already: a ServiceMonitor for the kubelet is what the other one needs."),
                command("kubectl get servicemonitors -A"),
            ),
        ),
        Code(
            "E45003",
            "BAD_NETWORK_CONNECTIVITY",
            "the cluster cannot reach an endpoint that the extension needs",
            (
                Note(
                    "Open the endpoints of "
                    "https://learn.microsoft.com/azure/machine-learning/how-to-access-azureml-behind-firewall, or "
                    "check the private link."
                ),
            ),
        ),
        Code(
            "E45004",
            "AZUREML_FE_ROLE_CONFLICT",
            "a ClusterRole azureml-fe-role of Azure Machine Learning v1 conflicts with the extension's "
            '(in a job, E45004 means "Training feature is not enabled" instead)',
            (
                command("kubectl delete clusterrole azureml-fe-role"),
                command("kubectl delete clusterrolebinding azureml-fe-binding"),
            ),
        ),
        Code(
            "E45005",
            "AZUREML_FE_DEPLOYMENT_CONFLICT",
            "a Deployment azureml-fe of Azure Machine Learning v1 conflicts with the extension's",
            (command("kubectl delete deployment,service,serviceaccount azureml-fe -n NAMESPACE"),),
        ),
        Code(
            "E45006",
            "",
            "an InstanceType object could not be validated or updated, or the cluster does not know the kind "
            "InstanceType yet, which the extension brings",
            (
                Note("See whether the cluster knows the kind; before a first installation it does not:"),
                command("kubectl get crd instancetypes.amlarc.azureml.com"),
                Note("If it does, each object needs cpu and memory under requests and under limits, as text:"),
                command("kubectl get instancetypes -o yaml"),
            ),
        ),
        Code("E49999", "CHECKER_PANIC", "the health check itself crashed", _LOGS),
    )
}


def read(data: Mapping[str, str]) -> tuple[Checked, ...]:
    """Everything that the ConfigMap's data reports, step by step; other keys are ignored."""
    return tuple(checked for step in STEPS for checked in parse(data.get(_KEY + step, ""), step))


def known(data: Mapping[str, str]) -> dict[str, str]:
    """The ConfigMap's data under today's keys."""
    return {key.removesuffix(_OLD_END): text for key, text in data.items()}


def of_object(document: object) -> dict[str, str]:
    """The reports in a ConfigMap, a list of them, or the data of one, as kubectl gets it; empty if there are none."""
    if not isinstance(document, Mapping):
        return {}
    items = document.get("items")
    if isinstance(items, list):
        return {key: text for item in items for key, text in of_object(item).items()}
    data = document.get("data", document)
    if not isinstance(data, Mapping):
        return {}
    texts = {key: text for key, text in data.items() if isinstance(key, str) and isinstance(text, str)}
    return _reporting(known(texts))


def of_text(text: str) -> dict[str, str]:
    """The reports in a log of the health check, in what `kubectl describe` shows, or in a report by itself.

    A step that the text does not name is a test, which is what people run by hand.
    """
    steps: dict[str, list[str]] = {}
    step = "test"
    for line in text.splitlines():
        plain = _LOGGED.sub("", line.strip(), count=1)
        message = _KLOG.sub("", plain, count=1).strip()
        if message.startswith(_AFTER_DATA):
            break
        named = _DESCRIBED.fullmatch(message) or _HOOK.search(message)
        if named:
            step = named[1].removesuffix(_OLD_END)
        elif message == plain or _LINE.fullmatch(message):  # a log's other lines do not continue a checker's message
            steps.setdefault(step, []).append(message)
    return _reporting({f"{_KEY}{step}": "\n".join(lines) for step, lines in steps.items()})


def _reporting(data: Mapping[str, str]) -> dict[str, str]:
    return {
        key: text
        for key, text in data.items()
        if key.startswith(_KEY) and any(True for _ in parse(text, key.removeprefix(_KEY)))
    }


def explaining(data: Mapping[str, str], operation: str) -> tuple[Checked, ...]:
    """The failed checkers that explain why an "install", "update" or "delete" failed, in the order of its steps."""
    steps = EXPLAINING[operation]
    return tuple(one for step in steps for one in parse(data.get(_KEY + step, ""), step) if not one.passed)


def parse(report: str, step: str) -> Iterator[Checked]:
    """The checkers of one step's report; any other line continues the message before it."""
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
