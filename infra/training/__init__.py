"""Trains the block scorer of the extractor from pages whose articles are known. Never part of the layer."""
