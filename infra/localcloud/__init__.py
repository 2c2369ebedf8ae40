"""Runs a SAM template on this machine: no account, no Docker, a virtual clock."""
