"""The emulators of the local cloud, with the gaps closed that matter to Spillway."""
