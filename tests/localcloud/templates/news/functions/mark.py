from newslib.marking import handler

__all__ = ["handler"]
