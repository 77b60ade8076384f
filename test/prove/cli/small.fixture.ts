/** A layer without an engine, for the tests of the command: numbers, of which some break a promise, break down or take their time. */
import { setTimeout as delay } from "node:timers/promises";
import type { Layer } from "../api.ts";

export const layer: Layer = {
  name: "S",
  about: "numbers",
  *schedules({ schedules = 100, shard, shards, skip = 0, only = "" }) {
    if (only === "nothing") return;
    for (let index = shard + skip * shards; index < schedules; index += shards) yield `number ${index}${only}`;
  },
  open: async () => ({
    run: async (schedule) => {
      if (schedule.includes("slow")) await delay(20);
      if (schedule === "number 7 throws") throw new Error("seven");
      if (schedule.includes("exits")) process.exit(3);
      const bad = schedule === "number 13 bad" || schedule === "it's 13";
      return {
        schedule,
        labels: new Set(["issuer.mint:before", "sink.write:after"]),
        flows: flowsOf(schedule),
        violations: bad ? [{ invariant: "I1", message: "thirteen" }] : [],
        ...(bad ? { story: "first this\nthen that" } : {}),
      };
    },
    [Symbol.asyncDispose]: async () => undefined,
  }),
};

function flowsOf(schedule: string): string[] {
  const number = Number(/\d+/.exec(schedule)?.[0]);
  if (number % 10 === 0) return ["Operational", "Revocation"];
  return [number % 2 === 0 ? "Operational" : "Revocation"];
}
