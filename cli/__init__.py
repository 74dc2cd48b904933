"""The command line: each command parses, calls one plain function and prints."""
