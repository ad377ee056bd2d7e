"""`python -m emulator`: see `emulator`."""

from emulator import options, server

if __name__ == "__main__":
    server.run(options.parse())
