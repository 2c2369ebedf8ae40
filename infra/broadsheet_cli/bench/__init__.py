"""``make bench``: what the whole pipeline costs per article, in seconds, calls and dollars, and how that grows."""
