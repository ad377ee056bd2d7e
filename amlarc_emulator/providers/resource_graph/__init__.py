"""Azure Resource Graph: POST /providers/Microsoft.ResourceGraph/resources, any query over what the emulator holds.

`tables` makes rows of the resources as Azure has them, `history` keeps what is older than the lag, `engine` runs a
query (KQL on DuckDB, both imported with the first one), `requests` and `service` are the wire shapes, `refusals` has
Azure's errors, and `quota` is its throttle. Shapes and errors are those of Azure's recorded answers and of its
documents; where none was found, the nearest one that was: a column that is unknown is refused in the words that facets
have for it.

What the graph has otherwise than ARM, as published queries show:

* types, groups and regions are in lower case; ids keep their casing, and those of extensions are spelled
  ".../ConnectedClusters/c/providers/Microsoft.KubernetesConfiguration/Extensions/e";
* the properties of extensions begin with capitals: ExtensionType, ProvisioningState, ConfigurationSettings, and
  Scope.cluster.ReleaseNamespace. Those of clusters don't;
* rows without `order by` come in no useful order.

A query that needs what Azure has and the engine hasn't, is answered with 501, which Azure never gives; a function that
the engine hasn't is refused as unknown.
"""
