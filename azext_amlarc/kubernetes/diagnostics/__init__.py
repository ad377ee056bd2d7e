"""What somebody who helps needs to see of a cluster: whole objects, Helm's releases, logs. Nothing is written."""
