"""`python -m flows.worker`: the warm worker of this machine."""

from flows.worker.work import work

if __name__ == "__main__":
    work()
