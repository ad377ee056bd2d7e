"""A support bundle: what a ticket needs, in one archive without secrets; a module for each part."""
