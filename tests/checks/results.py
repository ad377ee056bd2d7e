"""One fixed list of results that has every status; golden files are made from it."""

from azext_amlarc.checks.check import Check, Facts, Phase, Result, Status, Verdict
from azext_amlarc.checks.fix import ChangeSettings, RegisterProvider
from azext_amlarc.checks.report.page import Heading
from azext_amlarc.product.steps import Note, command
from azext_amlarc.resources.ids import ClusterId

NO_KUBECONFIG = "no kubeconfig was given: --kubeconfig FILE"
HEADING = Heading("lab-berlin", "vision-ws", "Contoso Training", "2026-11-23T21:04:00+00:00", "0.1.0")
LAB = ClusterId("s", "research", "connectedClusters", "lab-berlin")
LEARN = "https://learn.microsoft.com/azure/machine-learning"


def result(identity: str, group: str, title: str, verdict: Verdict, url: str = f"{LEARN}/troubleshooting") -> Result:
    def judge(_facts: Facts) -> Verdict:
        return verdict

    return Result(Check(identity, group, title, Phase.ALL, (), judge, (command("az ml arc check"),), url), verdict)


def passed(identity: str, group: str, title: str, *evidence: str) -> Result:
    return result(identity, group, title, Verdict(Status.PASS, evidence=evidence))


def skipped(identity: str, group: str, title: str, reason: str = NO_KUBECONFIG) -> Result:
    return result(identity, group, title, Verdict(Status.SKIPPED, reason))


RESULTS = (
    passed("AMLARC-A001", "Sign-in", "the subscription is enabled", "Contoso Training (Enabled)"),
    passed("AMLARC-A002", "Sign-in", "the workspace's subscription is the cluster's"),
    passed("AMLARC-A010", "Providers", "Microsoft.Kubernetes is registered"),
    result(
        "AMLARC-A011",
        "Providers",
        "Microsoft.Relay is registered",
        Verdict(
            Status.FAIL,
            "Microsoft.Relay is NotRegistered in the subscription Contoso Training",
            (RegisterProvider("Microsoft.Relay", "11111111-2222-3333-4444-555555555555"),),
        ),
        "https://learn.microsoft.com/azure/azure-arc/kubernetes/quickstart-connect-cluster",
    ),
    passed("AMLARC-A020", "Cluster", "the cluster is connected", "lab-berlin: Connected"),
    result(
        "AMLARC-A021",
        "Cluster",
        "the agents are of a supported version",
        Verdict(
            Status.WARN,
            "the agents have the version 1.12.5, which is older than a year",
            (Note("`az connectedk8s upgrade -n lab-berlin -g research` upgrades them without restarting workloads."),),
            ("agentVersion: 1.12.5", "lastConnectivityTime: 2026-03-01T08:15:00Z"),
        ),
    ),
    result(
        "AMLARC-A030",
        "Extension",
        "the extension is installed",
        Verdict(
            Status.FAIL,
            "amlarc-compute is Failed: pod healthcheck failed",
            (
                Note("Read the report, then turn `inferenceRouterHA` off:"),
                command("kubectl -n azureml get configmap arcml-healthcheck -o yaml"),
                ChangeSettings(LAB, "amlarc-compute", ("inferenceRouterHA=False",)),
            ),
            (
                "E40002 INSUFFICIENT_NODE: 3 nodes are needed, 1 is there",
                "Helm installation failed: <script>alert('hook')</script> \"healthcheck\" & its pod ended with 1",
            ),
        ),
        f"{LEARN}/how-to-troubleshoot-kubernetes-extension",
    ),
    result(
        "AMLARC-A031",
        "Extension",
        "no operation is in progress",
        Verdict(Status.ERROR, "the operation could not be read: no right to read extensions (403 AuthorizationFailed)"),
    ),
    skipped(
        "AMLARC-A040", "Workspace", "the workspace takes public traffic", "no workspace was given: --workspace-name"
    ),
    passed("AMLARC-A050", "Rights", "create and attach are allowed"),
    skipped(
        "AMLARC-A051",
        "Rights",
        "the workspace's identity may list clusters",
        "no workspace was given: --workspace-name",
    ),
    skipped("AMLARC-K001", "API server", "the API server answers"),
    skipped("AMLARC-K010", "Instance types", "every instance type has nodes that match"),
    skipped("AMLARC-K011", "Instance types", "every instance type fits a node"),
)
