"""A local Azure over TLS: the part that `az ml arc` needs, responding like Azure Resource Manager.

Start it with `amlarc-emulator --data DIR` or `python -m amlarc_emulator --data DIR` (`--help` lists the options). It
listens at 127.0.0.1 unless `--host` says otherwise. Once it listens, DIR has

* `ready.json`: endpoint, caFile, subscriptionId, tenantId, clientId, clientSecret, pid, and controlToken if control
  calls need one. Written last;
* `env.sh`: the exports that point az at it: the CA, an AZURE_CONFIG_DIR of its own, no telemetry;
* `ca.pem`, and the keys of this emulator, which are kept as long as DIR exists;
* `traffic.jsonl`: one line for each exchange, with the secrets of the login masked.

Signing in, with ENDPOINT, CLIENT and SECRET from ready.json:

    . DIR/env.sh
    az cloud register -n LocalAzure --endpoint-resource-manager ENDPOINT
    az cloud set -n LocalAzure
    az login --service-principal -u CLIENT -p SECRET --tenant adfs

`az cloud set` keeps the cloud for every later command in that AZURE_CONFIG_DIR. The Python SDKs sign in with
`ClientSecretCredential("adfs", CLIENT, SECRET, authority=ENDPOINT, disable_instance_discovery=True)`, scope
`ENDPOINT/.default` and `connection_verify=DIR/ca.pem`.

Its responses are based on recorded traffic with Azure and on Azure's Swagger. If a recording has more than the Swagger
of the requested api-version, the Swagger takes precedence: clients can only rely on that.

Operations end after `--polls` polls of the operation's URL or of the resource itself, and not before
`--operation-seconds`. With `--strict-namespaces`, a Relay or Service Bus namespace refuses writes before it is active;
it is unknown whether Azure's do.

Every answer tells what is left of ARM's allowance, a token bucket for each subscription and kind of operation; with
`--throttling` what is beyond is refused, as are queries beyond Resource Graph's quota
(`amlarc_emulator.wire.allowance`, `amlarc_emulator.providers.resource_graph`). With `--graph-lag`, Resource Graph is
behind by that many seconds.

`GET /emulator/state` shows its whole state, `POST /emulator/reset` goes back to the seed, `/emulator/faults`
scripts faults (see `amlarc_emulator.wire.faults`), and `POST /emulator/principal` changes the service principal's
permissions: `{"actions": ["*/read"], "notActions": []}`. A seed file is described in `amlarc_emulator.seed`.

Every api-version of its providers is taken (`amlarc_emulator/arm/api_versions.json`); those whose shape nobody has
recorded answer in the nearest one that is known. `make test-peers` runs clients that others wrote against it.

Templates are deployed for real (`amlarc_emulator.providers.resources`): a deployment drives the other providers with
requests that meet faults, rights, locks and operations as any client's do, side by side where nothing depends on
anything, and goes on after a restart with `--state`. Its what-if is carried out on a copy of everything.

Other machines reach it with `--host 0.0.0.0 --name NAME`, where NAME is what they call this one. Control calls then
need the header `Authorization: Bearer TOKEN`; `--control-token-file` gives the token, which is new otherwise.

`amlarc_emulator.client` is a client of the control calls for tests, `amlarc_emulator.pytest_plugin` has fixtures.

A further resource type is one `ResourceType` in the table of a module under `amlarc_emulator.providers`.
"""

VERSION = "0.1.0"
