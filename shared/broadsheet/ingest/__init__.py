"""Bytes to article: parse, extract, clean, identify, decide. Pure."""
