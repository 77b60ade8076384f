/** A schedule that breaks a promise, without everything that it can do without. */
import type { SimResult, SimRunner } from "../sim/runner.ts";
import { scheduleOf, scheduleText } from "../sim/schedule.ts";

/** Leaves out one event or fault after the other as long as the same promise is broken. */
export async function shorter(runner: SimRunner, found: SimResult): Promise<SimResult> {
  const broken = found.violations[0]?.invariant;
  let least = found;
  for (let isShorter = true; isShorter;) {
    isShorter = false;
    for (const text of without(least.schedule)) {
      const result = await runner.run(text);
      if (!result.violations.some(({ invariant }) => invariant === broken)) continue;
      least = result;
      isShorter = true;
      break;
    }
  }
  return least;
}

function without(text: string): string[] {
  const schedule = scheduleOf(text);
  const { events, faults } = schedule;
  return [
    ...events.map((left) => scheduleText({ ...schedule, events: events.filter((event) => event !== left) })),
    ...faults.map((left) => scheduleText({ ...schedule, faults: faults.filter((fault) => fault !== left) })),
  ];
}
