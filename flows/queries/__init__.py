"""What pages and the API may know of flows and records: plain values, no rows of the database."""
