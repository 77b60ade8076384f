/** What the tests of the fakes share: a clock that a test moves by hand, and calls as the engine makes them. */
import { createHash } from "node:crypto";
import type { AccountHandle, Clock, Connection, Issuer, MintOrder, Sink } from "../../../adapters/contract.ts";
import type { SecretFields } from "../../../adapters/secret.ts";
import type { Setup, SimClock } from "../api.ts";
import type { VendorFake } from "./fake.ts";
import { createFake } from "./fake.ts";

/** 2026-11-21T09:30:00.400Z: not a whole second, as times never are. */
export const START = Date.UTC(2026, 10, 21, 9, 30, 0, 400);

/** A signal that stays quiet. */
export const never = new AbortController().signal;

export class HandClock implements SimClock {
  #now = START;

  now(): number {
    return this.#now;
  }

  /** The caller's deadline is ten seconds away. */
  async hang(): Promise<void> {
    this.#now += 10_000;
    return Promise.resolve();
  }

  pass(ms: number): void {
    this.#now += ms;
  }
}

/** The same bytes in the same order for the same seed. */
export function seeded(seed: string): (bytes: number) => Buffer {
  let count = 0;
  return (bytes) => {
    const parts: Buffer[] = [];
    while (Buffer.concat(parts).length < bytes) {
      parts.push(createHash("sha256").update(`${seed}/${count++}`).digest());
    }
    return Buffer.concat(parts).subarray(0, bytes);
  };
}

export interface Bench {
  readonly fake: VendorFake;
  readonly clock: HandClock;
  /** Time goes on, and what is due happens. */
  readonly pass: (ms: number) => void;
}

export function newFake(setup: Omit<Setup, "consumers"> & Partial<Setup>, seed = "bench"): Bench {
  const clock = new HandClock();
  const fake = createFake({ consumers: [{ id: "app", sink: "cas" }], ...setup }, clock, seeded(seed));
  return {
    fake,
    clock,
    pass: (ms) => {
      clock.pass(ms);
      fake.elapse(clock.now());
    },
  };
}

const CLOCK: Clock = { now: () => new Date(START), monotonicMs: () => 0 };

/** Of a fake, or of an adapter in its place. */
export function connectionOf(fake: Pick<VendorFake, "adapter">): Connection {
  const account: AccountHandle = {
    name: "vendor",
    generation: 1,
    config: {},
    endpoints: [],
    secret: () => {
      throw new Error("the fake has no secret");
    },
    headers: () => ({}),
  };
  return fake.adapter.connect(account, CLOCK);
}

export function issuerOf(fake: Pick<VendorFake, "adapter">): Issuer {
  const made = connectionOf(fake).issuer?.({ path: "issuer" });
  if (!made) throw new Error("the fake has no issuer");
  return made;
}

export function sinkOf(fake: Pick<VendorFake, "adapter">, path: string): Sink {
  const made = connectionOf(fake).sink?.({ path });
  if (!made) throw new Error("the fake has no sink");
  return made;
}

let attempts = 0;

export function newMarker(): string {
  const attempt = `00000000-0000-4000-8000-${String(attempts++).padStart(12, "0")}`;
  return `velvet/test/11111111-1111-4111-8111-111111111111/${attempt}`;
}

/** An order as the engine makes it: the inventory is read, and the value chosen, before anything is done. */
export async function orderFor(fake: VendorFake, currentId: string = fake.originalId): Promise<MintOrder> {
  const issuer = issuerOf(fake);
  const inventory = await issuer.list(never);
  const proposed = issuer.propose?.({ inventory, currentId, random: seeded(newMarker()) });
  return { marker: newMarker(), inventory, currentId, ...(proposed ? { proposed } : {}) };
}

export function revealed(value: SecretFields): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(value).map(([name, secret]) => [name, secret.reveal()]));
}

/** What a promise was rejected with. */
export async function failure(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error("it did not fail");
}
