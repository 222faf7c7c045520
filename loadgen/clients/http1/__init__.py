"""HTTP/1.1 over plain sockets: parser, reactor, blocking twin."""
