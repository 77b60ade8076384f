/** One layer, from where it was broken off or anew, with its progress shown and kept. */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { added } from "../flows.ts";
import { Keep, type Kept, type RunKey } from "./keep.ts";
import { knownMoments } from "./known-labels.ts";
import type { Entry } from "./layers.ts";
import type { ProveOptions } from "./options.ts";
import { count, duration, type LayerOutcome, rate } from "./outcome.ts";
import type { ProveFrame } from "./program.ts";
import { type Ran, runLayer, type RunOrder, type Sum } from "./run.ts";

/** A layer with so many violations has said enough. */
const MOST_VIOLATIONS = 20;
/** Where no terminal shows progress, a line says now and then that there is some. */
const LINE_EVERY_MS = 15_000;

const NOTHING: Pick<Kept, "schedules" | "seconds" | "labels" | "flows" | "found"> = {
  schedules: 0,
  seconds: 0,
  labels: [],
  flows: {},
  found: [],
};

export interface LayerFrame extends Pick<ProveFrame, "out" | "progress" | "root" | "commit" | "stop"> {
  /** Handed on to the workers. */
  readonly env: Readonly<Record<string, string>>;
}

export class LayerRun {
  readonly #entry: Entry;
  readonly #options: ProveOptions;
  readonly #frame: LayerFrame;
  readonly #keep: Keep;
  readonly #key: RunKey;
  readonly #before: Kept | undefined;
  readonly #double: boolean;
  readonly #wanted: number | undefined;
  readonly #begun = performance.now();
  #saidAt = this.#begun;

  constructor(entry: Entry, options: ProveOptions, frame: LayerFrame) {
    this.#entry = entry;
    this.#options = options;
    this.#frame = frame;
    this.#keep = new Keep(join(frame.root, ".prove", "runs.json"));
    const { only, seed } = options;
    this.#double = entry.hasDouble === true && options.ledger === "memory";
    const key = {
      layer: entry.name,
      commit: frame.commit,
      ...(only === undefined ? {} : { only }),
      ...(this.#double ? { double: true } : {}),
    };
    this.#before = options.resume === true ? this.#keep.find(key, seed) : undefined;
    this.#key = { ...key, seed: this.#before?.seed ?? seed ?? Math.floor(Math.random() * 2 ** 31) };
    this.#wanted = options.schedules ?? entry.standard;
  }

  async run(): Promise<LayerOutcome> {
    const workers = this.#workers();
    const ran = await runLayer(this.#order(workers));
    this.#frame.progress.clear();
    const kept = this.#kept(ran, ran.seconds, ran.complete);
    this.#save(kept);
    return outcomeOf(this.#entry, kept, ran, workers);
  }

  /** As many as there were where it was broken off: each has its own share. */
  #workers(): number {
    const { workers, replay } = this.#options;
    if (replay !== undefined) return 1;
    return this.#before?.done.length ?? Math.min(workers ?? availableParallelism(), this.#entry.workers ?? Infinity);
  }

  #order(workers: number): RunOrder {
    const { only, replay } = this.#options;
    return {
      entry: this.#entry,
      seed: this.#key.seed,
      workers,
      mostViolations: MOST_VIOLATIONS,
      env: { ...this.#frame.env, VELVET_PROOF_LEDGER: this.#double ? "memory" : "postgres" },
      stop: this.#frame.stop,
      onProgress: (sum) => this.#show(sum),
      ...(this.#wanted === undefined ? {} : { schedules: this.#wanted }),
      ...(only === undefined ? {} : { only }),
      ...(replay === undefined ? {} : { replay: [replay] }),
      ...(this.#before === undefined ? {} : { done: this.#before.done }),
    };
  }

  /** One line that moves, in a terminal; a line now and then, elsewhere. What is done is kept as often. */
  #show(sum: Sum): void {
    const now = performance.now();
    const text = this.#progressText(sum, (now - this.#begun) / 1000);
    this.#frame.progress.show(text);
    if (now < this.#saidAt + LINE_EVERY_MS) return;
    this.#saidAt = now;
    this.#save(this.#kept(sum, (now - this.#begun) / 1000, false));
    if (!this.#frame.out.live) this.#frame.out.note(text);
  }

  #progressText(sum: Sum, seconds: number): string {
    const all = (this.#before?.schedules ?? 0) + sum.schedules;
    const wanted = this.#wanted;
    const left = wanted === undefined ? 0 : ((wanted - all) * seconds) / Math.max(sum.schedules, 1);
    return [
      `Layer ${this.#entry.name}: ${count(all)}${wanted === undefined ? "" : ` of ${count(wanted)}`}`,
      rate(sum.schedules, seconds),
      sum.found.length === 0 ? "all kept" : `${sum.found.length} BROKEN`,
      ...(left > 0 ? [`${duration(left)} left`] : []),
    ].join(", ");
  }

  #kept(sum: Sum, seconds: number, complete: boolean): Kept {
    const before = this.#before ?? NOTHING;
    return {
      ...this.#key,
      done: sum.done,
      schedules: before.schedules + sum.schedules,
      seconds: before.seconds + seconds,
      labels: [...new Set([...before.labels, ...sum.labels])].sort(),
      flows: added(before.flows, sum.flows),
      found: [...before.found, ...sum.found],
      complete,
      at: new Date().toISOString(),
    };
  }

  #save(kept: Kept): void {
    if (this.#options.replay === undefined) this.#keep.save(kept);
  }
}

function outcomeOf(entry: Entry, kept: Kept, ran: Ran, workers: number): LayerOutcome {
  return {
    layer: entry.name,
    about: entry.about,
    bar: entry.bar,
    seed: kept.seed,
    double: kept.double ?? false,
    commit: kept.commit,
    date: kept.at,
    schedules: kept.schedules,
    violations: kept.found,
    labelsHit: kept.labels,
    flows: kept.flows,
    labelsKnown: knownMoments(),
    seconds: kept.seconds,
    workers,
    complete: ran.complete,
    broke: ran.broke,
  };
}
