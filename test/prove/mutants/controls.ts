/** What the engine as it is makes of the schedules that caught a mutant. */
import type { Violation } from "../api.ts";
import { runLayer, type RunOrder } from "../cli/run.ts";

export type Control = readonly Violation[] | "could not be told";

export class Controls {
  readonly #known: ReadonlyMap<string, readonly string[]>;
  readonly #told = new Map<string, Promise<ReadonlyMap<string, Control>>>();

  /** `known`: by layer, schedules that will be asked for. They are told together: a process for each would take longer than telling it. */
  constructor(known: ReadonlyMap<string, readonly string[]> = new Map()) {
    this.#known = known;
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
  const { found, broke } = await runLayer({ ...order, mostViolations: schedules.length + 1, replay: schedules });
  const controls = schedules.map((schedule): [string, Control] => {
    const violations = found.find((each) => each.schedule === schedule)?.violations ?? [];
    const untold = broke.length > 0 || violations.some(({ invariant }) => invariant === "harness");
    return [schedule, untold ? "could not be told" : violations];
  });
  return new Map(controls);
}
