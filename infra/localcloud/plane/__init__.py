"""The event plane: everything AWS does between two function invocations, on a virtual clock."""
