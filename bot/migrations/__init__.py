"""The steps that bring a database up to date, and which one is the newest."""

HEAD = "0001"
