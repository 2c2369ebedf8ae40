"""Fetching from addresses that third parties wrote: safely, within bounds, and politely."""
