"""Azure's resources as data: ids, answers, wanted bodies, differences. No requests."""
