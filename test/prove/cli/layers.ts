/** Which layers of proof there are. Each is imported where it is run, by a worker process. */

export interface Entry {
  readonly name: string;
  readonly about: string;
  /** Where the module stands that exports `layer`. */
  readonly module: string;
  /** What the specification of the proof asks of it, for the report. */
  readonly bar: string;
  /** How many schedules where nobody says; absent: all there are. */
  readonly standard?: number;
  /** Schedules that one worker runs side by side. Default 1. */
  readonly lanes?: number;
  /** Workers at most: for what brings processes of its own. */
  readonly workers?: number;
  /** Its schedules need the Postgres of the proof. Default true. */
  readonly server?: boolean;
  /** It can be told on a double of the ledger in memory too. */
  readonly hasDouble?: boolean;
}

const layer = (name: string, file: string, about: string, bar: string, more: Partial<Entry> = {}): Entry => ({
  name,
  about,
  bar,
  module: new URL(file, import.meta.url).href,
  ...more,
});

export const LAYERS: readonly Entry[] = [
  layer("A", "../layers/a.ts", "a single crash at every moment of every story", "every run of the tests", {
    hasDouble: true,
  }),
  layer("B", "../layers/b.ts", "two crashes, in every order", "200,000 schedules", {
    standard: 2_000,
    hasDouble: true,
  }),
  layer(
    "C",
    "../layers/c.ts",
    "a replica that was paused and goes on after another took over",
    "every run of the tests",
    { hasDouble: true },
  ),
  layer("D", "../layers/d.ts", "commands, faults and crashes at random", "1,000,000 schedules", {
    standard: 10_000,
    hasDouble: true,
  }),
  layer("E", "../kill/layer.ts", "real controllers that are really killed or frozen", "10,000 kills", {
    standard: 200,
    lanes: 48,
    workers: 1,
  }),
  layer("F", "../wire/layer.ts", "faults on the wire to the ledger and to the vendor", "the whole matrix", {
    lanes: 6,
    workers: 1,
  }),
  layer("V", "../layers/v.ts", "layers A and C through every real adapter on its vendor's emulator", "all of it", {
    hasDouble: true,
  }),
  layer(
    "H",
    "../mutants/layer.ts",
    "deliberately wrong protocols, which the layers above must catch",
    "all are caught",
  ),
];

/** Layer G, the search for leaked values, is part of the judge that every other layer asks. */
export function entryOf(layers: readonly Entry[], name: string): Entry | undefined {
  return layers.find((each) => each.name.toLowerCase() === name.toLowerCase());
}
