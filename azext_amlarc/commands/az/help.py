"""Help texts; each is written once and holds for both groups of commands."""

import json

from knack.help_files import helps

_GROUPS = {
    "": "Train Azure Machine Learning models on any Kubernetes cluster.",
    "extension": "Manage the cluster extension Microsoft.AzureML.Kubernetes.",
    "cluster": "See the Kubernetes clusters that could be attached.",
    "config": "Write, judge and convert attach configuration files, offline.",
    "settings": "See and judge the extension's settings, offline.",
}

_COMMANDS = {
    "extension create": (
        "Install the extension on a cluster.",
        "Every setting is checked before anything is sent. On a cluster that is connected through Azure Arc an Azure "
        "Relay is made in the cluster's resource group. Running it again changes nothing when all is as wanted, joins "
        "an installation that is running, and tries a failed one again. With --no-wait it returns once Azure has "
        "accepted the installation, with the Relay's keys in it; the Relay itself may become active only later. Checks "
        "that cost no request come first (see `az ml arc check`), with --preflight all of them: where one fails "
        "nothing is written. An installation that fails ends with what the checks find then.",
        (
            ("Install for training", "extension create -c amlarc-cluster -g amlarc-rg --config enableTraining=True"),
            (
                "Make all checks first",
                "extension create -c amlarc-cluster -g amlarc-rg --config enableTraining=True --preflight",
            ),
            (
                "Install on an AKS cluster with settings from a file",
                "extension create -c aks-cluster -g amlarc-rg -t managedClusters --config-file settings.json",
            ),
        ),
    ),
    "extension show": (
        "Show the extension on a cluster, with its installState.",
        "installState is Pending, Installed or Failed.",
        (("Show the extension", "extension show -c amlarc-cluster -g amlarc-rg"),),
    ),
    "extension list": (
        "List the extensions of this type on a cluster.",
        "",
        (("List as a table", "extension list -c amlarc-cluster -g amlarc-rg -o table"),),
    ),
    "extension update": (
        "Change an installed extension.",
        "Azure merges plain settings and replaces the protected ones as a set: connection strings are read again, TLS "
        "files must be given again. What changes is said first; where that breaks what runs, you are asked.",
        (
            (
                "Let models be served over HTTP inside the cluster",
                "extension update -c amlarc-cluster -g amlarc-rg --config enableInference=True "
                "inferenceRouterServiceType=ClusterIP allowInsecureConnections=True --yes",
            ),
        ),
    ),
    "extension delete": (
        "Take the extension off a cluster.",
        "Takes about ten minutes. Detach its compute targets first. An extension that is not there is no error.",
        (
            ("Delete without a question", "extension delete -c amlarc-cluster -g amlarc-rg --yes"),
            (
                "Delete what was made for the cluster in Azure too",
                "extension delete -c amlarc-cluster -g amlarc-rg --purge --yes",
            ),
        ),
    ),
    "extension wait": (
        "Wait until a condition of the extension is met.",
        "Without a condition, until it is installed. Ends with 1 where that fails, and says why.",
        (
            ("Wait for the installation", "extension wait -c amlarc-cluster -g amlarc-rg --created --timeout 600"),
            ("Wait until it is gone", "extension wait -c amlarc-cluster -g amlarc-rg --deleted"),
        ),
    ),
    "attach": (
        "Attach a cluster to a workspace as a compute target.",
        "Name and configuration are checked before anything is sent. The namespace must exist on the cluster. Today's "
        "clusters take instance types from InstanceType objects: with --apply-instance-types and a kubeconfig they are "
        "written there before Azure is asked to attach, after showing the difference and asking. "
        "On a terminal what is missing is asked for: workspace, name, cluster, and a configuration file; you see what "
        "would be done before anything is. Nothing is asked under --yes, or where the variable CI is set.",
        (
            (
                "Attach with a configuration file",
                "attach -n k8s-compute -w amlarc-ws -g amlarc-rg -c amlarc-cluster --config attach.json",
            ),
            (
                "Attach with a managed identity",
                "attach -n k8s-compute -w amlarc-ws -g amlarc-rg -c amlarc-cluster --identity-type SystemAssigned",
            ),
            (
                "Write the namespace and the instance types to the cluster first",
                "attach -n k8s-compute -w amlarc-ws -g amlarc-rg -c amlarc-cluster --config attach.json "
                "--create-namespace --apply-instance-types --kubeconfig cluster.kubeconfig --yes",
            ),
            ("Answer questions on a terminal instead", "attach"),
        ),
    ),
    "show": (
        "Show a compute target.",
        "",
        (("Show a compute target", "show -n k8s-compute -w amlarc-ws -g amlarc-rg"),),
    ),
    "list": (
        "List a workspace's compute targets on Kubernetes clusters.",
        "",
        (("List as a table", "list -w amlarc-ws -g amlarc-rg -o table"),),
    ),
    "detach": (
        "Take a compute target out of its workspace.",
        "The cluster, its extension and its namespaces stay as they are. One that is gone already is no error.",
        (("Detach without a question", "detach -n k8s-compute -w amlarc-ws -g amlarc-rg --yes"),),
    ),
    "wait": (
        "Wait until a condition of a compute target is met.",
        "Without a condition, until it is attached. Ends with 1 where that fails, and says why.",
        (("Wait for a compute target", "wait -n k8s-compute -w amlarc-ws -g amlarc-rg --created"),),
    ),
    "cluster list": (
        "List the clusters that you can see, with what decides whether they can be attached.",
        "Clusters connected through Azure Arc and AKS clusters of the whole subscription, or of one resource group: "
        "connectivity, Kubernetes version, nodes, distribution, the extension's state, and under --workspace-name the "
        "compute targets that they are attached as. Where Azure does not list one type, the other is listed still.",
        (
            ("List all clusters as a table", "cluster list -o table"),
            ("See which ones a workspace has", "cluster list -w amlarc-ws"),
        ),
    ),
    "verify": (
        "Prove that a compute target trains: run one small job on it.",
        "The job says what machine it is on. Ends with 1 unless every job completes, and says why. Jobs stay in the "
        "workspace, in the experiment amlarc-verify; each run submits new ones. Instance types go by the names of the "
        "cluster's InstanceType objects: gpu_instance of a configuration is gpu-instance there.",
        (
            ("Run a job on the default instance type", "verify -n k8s-compute -w amlarc-ws -g amlarc-rg"),
            ("Run a job on every instance type", "verify -n k8s-compute -w amlarc-ws -g amlarc-rg --all --timeout 900"),
            (
                "Make sure that a job sees a GPU",
                "verify -n k8s-compute -w amlarc-ws -g amlarc-rg --instance-type gpu-instance --gpu",
            ),
            (
                "Write job files to start from: single, distributed, sweep, pipeline, NFS, proxy",
                "verify -n k8s-compute -w amlarc-ws -g amlarc-rg --write-examples jobs",
            ),
        ),
    ),
    "check": (
        "Check what stands in the way of an installation, and why one does not work.",
        "Makes every check that can be made and stops at none; what could not be checked is said, and never passes. "
        "Says by group what did not pass, why, and the command that mends it; --verbose says all. Ends with 1 where "
        "something failed or could not be asked, under --strict on warnings too.",
        (
            ("Before an installation", "check -c amlarc-cluster -g amlarc-rg --phase pre"),
            (
                "Everything of an attached cluster, as a table",
                "check -c amlarc-cluster -g amlarc-rg -w amlarc-ws --as-object -o table",
            ),
            ("The Relay alone", "check -c amlarc-cluster -g amlarc-rg --only relay"),
            (
                "The cluster itself as well, with a page for people",
                "check -c amlarc-cluster -g amlarc-rg --kubeconfig cluster.kubeconfig --phase pre --only kubernetes "
                "scheduler --output-file report.html",
            ),
        ),
    ),
    "config validate": (
        "Judge attach configuration files.",
        "Reports every finding of every file. Ends with 1 on errors, under --strict on warnings too.",
        (
            ("Judge a file and a folder", "config validate -f attach.json configs --strict"),
            ("Report to a code scanner", "config validate -f attach.json --format sarif"),
        ),
    ),
    "config schema": (
        "Show the JSON Schema of the attach configuration file, for editors.",
        "",
        (("Show the schema", "config schema"),),
    ),
    "config init": (
        "Write an attach configuration file to start from.",
        "YAML with comments, or JSON where the file's name ends in .json. An existing file is left alone.",
        (
            ("Start with the default of the guide", "config init -f attach.json --default"),
            (
                "Start with one GPU type",
                "config init --gpu a100 --gpus 4 --cpu 8 --memory 64Gi --selector pool=a100",
            ),
        ),
    ),
    "config convert": (
        "Convert an attach configuration file to InstanceType manifests, or back.",
        "What a conversion changes or leaves out is said on stderr.",
        (
            ("Make manifests for kubectl", "config convert -f attach.json --to instancetype"),
            ("Make a configuration of manifests", "config convert -f types.yaml --from instancetype"),
        ),
    ),
    "settings list": (
        "List the documented settings of the extension.",
        "",
        (("List those for training as a table", "settings list --workload training -o table"),),
    ),
    "settings show": (
        "Show one setting: type, values, defaults, what it needs, excludes and breaks.",
        "",
        (("Show a setting", "settings show -n volumePluginDir"),),
    ),
    "settings validate": (
        "Judge settings without a cluster, as extension create would.",
        "Reports every finding. Ends with 1 on errors, under --strict on warnings too.",
        (
            ("Judge settings", "settings validate --config enableTraining=True"),
            (
                "Judge a file for an AKS cluster of two nodes",
                "settings validate --config-file settings.json -t managedClusters --node-count 2",
            ),
        ),
    ),
}


def _load(prefix: str) -> None:
    for name, summary in _GROUPS.items():
        helps[f"{prefix} {name}".strip()] = _text(type="group", short_summary=summary)
    for name, (summary, details, examples) in _COMMANDS.items():
        shown = [{"name": title, "text": f"az {prefix} {command}"} for title, command in examples]
        helps[f"{prefix} {name}"] = _text(
            type="command", short_summary=summary, **({"long_summary": details} if details else {}), examples=shown
        )


def _text(**parts: object) -> str:
    """az wants YAML; JSON is YAML, and needs no care about what a sentence may hold."""
    return json.dumps({name.replace("_", "-"): part for name, part in parts.items()})


# az replaces ours where the official `ml` extension is installed too, whichever is loaded first.
helps.setdefault("ml", _text(type="group", short_summary="Manage Azure Machine Learning resources."))
for _prefix in ("ml arc", "amlarc"):
    _load(_prefix)
