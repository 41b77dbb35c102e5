"""Everything that is wrong in deck files, and how it is told."""
