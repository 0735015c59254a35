"""The whole path, through processes and sockets: nothing lost, nothing twice."""
