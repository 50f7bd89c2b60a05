"""The only place of the engine that starts processes or opens sockets."""
