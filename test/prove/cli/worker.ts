/** One worker: opens its runners and tells its share of a layer's schedules. Started by `run.ts`, with a channel to it. */
import { setImmediate } from "node:timers/promises";
import type { Layer, Result } from "../api.ts";
import { counted, type FlowTally } from "../flows.ts";
import type { Found, FromWorker, Job, Stop } from "./messages.ts";

const FLUSH_MS = 200;
/** A runner that fails so often in a row is no use any more. */
const MOST_BROKEN = 5;

type Runner = Awaited<ReturnType<Layer["open"]>>;

class Shift {
  readonly #job: Job;
  readonly #say: (message: FromWorker) => void;
  readonly #seen = new Set<string>();
  #done = 0;
  #labels: string[] = [];
  #flows: FlowTally = {};
  #found: Found[] = [];
  #violations = 0;
  #broken = 0;
  #saidAt = 0;
  stopped = false;

  constructor(job: Job, say: (message: FromWorker) => void) {
    this.#job = job;
    this.#say = say;
  }

  async run(layer: Layer): Promise<void> {
    const schedules = iterate(this.#job.replay ?? layer.schedules(this.#job.options));
    const lanes = Array.from({ length: this.#job.lanes }, async () => this.#lane(layer, schedules));
    const results = await Promise.allSettled(lanes);
    this.#flush();
    for (const result of results) if (result.status === "rejected") throw result.reason;
  }

  async #lane(layer: Layer, schedules: AsyncIterator<string>): Promise<void> {
    let runner: Runner | undefined;
    try {
      while (!this.stopped) {
        const next = await schedules.next();
        if (next.done === true) return;
        runner ??= await layer.open();
        if (!(await this.#tell(runner, next.value))) {
          await close(runner);
          runner = undefined;
        }
        // On the double a telling may never wait for anything outside: the word to stop would not be heard.
        await setImmediate();
      }
    } finally {
      if (runner) await close(runner);
    }
  }

  /** False where the runner itself broke: what it holds is not to be relied on. */
  async #tell(runner: Runner, schedule: string): Promise<boolean> {
    try {
      this.#count(await runner.run(schedule));
      this.#broken = 0;
      return true;
    } catch (error) {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.#count({ schedule, violations: [{ invariant: "harness", message: text }], labels: new Set() });
      this.#broken += 1;
      if (this.#broken >= MOST_BROKEN) this.stopped = true;
      return false;
    }
  }

  #count({ schedule, violations, labels, flows = [], story }: Result): void {
    this.#done += 1;
    this.#flows = counted(this.#flows, flows, violations.length > 0);
    for (const label of labels) {
      if (this.#seen.has(label)) continue;
      this.#seen.add(label);
      this.#labels.push(label);
    }
    if (violations.length > 0) {
      this.#violations += 1;
      this.#found.push({ schedule, violations, ...(story === undefined ? {} : { story }) });
    }
    if (this.#violations >= this.#job.mostViolations) this.stopped = true;
    if (violations.length > 0 || performance.now() > this.#saidAt + FLUSH_MS) this.#flush();
  }

  #flush(): void {
    if (this.#done > 0) {
      const { kind, flows, labels } = { kind: "progress" as const, flows: this.#flows, labels: this.#labels };
      this.#say({ kind, done: this.#done, labels, flows, found: this.#found });
    }
    this.#done = 0;
    this.#flows = {};
    this.#labels = [];
    this.#found = [];
    this.#saidAt = performance.now();
  }
}

async function close(runner: Runner): Promise<void> {
  await runner[Symbol.asyncDispose]();
}

/** One after the other, whichever lane asks. */
function iterate(source: AsyncIterable<string> | Iterable<string>): AsyncIterator<string> {
  return (async function* () {
    yield* source;
  })();
}

async function main(): Promise<void> {
  // A Ctrl-C in the terminal reaches all processes: the one that a person started decides what becomes of it.
  process.on("SIGINT", () => undefined);
  // Whoever started this is gone.
  process.on("disconnect", () => process.exit(1));
  let shift: Shift | undefined;
  let stopped = false;
  const job = await new Promise<Job>((resolve) => {
    process.on("message", (message: Job | Stop) => {
      if (message.kind === "job") resolve(message);
      else stopped = true;
      if (shift && stopped) shift.stopped = true;
    });
  });
  const { layer } = (await import(job.module)) as { layer: Layer };
  shift = new Shift(job, (message) => void process.send?.(message));
  shift.stopped = stopped;
  await shift.run(layer);
  process.send?.({ kind: "end", complete: !shift.stopped } satisfies FromWorker, () => process.exit(0));
}

if (import.meta.main) {
  await main().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(1);
  });
}
