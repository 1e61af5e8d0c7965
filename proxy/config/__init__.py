"""config.yaml into frozen Structs."""
