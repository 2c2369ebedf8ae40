"""The writers of pages, one module per kind: each reads what its page depends on, and renders it."""
