"""When: short ticks that look at the database and do what is due."""
