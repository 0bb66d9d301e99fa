"""The press: labels for goods of a holder in good standing.

Owns the orders, the batches, the serials, the bytes inside the QR code, and what goes to the printer.
It never asks why a certificate stands or falls: it does not import `audits`, it asks the register.
From outside, only `serials`, `payload` and `manifest` may be imported, by `verify` and the roof.
"""
