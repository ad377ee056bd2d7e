"""Results of checks as text, as a page and as JUnit XML."""
