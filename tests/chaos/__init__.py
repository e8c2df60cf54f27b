"""Proof under faults: real processes are killed, frozen, cut off and lied to, and afterwards the
provider's own log and the database are compared with what visitors were told.

The `test_*` files show one fault each, in seconds; `make chaos` is the long run with 1,000
enquiries. The product has no hook for any of this: `faultpoints` and `guards` wrap its functions
in the processes of the fault runs only.
"""
