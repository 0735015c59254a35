"""Tells people what is wrong: looked for each minute, decided in flows.alerts, sent from rows."""
