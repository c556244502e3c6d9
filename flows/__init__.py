"""What to say and what a text means. Pure: no database, network, clock or randomness."""
