"""What the tests stand on: az, the local Azure, a real API server, a terminal."""
