"""One signed-in connection to Azure: requests, retries, registration, waiting."""
