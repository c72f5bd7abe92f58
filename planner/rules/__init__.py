"""What the rules of a policy say about every system: read once per distinct combination of values, then weighed."""
