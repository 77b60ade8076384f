/** How much of a rotation's wall time is Velvet's own: over the time in which at least one call to a vendor was under way. */
import { Engine } from "../controller/engine/engine.ts";
import type { RotationView } from "../controller/ledger/views.ts";
import { listRotations } from "../controller/ledger/views.ts";
import { FakeVendor } from "../test/support/fake-vendor.ts";
import { openBenchLedger } from "./ledger.ts";
import { benchDeps, benchOptions, documentsOf, requestsOf, sync } from "./world.ts";

export interface CriticalPath {
  readonly consumers: number;
  readonly wallMs: number;
  /** Calls one after the other on the critical path. */
  readonly rounds: number;
  readonly callsMs: number;
  readonly ratio: number;
}

const CALL_MS = 50;

/** A vendor that notes when at least one of its calls was under way. */
class TimedVendor extends FakeVendor {
  #under = 0;
  #since = 0;
  busyMs = 0;

  override async call<T>(label: string, target: string, act: () => T): Promise<T> {
    if (this.#under === 0) this.#since = performance.now();
    this.#under += 1;
    try {
      return await super.call<T>(label, target, act);
    } finally {
      this.#under -= 1;
      if (this.#under === 0) this.busyMs += performance.now() - this.#since;
    }
  }
}

export async function criticalPath(consumers: number): Promise<CriticalPath> {
  await using ledger = await openBenchLedger(16);
  const vendor = new TimedVendor();
  // Once without being measured, so that code and plans are warm.
  const documents = documentsOf(vendor, 2, consumers);
  await sync(ledger.db, documents);
  vendor.latencyMs = CALL_MS;
  const engine = new Engine(benchDeps(ledger.db, vendor), benchOptions(vendor, 8));
  const [warm, measured] = requestsOf(2);
  if (!warm || !measured) throw new Error("there are two requests");
  await sync(ledger.db, [...documents, warm]);
  engine.wake();
  await ended(ledger.db, "rotate-0");
  vendor.busyMs = 0;
  await sync(ledger.db, [...documents, warm, measured]);
  engine.wake();
  const view = await ended(ledger.db, "rotate-1");
  await engine.stop();
  const wallMs = Date.parse(view.rotation.endedAt ?? "") - Date.parse(view.rotation.createdAt);
  const callsMs = vendor.busyMs;
  return { consumers, wallMs, rounds: Math.floor(callsMs / CALL_MS), callsMs, ratio: wallMs / callsMs };
}

async function ended(db: Parameters<typeof listRotations>[0], name: string): Promise<RotationView> {
  for (;;) {
    const [view] = await listRotations(db, { name });
    if (view?.rotation.endedAt !== undefined) return view;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
