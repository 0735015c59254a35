"""Single sign-on, against real providers over real sockets."""
