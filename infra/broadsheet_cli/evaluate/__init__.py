"""``make eval``: extraction scored against pages whose articles are known, beside another extractor in the same run."""
