"""Fits y = a x + b in several processes, which average their gradients after each epoch.

Azure sets the variables for torch.distributed: MASTER_ADDR, MASTER_PORT, RANK, LOCAL_RANK and WORLD_SIZE.
"""

import argparse
import os

import torch
import torch.distributed as processes
from train import points


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--learning-rate", type=float, default=0.1)
    parser.add_argument("--epochs", type=int, default=50)
    options = parser.parse_args()
    gpu = torch.cuda.is_available()
    processes.init_process_group("nccl" if gpu else "gloo")
    rank, world = processes.get_rank(), processes.get_world_size()
    device = torch.device(f"cuda:{os.environ['LOCAL_RANK']}" if gpu else "cpu")
    data = torch.tensor(points(None)[rank::world], device=device)
    line = torch.zeros(2, device=device, requires_grad=True)
    for epoch in range(options.epochs):
        mse = ((line[0] * data[:, 0] + line[1] - data[:, 1]) ** 2).mean()
        (gradient,) = torch.autograd.grad(mse, line)
        processes.all_reduce(gradient)
        with torch.no_grad():
            line -= options.learning_rate * gradient / world
        if rank == 0:
            print(f"epoch {epoch}: mse {mse.item():.4f} of rank 0 of {world} on {device}")
    if rank == 0:
        print(f"y = {line[0].item():.2f} x + {line[1].item():.2f}")
    processes.destroy_process_group()


if __name__ == "__main__":
    main()
