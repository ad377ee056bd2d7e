"""A local Azure over TLS: the part of it that `az ml arc` needs, answering as Azure Resource Manager does.

Start it with `python -m emulator --data DIR` (`--help` lists the options). It binds 127.0.0.1 only, and once it
listens DIR holds

* `ready.json`: endpoint, caFile, subscriptionId, tenantId, clientId, clientSecret, pid. Written last;
* `env.sh`: the exports that point az at it: the CA, an AZURE_CONFIG_DIR of its own, no telemetry;
* `ca.pem`, and the keys of this emulator, which stay the same as long as DIR does;
* `traffic.jsonl`: one line an exchange, secrets of the login masked.

Signing in, with ENDPOINT, CLIENT and SECRET from ready.json:

    . DIR/env.sh
    az cloud register -n LocalAzure --endpoint-resource-manager ENDPOINT
    az cloud set -n LocalAzure
    az login --service-principal -u CLIENT -p SECRET --tenant adfs

`az cloud set` keeps the cloud for every later command in that AZURE_CONFIG_DIR. The Python SDKs sign in with
`ClientSecretCredential("adfs", CLIENT, SECRET, authority=ENDPOINT, disable_instance_discovery=True)`, scope
`ENDPOINT/.default` and `connection_verify=DIR/ca.pem`.

What it answers comes from recorded traffic with Azure and from Azure's Swagger. Where a recording holds more than the
Swagger of the api-version asked for, the Swagger wins: clients may rely on nothing else.

Operations end after `--polls` looks, at the operation's URL or at the resource itself, and not before
`--operation-seconds`. With `--strict-namespaces` a Relay or Service Bus namespace takes nothing before it is active:
nobody knows whether Azure's do.

`GET /emulator/state` shows everything it holds, `POST /emulator/reset` goes back to the seed, `/emulator/faults`
scripts faults (see `emulator.wire.faults`), and `POST /emulator/principal` changes what the service principal may do:
`{"actions": ["*/read"], "notActions": []}`. A seed file is described in `emulator.seed`.

Every api-version of its providers is taken (`emulator/arm/api_versions.json`); those whose shape nobody has recorded
answer in the nearest one that is known. `make test-peers` runs clients that others wrote against it.

A further resource type is one `ResourceType` in the table of a module under `emulator.providers`.
"""
