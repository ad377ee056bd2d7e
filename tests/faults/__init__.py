"""Every command that writes, with every one of its requests broken in every way.

The cases are not written down: a clean run on the local Azure is recorded, and then each of its requests is broken in
turn (`matrix.py`). A case ends in the state of the clean run, or in a clean error that names whatever was written; the
same command again ends in that state then. Never is there a second resource, a traceback, or a fault of ours. Where a
command asks the cluster itself, that is a real API server behind a door that breaks requests in the same ways
(`tests/support/gate.py`), and what it holds counts as well.

What runs where:

* `test_matrix.py`: the whole matrix, by calling the commands' own functions in this process with az's real login
  (`door.py`): all of the product but az's parser and its printing of the error, at a tenth of az's time;
* `test_killed.py`: the real az, killed with SIGKILL at each request, or at each write of those that only `make
  test-faults` runs; and the local Azure killed at each request, with its state kept in a file, under the commands'
  functions;
* `test_sample.py`: a fixed sample that `make test` runs: each command's writes under each fault by the functions, and
  a few faults and a storm through the real az.

`make test-faults` runs all three and counts how the cases ended. Pauses between tries are a hundredth as long in the
functions' runs; az's are real.
"""
