"""Azure's resources as data: ids, responses, request bodies, differences. No requests."""
