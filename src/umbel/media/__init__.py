"""SDP, RTP and sound as values and arrays: no socket, no clock."""
