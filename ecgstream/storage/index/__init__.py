"""Which records an archive has: found, indexed, searched, watched."""
