"""What builds and checks Broadsheet: the pinned tools, and checks of what the lock file and the layer hold.

``sam.txt`` pins aws-sam-cli, which lives in a virtual environment of its own because it wants other versions than
Broadsheet does. uv's pin is ``shared/uv.txt``, where the layer's build can see it.
"""
