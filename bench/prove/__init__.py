"""The long version of the money tests."""
