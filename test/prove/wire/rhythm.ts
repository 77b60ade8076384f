/** How long each fault lasts. */
import { setTimeout as delay } from "node:timers/promises";
import type { OwnServer } from "./own-server.ts";
import type { TcpProxy, WireFault } from "./proxy.ts";
import type { ServerFault } from "./schedule.ts";

/** These slow down, and are there from the beginning to the end. */
const GENTLE: ReadonlySet<WireFault> = new Set<WireFault>(["latency", "slices", "narrow"]);

/**
 * In leases. What a black hole holds up arrives within the two leases after which the protocol takes nothing for possible any more; a dead
 * end lasts longer, and nothing arrives.
 */
const LASTS: Readonly<Partial<Record<WireFault, number>>> = { "black-hole": 1.2, "dead-end": 2.5 };
const LASTS_ELSE = 0.3;

export interface Rhythm {
  readonly leaseMs: number;
  /** Faults stop at once. */
  readonly stop: AbortSignal;
}

export function isGentle(fault: WireFault): boolean {
  return GENTLE.has(fault);
}

export async function strikeWire(
  proxies: readonly TcpProxy[],
  fault: WireFault,
  { leaseMs, stop }: Rhythm,
): Promise<void> {
  for (const proxy of proxies) proxy.set(fault);
  await pause((LASTS[fault] ?? LASTS_ELSE) * leaseMs, stop);
  for (const proxy of proxies) proxy.set(undefined);
}

/** What a server does as a rotation comes to one of its worst moments. */
export async function strikeServer(server: OwnServer, fault: ServerFault, { leaseMs, stop }: Rhythm): Promise<void> {
  if (fault === "restart-fast") return server.restart("fast");
  if (fault === "restart-immediate") return server.restart("immediate");
  if (fault === "disk-full") {
    const free = await server.fillDisk();
    await pause(leaseMs, stop);
    return free();
  }
  await server.setReadOnly(true);
  await pause(leaseMs, stop);
  return server.setReadOnly(false);
}

async function pause(ms: number, stop: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal: stop }).catch(() => undefined);
}
