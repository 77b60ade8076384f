/** The quickstart from beginning to end. */
import type { Clock } from "../../adapters/contract.ts";
import type { Output } from "../cli/output.ts";
import { type Prober, startProber } from "./prober.ts";
import { allProofs } from "./prove.ts";
import { isProven, nextLines, type Report, reportLines } from "./report.ts";
import { rotateOnce } from "./rotation.ts";
import { openStory, type Story } from "./story.ts";
import { makeWorld, placesIn, type World } from "./world.ts";

export interface QuickstartOrder {
  /** An empty folder. */
  readonly folder: string;
  /** `PATH`. */
  readonly searchPath: string;
  readonly keep: boolean;
  readonly out: Output;
  readonly clock: Clock;
  readonly random: (bytes: number) => Buffer;
  /** Ctrl-C. */
  readonly stop: AbortSignal;
}

const CONNECTIONS = 3;
/** Each wait for the controller; far more than it takes. */
const WAIT_MS = 60_000;

/**
 * Rotates a real login and proves it. Answers whether all was proven. Rejects with the reason of `stop`, or with what went wrong;
 * in every case, whatever was started has ended by then.
 */
export async function runQuickstart(order: QuickstartOrder): Promise<boolean> {
  const { out, stop, keep, clock } = order;
  const story = openStory(out, clock, stop);
  await using stack = new AsyncDisposableStack();
  const startedMs = clock.monotonicMs();
  const world = await makeWorld({ ...order, places: placesIn(order.folder), story, stack });
  const prober = startProber(world.appOrigin, "/orders", CONNECTIONS, clock);
  stack.defer(async () => void (await prober.stop()));

  const report = await rotateAndProve(order, world, story, prober, startedMs);
  for (const line of reportLines(report, out.colours)) out.line(line);
  for (const line of nextLines(world.places, world.tenant, keep, out.colours)) out.line(line);
  if (keep) await untilStopped(stop, world);
  return isProven(report);
}

async function rotateAndProve(
  { stop, clock }: QuickstartOrder,
  world: World,
  story: Story,
  prober: Prober,
  startedMs: number,
): Promise<Report> {
  const signal = AbortSignal.any([stop, lossOf(world)]);
  const request = `orders-db-${clock.now().toISOString().slice(0, 10)}`;
  const waiting = { db: world.db, signal, deadlineMs: WAIT_MS };
  const { status, atTheGate } = await rotateOnce({ world, story, prober, waiting, request });
  const probes = await prober.stop();
  const proofs = [atTheGate, ...(await allProofs(world))];
  return { status, probes, proofs, elapsedMs: clock.monotonicMs() - startedMs };
}

/** Aborts, with the end of its log, when the app or the controller ends by itself. */
function lossOf({ app, controller }: World): AbortSignal {
  const lost = new AbortController();
  for (const child of [app, controller]) child.lost.catch((error: unknown) => lost.abort(error));
  return lost.signal;
}

async function untilStopped(stop: AbortSignal, world: World): Promise<void> {
  const stopped = new Promise<void>((resolve) => {
    if (stop.aborted) resolve();
    else stop.addEventListener("abort", () => resolve(), { once: true });
  });
  await Promise.race([stopped, world.app.lost, world.controller.lost]);
}
