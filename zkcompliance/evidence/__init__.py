"""What others signed: rounds of beacons, time stamps, reports of devices. One file a kind, each checked with the
library that is kept for it, loaded when it is first asked. Who is trusted is an argument, never part of what is
checked.

The one-file verifier has none of these libraries and does not hold this room: it takes what is unchecked as open.
"""
