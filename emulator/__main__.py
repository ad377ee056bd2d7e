"""`python -m emulator`: see `emulator`."""

from emulator import options, server

if __name__ == "__main__":
    try:
        server.run(options.parse())
    except (OSError, ValueError) as error:
        raise SystemExit(f"emulator: {error}") from None
