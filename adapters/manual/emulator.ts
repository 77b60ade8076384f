/** What the emulated vendors have in common: people who make and end credentials on pages that no program can reach. */
import type { Emulator, EmulatorOptions } from "../emulator/emulator.ts";
import { openEmulator } from "../emulator/emulator.ts";

export interface HandEmulator extends Emulator {
  /** A person makes one, as the vendor's pages let them. */
  make(): string;
  /** A person ends one. */
  end(value: string): void;
  isAccepted(value: string): boolean;
}

/** Credentials of one vendor: which there are, and since when each is taken. */
export class Hand {
  readonly #from = new Map<string, number>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  get size(): number {
    return this.#from.size;
  }

  add(value: string, delayMs = 0): string {
    this.#from.set(value, this.#now() + delayMs);
    return value;
  }

  end(value: string): void {
    this.#from.delete(value);
  }

  endAll(): void {
    this.#from.clear();
  }

  takes(value: string | undefined): boolean {
    const from = this.#from.get(value ?? "");
    return from !== undefined && from <= this.#now();
  }
}

export interface HandOptions {
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

export async function openHand(
  hand: Hand,
  make: () => string,
  options: Pick<EmulatorOptions, "routes" | "unknown" | "now">,
): Promise<HandEmulator> {
  const emulator = await openEmulator(options);
  return { ...emulator, make, end: (value) => hand.end(value), isAccepted: (value) => hand.takes(value) };
}

export function headerOf(headers: Readonly<Record<string, string | string[] | undefined>>, name: string): string {
  const value = headers[name];
  return Array.isArray(value) ? (value[0] ?? "") : (value ?? "");
}

export function memberOf(json: unknown, name: string): unknown {
  return typeof json === "object" && json !== null
    ? Object.entries(json).find(([key]) => key === name)?.[1]
    : undefined;
}
