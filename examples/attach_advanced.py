"""Attach a cluster with namespace and instance types: the listing of Microsoft's guide of 2021, with other imports."""

# ruff: noqa: T201 - the listing prints

import os

from azext_amlarc.sdk import ComputeTarget, KubernetesCompute, Workspace

ws = Workspace.from_config()

# choose a name for your Azure Arc-enabled Kubernetes compute
amlarc_compute_name = os.environ.get("AML_COMPUTE_CLUSTER_NAME", "amlarc-compute")

# resource ID for your Azure Arc-enabled Kubernetes cluster
resource_id = "/subscriptions/123/resourceGroups/rg/providers/Microsoft.Kubernetes/connectedClusters/amlarc-cluster"

if amlarc_compute_name in ws.compute_targets:
    amlarc_compute = ws.compute_targets[amlarc_compute_name]
    if amlarc_compute and type(amlarc_compute) is KubernetesCompute:
        print("found compute target: " + amlarc_compute_name)
else:
    print("creating new compute target...")
    ns = "amlarc-testing"

    instance_types = {
        "gpu_instance": {
            "nodeSelector": {"accelerator": "nvidia-tesla-k80"},
            "resources": {
                "requests": {"cpu": "2", "memory": "16Gi", "nvidia.com/gpu": "1"},
                "limits": {"cpu": "2", "memory": "16Gi", "nvidia.com/gpu": "1"},
            },
        },
        "big_cpu_sku": {"nodeSelector": {"VMSizes": "VM-64vCPU-256GB"}},
    }

    amlarc_attach_configuration = KubernetesCompute.attach_configuration(
        resource_id=resource_id, namespace=ns, default_instance_type="gpu_instance", instance_types=instance_types
    )

    amlarc_compute = ComputeTarget.attach(ws, amlarc_compute_name, amlarc_attach_configuration)

    amlarc_compute.wait_for_completion(show_output=True)

    # For a more detailed view of current KubernetesCompute status, use get_status()
    print(amlarc_compute.get_status().serialize())
