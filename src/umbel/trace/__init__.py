"""What passed on the wire, kept and shown: the ladder in the terminal, the file for Wireshark."""
