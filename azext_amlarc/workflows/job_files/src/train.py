"""Fits y = a x + b by gradient descent: small enough to prove that a cluster trains, and plain Python."""

import argparse
import csv
import json
import random
from pathlib import Path


def points(file):
    """Points from a CSV file with the columns x and y, or random ones around y = 2 x + 1."""
    if file:
        with open(file, newline="") as lines:
            return [(float(row["x"]), float(row["y"])) for row in csv.DictReader(lines)]
    chance = random.Random(1)
    xs = [chance.uniform(-1, 1) for _ in range(200)]
    return [(x, 2 * x + 1 + chance.gauss(0, 0.05)) for x in xs]


def fit(data, learning_rate, epochs, report):
    """The slope and the offset after `epochs` epochs; `report` gets the mean squared error of each."""
    slope = offset = 0.0
    for epoch in range(epochs):
        errors = [(slope * x + offset - y, x) for x, y in data]
        report(epoch, sum(error * error for error, _ in errors) / len(errors))
        slope -= learning_rate * sum(2 * error * x for error, x in errors) / len(errors)
        offset -= learning_rate * sum(2 * error for error, _ in errors) / len(errors)
    return slope, offset


def reporter():
    """Azure's environments have MLflow, which sends metrics to the studio; elsewhere they are only printed."""
    try:
        import mlflow
    except ImportError:
        return lambda epoch, mse: print(f"epoch {epoch}: mse {mse:.4f}")

    def report(epoch, mse):
        print(f"epoch {epoch}: mse {mse:.4f}")
        mlflow.log_metric("mse", mse, step=epoch)

    return report


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", help="CSV file with the columns x and y")
    parser.add_argument("--learning-rate", type=float, default=0.1)
    parser.add_argument("--epochs", type=int, default=50)
    parser.add_argument("--model", default="outputs", help="folder for the model; Azure keeps `outputs`")
    options = parser.parse_args()
    slope, offset = fit(points(options.data), options.learning_rate, options.epochs, reporter())
    folder = Path(options.model)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.json").write_text(json.dumps({"slope": slope, "offset": offset}))
    print(f"y = {slope:.2f} x + {offset:.2f}")


if __name__ == "__main__":
    main()
