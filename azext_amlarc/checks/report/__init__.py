"""Results of checks as text, page and JUnit XML."""
