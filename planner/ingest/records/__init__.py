"""Records of several sheets and sources to things: matched, merged, accounted for and traced to their cells."""
