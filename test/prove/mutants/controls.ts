/** What the engine as it is makes of the schedules that caught a mutant. */
import type { Violation } from "../api.ts";
import { runLayer, type RunOrder } from "../cli/run.ts";
import type { Mutant } from "./mutant.ts";

export type Control = readonly Violation[] | "could not be told";

export class Controls {
  readonly #known: ReadonlyMap<string, readonly string[]>;
  readonly #told = new Map<string, Promise<ReadonlyMap<string, Control>>>();

  /** Their known schedules are told together, layer by layer: a process for each would take longer than telling it. */
  constructor(mutants: readonly Mutant[]) {
    const byLayer = Map.groupBy(mutants, ({ layer }) => layer);
    this.#known = new Map([...byLayer].map(([layer, each]) => [layer, each.flatMap(({ known }) => known ?? [])]));
  }

  async of(schedules: readonly string[], order: RunOrder): Promise<ReadonlyMap<string, Control>> {
    const layer = order.entry.name;
    const known = this.#known.get(layer) ?? [];
    if (schedules.some((schedule) => !known.includes(schedule))) return tell(schedules, order);
    const told = this.#told.get(layer) ?? tell(known, order);
    this.#told.set(layer, told);
    return told;
  }
}

async function tell(schedules: readonly string[], order: RunOrder): Promise<ReadonlyMap<string, Control>> {
  // However long it took to find them: what is not told of the right engine proves nothing.
  const whole = { mostViolations: schedules.length + 1, replay: schedules, stop: new AbortController().signal };
  const { found, broke } = await runLayer({ ...order, ...whole });
  const controls = schedules.map((schedule): [string, Control] => {
    const violations = found.find((each) => each.schedule === schedule)?.violations ?? [];
    const untold = broke.length > 0 || violations.some(({ invariant }) => invariant === "harness");
    return [schedule, untold ? "could not be told" : violations];
  });
  return new Map(controls);
}
