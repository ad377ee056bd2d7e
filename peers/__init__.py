"""Clients that others wrote, taken through the life cycles of their resources on the local Azure (`make test-peers`).

Each peer is a function that raises if the local Azure answers in a way that its client can't use. They run in an
environment of their own, .venv-peers, except az, which is the one of .venv. What each of them asked for is counted
from the local Azure's record.
"""
