"""Fits y = a x + b in several processes, each on its part of the points, and averages the results.

Azure starts them with mpirun.
"""

import argparse

from mpi4py import MPI
from train import fit, points


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--learning-rate", type=float, default=0.1)
    parser.add_argument("--epochs", type=int, default=50)
    options = parser.parse_args()
    everybody = MPI.COMM_WORLD
    rank, world = everybody.Get_rank(), everybody.Get_size()
    found = fit(points(None)[rank::world], options.learning_rate, options.epochs, lambda epoch, mse: None)
    slope, offset = (everybody.allreduce(value) / world for value in found)
    if rank == 0:
        print(f"{world} processes: y = {slope:.2f} x + {offset:.2f}")


if __name__ == "__main__":
    main()
