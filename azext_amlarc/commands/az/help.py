"""Help texts, each written once for both command groups."""

import json

from knack.help_files import helps

_GROUPS = {
    "": "Train Azure Machine Learning models on any Kubernetes cluster.",
    "extension": "Manage the cluster extension Microsoft.AzureML.Kubernetes.",
    "cluster": "List the Kubernetes clusters that can be attached.",
    "config": "Create, validate and convert attach configurations and manifests of fleets, offline.",
    "settings": "List and validate the extension's settings, offline.",
    "support": "Collect what a support ticket needs.",
}

_COMMANDS = {
    "extension create": (
        "Install the extension on a cluster.",
        "All settings are validated before anything is sent. For a cluster connected through Azure Arc, an Azure Relay "
        "is created in the cluster's resource group. Running the command again changes nothing if everything is up to "
        "date, waits for an installation that is in progress, and retries one that failed. With --no-wait it returns "
        "once Azure has accepted the installation, with the Relay's keys in it; the Relay itself may become active "
        "later. Checks that need no extra request run first, or all checks with --preflight (see `az ml arc check`): "
        "if one fails, nothing is changed. If the installation fails, the error includes what the checks find then.",
        (
            ("Install for training", "extension create -c amlarc-cluster -g amlarc-rg --config enableTraining=True"),
            (
                "Run all checks first",
                "extension create -c amlarc-cluster -g amlarc-rg --config enableTraining=True --preflight",
            ),
            (
                "Install for training on nodes that an autoscaler adds",
                "extension create -c amlarc-cluster -g amlarc-rg --config enableTraining=True --scale-from-zero "
                "--kubeconfig cluster.kubeconfig --yes",
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
        "Update an installed extension.",
        "Azure merges plain settings, but replaces protected settings as a set: connection strings are read again, TLS "
        "files must be given again. The changes are shown first; if they would break running work, you are asked to "
        "confirm.",
        (
            (
                "Serve models over HTTP inside the cluster",
                "extension update -c amlarc-cluster -g amlarc-rg --config enableInference=True "
                "inferenceRouterServiceType=ClusterIP allowInsecureConnections=True --yes",
            ),
        ),
    ),
    "extension delete": (
        "Remove the extension from a cluster.",
        "Deletion takes about ten minutes. Detach the cluster's compute targets first. If the extension does not "
        "exist, the command succeeds.",
        (
            ("Delete without being prompted", "extension delete -c amlarc-cluster -g amlarc-rg --yes"),
            (
                "Also delete the Azure resources that were created for the cluster",
                "extension delete -c amlarc-cluster -g amlarc-rg --purge --yes",
            ),
        ),
    ),
    "extension wait": (
        "Wait until a condition of the extension is met.",
        "Without a condition, waits until the extension is installed. If the installation fails, exits with 1 and says "
        "why.",
        (
            ("Wait for the installation", "extension wait -c amlarc-cluster -g amlarc-rg --created --timeout 600"),
            ("Wait for the deletion", "extension wait -c amlarc-cluster -g amlarc-rg --deleted"),
        ),
    ),
    "extension versions": (
        "List the versions of the extension that a cluster can have, by release train.",
        "isRunning is the one on the cluster, isDefault the one that an installation takes without --version and "
        "--release-train. Azure lists what fits the cluster's type, region and Kubernetes version. `extension create` "
        "and `update` refuse a version or a release train that it does not list.",
        (("List as a table", "extension versions -c amlarc-cluster -g amlarc-rg -o table"),),
    ),
    "attach": (
        "Attach a cluster to a workspace as a compute target.",
        "The name and the configuration are validated before anything is sent. The namespace must exist on the "
        "cluster. Today's extension reads instance types from InstanceType objects on the cluster: with "
        "--apply-instance-types and a kubeconfig, they are written there before the cluster is attached, after showing "
        "the changes and asking for confirmation. On a terminal you are prompted for missing options (workspace, name, "
        "cluster, configuration file) and see a summary before anything is sent. There are no prompts with --yes, or "
        "if the variable CI is set.",
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
                "Create the namespace and the instance types on the cluster first",
                "attach -n k8s-compute -w amlarc-ws -g amlarc-rg -c amlarc-cluster --config attach.json "
                "--create-namespace --apply-instance-types --kubeconfig cluster.kubeconfig --yes",
            ),
            (
                "Give the identities the roles that they lack",
                "attach -n k8s-compute -w amlarc-ws -g amlarc-rg -c amlarc-cluster --grant --yes",
            ),
            (
                "Validate against a policy of your own, a JSON Schema",
                "attach -n k8s-compute -w amlarc-ws -g amlarc-rg -c amlarc-cluster --config attach.json "
                "--policy policy.yaml",
            ),
            ("Answer prompts on a terminal instead", "attach"),
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
        "Detach a compute target from its workspace.",
        "The cluster, its extension and its namespaces stay as they are. If the compute target does not exist, the "
        "command succeeds.",
        (("Detach without being prompted", "detach -n k8s-compute -w amlarc-ws -g amlarc-rg --yes"),),
    ),
    "wait": (
        "Wait until a condition of a compute target is met.",
        "Without a condition, waits until the compute target is attached. If that fails, exits with 1 and says why.",
        (("Wait for a compute target", "wait -n k8s-compute -w amlarc-ws -g amlarc-rg --created"),),
    ),
    "cluster list": (
        "List the clusters that you can see, and whether they can be attached.",
        "Lists clusters connected through Azure Arc and AKS clusters, in the whole subscription or in one resource "
        "group: connectivity, Kubernetes version, nodes, distribution, the extension's state and, with "
        "--workspace-name, the compute targets that they are attached as. If Azure does not list one type, the other "
        "is still listed.",
        (
            ("List all clusters as a table", "cluster list -o table"),
            ("See which clusters are attached to a workspace", "cluster list -w amlarc-ws"),
        ),
    ),
    "verify": (
        "Verify that a compute target trains, by running one small job on it.",
        "The job prints what machine it runs on. Exits with 1 unless every job completes, and says why. Jobs stay in "
        "the workspace, in the experiment amlarc-verify; each run submits new ones. Use the names of the cluster's "
        "InstanceType objects: gpu_instance in a configuration is gpu-instance on the cluster.",
        (
            ("Run a job on the default instance type", "verify -n k8s-compute -w amlarc-ws -g amlarc-rg"),
            ("Run a job on every instance type", "verify -n k8s-compute -w amlarc-ws -g amlarc-rg --all --timeout 900"),
            (
                "Verify that a job sees a GPU",
                "verify -n k8s-compute -w amlarc-ws -g amlarc-rg --instance-type gpu-instance --gpu",
            ),
            (
                "Write job files to start from: single, distributed, sweep, pipeline, NFS, proxy",
                "verify -n k8s-compute -w amlarc-ws -g amlarc-rg --write-examples jobs",
            ),
        ),
    ),
    "check": (
        "Check what prevents an installation, or why one does not work.",
        "Runs every check that it can and does not stop at a failure; checks that could not run are reported, never "
        "counted as passed. For each group, shows what did not pass, why, and the command that fixes it; --verbose "
        "shows everything. Exits with 1 if a check fails or could not run, and with --strict on warnings too. With "
        "--fix, mends what can be mended after a plan that you confirm, and checks again. With --wait, repeats checks "
        "that may still pass by themselves.",
        (
            ("Check before an installation", "check -c amlarc-cluster -g amlarc-rg --phase pre"),
            (
                "Check everything about an attached cluster, as a table",
                "check -c amlarc-cluster -g amlarc-rg -w amlarc-ws --as-object -o table",
            ),
            ("Check only the Relay", "check -c amlarc-cluster -g amlarc-rg --only relay"),
            (
                "Check the cluster itself, and write the results to a page",
                "check -c amlarc-cluster -g amlarc-rg --kubeconfig cluster.kubeconfig --phase pre --only kubernetes "
                "scheduler --output-file report.html",
            ),
            ("Explain a health report that somebody saved", "check --health-report healthcheck.logs"),
            (
                "Wait until an installation in progress has ended, ten minutes at most",
                "check -c amlarc-cluster -g amlarc-rg --only extension --wait --timeout 600",
            ),
            (
                "Show what could be mended, and change nothing",
                "check -c amlarc-cluster -g amlarc-rg -w amlarc-ws --fix --dry-run",
            ),
            (
                "Give the workspace's identity the roles that it lacks, and create what is missing of the Relay",
                "check -c amlarc-cluster -g amlarc-rg -w amlarc-ws --only rights relay --fix --yes",
            ),
        ),
    ),
    "export": (
        "Export what is on clusters, or what a manifest says, as a manifest, a template, Terraform or a policy.",
        "Clusters are exported as they are, whoever set them up: extension, supporting resources and compute targets, "
        "with all settings that the extension needs. A manifest is filled in for the clusters that it names and finds. "
        "No secret is exported: templates list the keys of a Relay while they are deployed, and take what only you "
        "know as parameters.",
        (
            ("Export a cluster as a manifest", "export -c amlarc-cluster -g amlarc-rg --output-file exported.yaml"),
            ("Export all clusters of a resource group as an ARM template", "export -g amlarc-rg --format arm"),
            ("Export a cluster for Terraform", "export -c amlarc-cluster -g amlarc-rg --format terraform"),
            (
                "Write an Azure Policy that sets up later clusters like this one",
                "export -c amlarc-cluster -g amlarc-rg --format policy --output-file policy.json",
            ),
        ),
    ),
    "plan": (
        "Show what would change on a fleet of clusters, without changing anything.",
        "Reads the clusters and their extensions from Azure Resource Graph, the compute targets from their workspaces, "
        "and what would change from its own service. Shows for each cluster what would be created, changed setting by "
        "setting, left or removed, or why it cannot be. Exits with 1 if something cannot be done.",
        (
            ("Show what an apply would do", "plan -f fleet.yaml"),
            ("Save the plan, to apply exactly that later", "plan -f fleet.yaml --out fleet.plan.json"),
            ("Find out in a script whether anything would change", "plan -f fleet.yaml --detailed-exitcode -o table"),
            ("Have policies of your own kept, JSON Schemas", "plan -f fleet.yaml --policy policy.yaml"),
        ),
    ),
    "apply": (
        "Bring a fleet of clusters to what its manifest says.",
        "Asks once, then works wave by wave on many clusters side by side, within the rates that Azure allows. Azure's "
        "own deployment stacks change more than one cluster, and a single one is changed by requests of this command; "
        "--engine chooses. A stack also writes the clusters of its wave that are as wanted already. After each wave "
        "the gate of the manifest has to pass; more failures than it allows stop the rollout. Every write reads first: "
        "run it again to continue where it stopped. Ctrl-C starts nothing new, a second one exits at once. Exits with "
        "1 if it failed on any cluster; the others are finished all the same.",
        (
            ("Apply a manifest", "apply -f fleet.yaml --yes"),
            (
                "Apply the first wave only, and write a page about it",
                "apply -f fleet.yaml --wave 1 --yes --report fleet.html",
            ),
            (
                "Send each cluster's changes from here, instead of deployment stacks for whole waves",
                "apply -f fleet.yaml --engine direct --yes",
            ),
            ("Apply a saved plan", "apply --plan fleet.plan.json --yes"),
            ("Send protected settings again, after a key was renewed", "apply -f fleet.yaml --resend-protected --yes"),
        ),
    ),
    "status": (
        "Show the state of a fleet of clusters, and what differs from its manifest.",
        "Reads Azure Resource Graph, which lags a little behind. Exits with 2 if anything differs, which suits CI and "
        "a nightly job.",
        (
            ("Show how a fleet stands", "status -f fleet.yaml -o table"),
            ("Write a page about it", "status -f fleet.yaml --report fleet.html"),
            ("Have policies of your own kept, JSON Schemas", "status -f fleet.yaml --policy policy.yaml"),
        ),
    ),
    "support bundle": (
        "Collect what a support ticket needs in one archive, without secrets.",
        "Versions, the cluster, extension, Relay and compute targets as Azure has them, and the results of all checks. "
        "With a kubeconfig, also nodes, pods, events, instance types, Helm releases, health reports and the last lines "
        "of the logs in the namespaces azureml and azure-arc. summary.md in the archive is for pasting into the "
        "ticket. What could not be collected is listed there with the reason, and does not fail the command. Tokens, "
        "keys, passwords, connection strings and what looks like one are masked; the contents of Secrets are "
        "never included. Review the archive before you pass it on: it has names and addresses.",
        (
            ("Collect what Azure knows", "support bundle -c amlarc-cluster -g amlarc-rg -w amlarc-ws"),
            (
                "Collect from the cluster too, with 1000 lines of each log",
                "support bundle -c amlarc-cluster -g amlarc-rg -w amlarc-ws --kubeconfig cluster.kubeconfig "
                "--tail 1000 --output-file ticket.zip",
            ),
        ),
    ),
    "config validate": (
        "Validate attach configurations and manifests of fleets.",
        "The content of a file decides which of the two it is; a manifest is validated with the files that it names. "
        "Reports every finding in every file. Exits with 1 on errors, and with --strict on warnings too.",
        (
            ("Validate a file and a folder", "config validate -f attach.json configs --strict"),
            ("Report to a code scanner", "config validate -f attach.json --format sarif"),
            ("Annotate a pull request on GitHub", "config validate -f attach.json --format github"),
            ("Validate the manifest of a fleet", "config validate -f fleet.yaml"),
            (
                "Validate against a policy of your own, a JSON Schema",
                "config validate -f attach.json --policy policy.yaml",
            ),
            ("Turn some findings off, with a rules file", "config validate -f configs --rules rules.yaml"),
        ),
    ),
    "config schema": (
        "Show the JSON Schema of attach configurations or of manifests of fleets, for editors.",
        "",
        (
            ("Show the schema of attach configurations", "config schema"),
            ("Show the schema of manifests", "config schema --kind fleet"),
        ),
    ),
    "config init": (
        "Create an attach configuration or the manifest of a fleet to start from.",
        "Writes YAML with comments, or JSON if the file's name ends in .json. An existing file is never overwritten.",
        (
            (
                "Start with the default configuration of Microsoft's guide of 2021",
                "config init -f attach.json --default",
            ),
            (
                "Start with one GPU instance type",
                "config init --gpu a100 --gpus 4 --cpu 8 --memory 64Gi --selector pool=a100",
            ),
            ("Start with the manifest of a fleet", "config init -f fleet.yaml --kind fleet"),
        ),
    ),
    "config convert": (
        "Convert an attach configuration file to InstanceType manifests, or back.",
        "Reports on stderr what the conversion changes or leaves out.",
        (
            ("Convert to manifests for kubectl", "config convert -f attach.json --to instancetype"),
            ("Convert manifests to a configuration", "config convert -f types.yaml --from instancetype"),
        ),
    ),
    "settings list": (
        "List the documented settings of the extension.",
        "",
        (("List the settings for training as a table", "settings list --workload training -o table"),),
    ),
    "settings show": (
        "Show one setting: type, values, defaults, requirements, conflicts, and what changing it breaks.",
        "",
        (("Show a setting", "settings show -n volumePluginDir"),),
    ),
    "settings validate": (
        "Validate settings without a cluster, as `extension create` does.",
        "Reports every finding. Exits with 1 on errors, and with --strict on warnings too.",
        (
            ("Validate settings", "settings validate --config enableTraining=True"),
            (
                "Validate a file for an AKS cluster with two nodes",
                "settings validate --config-file settings.json -t managedClusters --node-count 2",
            ),
            (
                "Validate against a policy of your own, a JSON Schema",
                "settings validate --config enableTraining=True --policy settings-policy.yaml",
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
    """az expects YAML. JSON is YAML, and needs no quoting rules for what a sentence may contain."""
    return json.dumps({name.replace("_", "-"): part for name, part in parts.items()})


# If the official `ml` extension is installed, az shows its text instead, whichever is loaded first.
helps.setdefault("ml", _text(type="group", short_summary="Manage Azure Machine Learning resources."))
for _prefix in ("ml arc", "amlarc"):
    _load(_prefix)
