"""Apply models of one's own to a table that a stranger sent, in threads."""

import concurrent.futures.thread  # imported late otherwise
import io
import sys

import pandas
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier

from pyextrasafe import SafetyContext, SystemIO, Threads

OWN = "town,age,visits,bought\n" + "Rome,30,1,0\nOslo,40,2,1\n" * 20

own = pandas.read_csv(io.StringIO(OWN))
models = [HistGradientBoostingClassifier(max_iter=10), RandomForestClassifier(10)]
for model in models:
    model.fit(own[["age", "visits"]], own["bought"])


def forecast(source):
    table = pandas.read_csv(source)
    known = table[["age", "visits"]]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for model, found in zip(models, pool.map(lambda model: model.predict(known), models)):
            table[type(model).__name__] = found
    return table.groupby("town").sum().to_csv()


forecast(io.StringIO(OWN))  # the libraries import much when they are used

SafetyContext().enable(
    Threads().allow_create_threads(),  # libgomp starts some, too, for each thread that computes
    SystemIO().allow_stdin().allow_stdout(),
).apply_to_all_threads()

print(forecast(sys.stdin), end="", flush=True)
