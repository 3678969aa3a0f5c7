"""`python -m flows.worker`: the warm worker of this machine."""

from flows.run_worker import run_worker
from flows.worker.warm_worker import WarmWorker

if __name__ == "__main__":
    run_worker(WarmWorker)
