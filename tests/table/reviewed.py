"""survivors.txt: the mutants that somebody has looked at and found to change nothing."""

from pathlib import Path

LIST = Path(__file__).parent / "survivors.txt"


def read_survivors(path=LIST):
    """Return {mutant: why it cannot be noticed}."""
    found = {}
    name = None
    for line in path.read_text().splitlines():
        if line.startswith("#") or not line:
            continue
        if not line.startswith(" "):
            name = line
            found[name] = ""
        else:
            found[name] += line.strip()
    return found


def compare(survivors, reviewed, mutants=None):
    """Return what is wrong with the list; mutants are all there are, or None for a sample."""
    survivors = set(survivors)
    faults = [f"survives, and nobody has said why: {name}" for name in survivors - set(reviewed)]
    faults += [f"reviewed without a reason: {name}" for name, why in reviewed.items() if not why]
    if mutants is not None:
        gone = set(reviewed) - survivors
        known = set(mutants)
        faults += [f"reviewed, but killed: {name}" for name in gone & known]
        faults += [f"reviewed, but no mutant: {name}" for name in gone - known]
    return sorted(faults)
