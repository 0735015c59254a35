"""Oracle NetSuite, over SuiteTalk REST and SuiteQL."""
