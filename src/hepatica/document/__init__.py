"""Written documents: YAML that remembers its lines, and faults that say how to mend them."""
