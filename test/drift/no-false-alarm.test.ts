/** Many looks without drift, with everything in between that Velvet itself does: not one alarm. */
import { randomInt } from "node:crypto";
import { array, constantFrom, sample } from "fast-check";
import { expect, it } from "vitest";
import { Transient } from "../../adapters/errors.ts";
import { CREDENTIAL } from "../support/scenario.ts";
import { told, Watch } from "./watch.ts";

const SEED = randomInt(2 ** 31);
const LOOKS = 300;
const VERSION = { grade: "version", atomic: true, conditional: false } as const;
const STEPS = ["look", "look", "look", "look", "look", "rotate", "abort", "hiccup", "short", "aged", "grade"] as const;
type Step = (typeof STEPS)[number];

it(`sees no drift in ${LOOKS} looks between rotations, aborts, failures and short budgets, seed ${SEED}`, async () => {
  await using watch = await Watch.open({ credential: { drift: { mode: "Correct" } } });
  const [steps = []] = sample(array(constantFrom(...STEPS), { minLength: LOOKS, maxLength: LOOKS }), {
    numRuns: 1,
    seed: SEED,
  });
  const writes = (): number => watch.vendor.calls("sink.write").length;
  let rotations = 0;
  for (const [index, step] of passing(steps).entries()) {
    rotations += await between(watch, step, index);
    const before = writes();
    const view = await watch.look();
    expect(told(view), `after ${step}, step ${index}`).toEqual([]);
    expect(writes()).toBe(before);
    expect(view.state === "drifted").toBe(false);
    watch.vendor.fault = () => undefined;
  }
  expect(rotations).toBeGreaterThan(0);
  expect(await watch.events()).toEqual([]);
}, 180_000);

/** Three looks in a row that fail are no hiccup, and to be told; one that was not even sent says nothing, and ends no row. */
function passing(steps: readonly Step[]): Step[] {
  let inARow = 0;
  return steps.map((step) => {
    if (step !== "short") inARow = step === "hiccup" ? inARow + 1 : 0;
    if (inARow < 3) return step;
    inARow = 0;
    return "look";
  });
}

/** Returns how many rotations were made. */
async function between(watch: Watch, step: Step, index: number): Promise<number> {
  const { vendor } = watch;
  if (step === "rotate" || step === "abort") {
    // A rotation reads back what it wrote: it needs to see values.
    vendor.traitsOf.clear();
    await (step === "rotate" ? watch.rotate(`rotate-${index}`) : abort(watch, `abort-${index}`));
    return 1;
  }
  if (step === "grade") vendor.traitsOf.set("worker", VERSION);
  if (step === "aged") await watch.longAfter();
  if (step === "hiccup" || step === "short") {
    const reason = step === "short" ? "RateLimited" : "ServerError";
    let left = 2;
    vendor.fault = () => {
      if ((left -= 1) >= 0) throw new Transient({ reason, message: "not now" }, { vendor: "fake", operation: "look" });
    };
  }
  return 0;
}

/** Begun, and given up before anything was minted. */
async function abort({ scenario }: Watch, name: string): Promise<void> {
  const gate = async (mint: string): Promise<void> =>
    scenario.change("Credential", CREDENTIAL, (spec: object) => ({ ...spec, gates: { mint, revoke: "Automatic" } }));
  await gate("Approval");
  await scenario.request(name);
  await scenario.until(name, ({ rotation }) => rotation.state === "verified");
  await scenario.decide(`${name}-no`, { requestRef: { name }, action: "Abort" });
  await scenario.ended(name);
  await gate("Automatic");
}
