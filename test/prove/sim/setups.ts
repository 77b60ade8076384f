/** The vendors and consumers that stories are told with: every mint class, and between them every sort of sink. */
import type { ConsumerSetup, Setup } from "../api.ts";

const ONE_CAS: readonly ConsumerSetup[] = [{ id: "app", sink: "cas" }];
const ONE_READABLE: readonly ConsumerSetup[] = [{ id: "app", sink: "readable" }];
const ONE_BLIND: readonly ConsumerSetup[] = [{ id: "app", sink: "write-only", check: "http" }];

/** Waves, and places that cannot be read. */
const BLIND: readonly ConsumerSetup[] = [
  { id: "app", sink: "cas" },
  { id: "edge", sink: "write-only", check: "http" },
  { id: "ci", sink: "versioned", check: "http", wave: 1 },
];

/** Places whose writes take their time. */
const SLOW: readonly ConsumerSetup[] = [
  { id: "app", sink: "readable" },
  { id: "web", sink: "settling" },
  { id: "vault", sink: "approval", wave: 1 },
];

/** No vendor knows the value: who accepts it keeps the old one beside the new. */
const ACCEPTORS: readonly ConsumerSetup[] = [
  { id: "server", sink: "cas", role: "acceptor", twoSlots: true },
  { id: "app", sink: "readable" },
  { id: "worker", sink: "write-only", check: "http", wave: 1 },
];

const named = (setup: Omit<Setup, "consumers">, consumers: readonly ConsumerSetup[]): Setup => ({
  ...setup,
  consumers,
});

const RE_READABLE = { mintClass: "re-readable" } as const;
const MARKABLE = { mintClass: "markable", listLagMs: 20_000 } as const;
const UNMARKED = { mintClass: "unmarked", exclusive: true, maxLive: 2 } as const;
const GRACE_LAST = { mintClass: "native-grace", graceKeeps: "last", revocation: "immediate" } as const;
const GRACE_ALL = { mintClass: "native-grace", graceKeeps: "all", revocation: "immediate" } as const;
const ROLL = { mintClass: "roll-in-place", strategy: "Replace", revocation: "immediate" } as const;
const DISTRIBUTED = { mintClass: "vendor-distributed", revocation: "immediate" } as const;
const MANUAL = { mintClass: "manual", revocation: "manual" } as const;

export const SETUPS: Readonly<Record<string, Setup>> = {
  "client-supplied/1xcas": named({ mintClass: "client-supplied" }, ONE_CAS),
  "client-supplied/3xblind": named({ mintClass: "client-supplied", propagationMs: 5_000 }, BLIND),
  "acceptors/1xslots": named({ mintClass: "client-supplied", authority: "acceptors" }, ACCEPTORS.slice(0, 1)),
  "acceptors/3xmixed": named({ mintClass: "client-supplied", authority: "acceptors" }, ACCEPTORS),
  "re-readable/1xreadable": named(RE_READABLE, ONE_READABLE),
  "re-readable/3xslow": named({ ...RE_READABLE, revocation: "immediate" }, SLOW),
  "markable/1xcas": named(MARKABLE, ONE_CAS),
  "markable/3xblind": named({ ...MARKABLE, propagationMs: 5_000 }, BLIND),
  "unmarked/1xblind": named({ ...UNMARKED, fields: ["id", "secret"] }, ONE_BLIND),
  "unmarked/3xslow": named({ ...UNMARKED, revocation: "immediate" }, SLOW),
  "native-grace-last/1xcas": named(GRACE_LAST, ONE_CAS),
  "native-grace-last/3xblind": named(GRACE_LAST, BLIND),
  "native-grace-all/1xreadable": named(GRACE_ALL, ONE_READABLE),
  "native-grace-all/3xslow": named(GRACE_ALL, SLOW),
  "roll-in-place/1xcas": named(ROLL, ONE_CAS),
  "roll-in-place/3xblind": named(ROLL, BLIND),
  "vendor-distributed/1xreadable": named(DISTRIBUTED, ONE_READABLE),
  "vendor-distributed/3xslow": named(DISTRIBUTED, SLOW),
  "manual/1xcas": named(MANUAL, ONE_CAS),
  "manual/3xblind": named(MANUAL, BLIND),
  "manual-seen/1xcas": named({ ...MANUAL, detects: true, propagationMs: 5_000 }, ONE_CAS),
  "hand-revoked/1xcas": named({ mintClass: "client-supplied", revocation: "manual" }, ONE_CAS),
  "manual-shown/1xcas": named({ mintClass: "manual", revocation: "immediate", revokeNeeds: "value" }, ONE_CAS),
};

export function setupOf(name: string): Setup {
  const setup = SETUPS[name];
  if (!setup) throw new Error(`there is no setup ${name}; there are: ${Object.keys(SETUPS).join(", ")}`);
  return setup;
}
