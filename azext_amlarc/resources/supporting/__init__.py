"""Relay, Service Bus and Log Analytics as data: which a cluster needs, their names, the settings that follow."""
