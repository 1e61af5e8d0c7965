"""The `halfpenny` command, a file per subcommand."""
