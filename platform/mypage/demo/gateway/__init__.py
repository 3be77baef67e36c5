"""A payment company of our own, for the demo and the tests: its page, its interface, its memory.

It runs as its own process on its own origin and imports nothing of the portal, so that a card number typed here cannot
reach the portal even by mistake. It takes test cards only. Start it with ``python -m mypage.demo.gateway``.
"""
