"""Give the worker jobs, and close its connection between them."""

import os

import redis


def visit(process):
    client = redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
    client.flushall()
    open("ready", "w").close()
    answers = [answer(client, "tea", process)]
    while not any("b" in other["flags"] for other in client.client_list()):
        os.kill(process, 0)  # until the worker waits for a job
    client.client_kill_filter(_type="normal", skipme=True)
    answers.append(answer(client, "milk", process))
    client.rpush("jobs", "stop")
    return answers


def answer(client, job, process):
    client.rpush("jobs", job)
    while True:
        os.kill(process, 0)  # raises if it has ended
        done = client.blpop(["done"], timeout=0.1)
        if done:
            return done[1]
