/** Runs one layer on worker processes, and sums up what they say. */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { added, type FlowTally } from "../flows.ts";
import type { Entry } from "./layers.ts";
import type { Found, FromWorker, Job, Stop } from "./messages.ts";

/** By its path alone: a worker may run a layer itself, and must not wait for its own module. */
const WORKER = fileURLToPath(new URL("./worker.ts", import.meta.url));

export interface RunOrder {
  readonly entry: Entry;
  readonly seed: number;
  readonly schedules?: number;
  readonly only?: string;
  readonly replay?: readonly string[];
  readonly workers: number;
  /** What each shard has done before; its length is the number of shards. */
  readonly done?: readonly number[];
  readonly mostViolations: number;
  /** Handed on to the workers, beside the environment of this process. */
  readonly env: Readonly<Record<string, string>>;
  /** For every worker: `--import` of a hook. */
  readonly execArgv?: readonly string[];
  /** Finish what runs, begin nothing new. */
  readonly stop: AbortSignal;
  /** Ends the workers as they are: for what may hang. */
  readonly giveUp?: AbortSignal;
  /** Called whenever a worker said how far it is. */
  readonly onProgress?: (sum: Sum) => void;
}

/** What is known of a run so far. */
export interface Sum {
  readonly schedules: number;
  /** Schedules that each shard has done, earlier runs included. */
  readonly done: readonly number[];
  readonly labels: ReadonlySet<string>;
  readonly flows: FlowTally;
  readonly found: readonly Found[];
}

export interface Ran extends Sum {
  readonly seconds: number;
  /** Every schedule that was asked for has been told. */
  readonly complete: boolean;
  /** What workers said who broke down: then nothing is proven. */
  readonly broke: readonly string[];
}

/** Never rejects: a worker that breaks down is part of the answer. */
export async function runLayer(order: RunOrder): Promise<Ran> {
  const begun = performance.now();
  const shards = order.done?.length ?? order.workers;
  const done = [...(order.done ?? Array(shards).fill(0))];
  const sum: Growing = { schedules: 0, done, labels: new Set<string>(), flows: {}, found: [] };
  const tally = new Tally(order, sum);
  const ends = await Promise.all(
    Array.from({ length: shards }, async (_, shard) => oneWorker(order, shard, shards, tally)),
  );
  return {
    ...sum,
    seconds: (performance.now() - begun) / 1000,
    complete: ends.every((end) => end === true),
    broke: ends.flatMap((end) => (typeof end === "string" ? [end] : [])),
  };
}

interface Growing extends Sum {
  schedules: number;
  readonly done: number[];
  readonly labels: Set<string>;
  flows: FlowTally;
  readonly found: Found[];
}

class Tally {
  readonly #order: RunOrder;
  readonly #sum: Growing;
  /** Aborts when there are enough violations. */
  readonly enough = new AbortController();

  constructor(order: RunOrder, sum: Growing) {
    this.#order = order;
    this.#sum = sum;
  }

  add(shard: number, { done, labels, flows, found }: Extract<FromWorker, { kind: "progress" }>): void {
    this.#sum.schedules += done;
    this.#sum.flows = added(this.#sum.flows, flows);
    this.#sum.done[shard] = (this.#sum.done[shard] ?? 0) + done;
    for (const label of labels) this.#sum.labels.add(label);
    this.#sum.found.push(...found);
    if (this.#sum.found.length >= this.#order.mostViolations) this.enough.abort();
    this.#order.onProgress?.(this.#sum);
  }
}

/** True: its share is done. False: it was stopped before. Text: it broke down, and said this. */
async function oneWorker(order: RunOrder, shard: number, shards: number, tally: Tally): Promise<boolean | string> {
  const child = fork(WORKER, [], {
    env: { ...process.env, ...order.env },
    execArgv: [...(order.execArgv ?? [])],
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-8_000)));
  const stop = (): void => tell(child, { kind: "stop" });
  const giveUp = (): void => void child.kill("SIGKILL");
  order.giveUp?.addEventListener("abort", giveUp, { once: true });
  // A signal that has aborted before tells nobody again.
  if (order.giveUp?.aborted === true) giveUp();
  const signal = AbortSignal.any([order.stop, tally.enough.signal]);
  signal.addEventListener("abort", stop, { once: true });
  tell(child, jobOf(order, shard, shards));
  if (signal.aborted) stop();
  let complete: boolean | undefined;
  child.on("message", (message: FromWorker) => {
    if (message.kind === "progress") tally.add(shard, message);
    else complete = message.complete;
  });
  const code = await new Promise<string>((resolve) => {
    child.on("error", (error) => resolve(error.message));
    child.on("close", (code, killedBy) => resolve(String(code ?? killedBy)));
  });
  signal.removeEventListener("abort", stop);
  order.giveUp?.removeEventListener("abort", giveUp);
  return complete ?? `a worker ended with ${code}\n${said}`.trim();
}

function jobOf(order: RunOrder, shard: number, shards: number): Job {
  const { entry, seed, schedules, only, replay, mostViolations, done } = order;
  return {
    kind: "job",
    module: entry.module,
    options: {
      seed,
      shard,
      shards,
      skip: done?.[shard] ?? 0,
      ...(schedules === undefined ? {} : { schedules }),
      ...(only === undefined ? {} : { only }),
    },
    lanes: entry.lanes ?? 1,
    ...(replay === undefined ? {} : { replay }),
    mostViolations,
  };
}

/** A worker that has just ended hears nothing, and that is no fault. */
function tell(child: ChildProcess, message: Job | Stop): void {
  if (child.connected) child.send(message, () => undefined);
}
