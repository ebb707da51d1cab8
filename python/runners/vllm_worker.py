"""What a process of vLLM is told beside its work: one of several that a checkpoint is divided over."""

from runners.protocol import die_with_parent

# Imported by each of them before it loads anything. vLLM's own watch on its parent ends the work, and can leave a
# process that still holds its device.
die_with_parent()


class Bound:
    """Mixed into vLLM's worker; to be named is all that it is for."""
