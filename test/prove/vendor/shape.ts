/** What follows from a setup alone: fields, key names, traits. Pure. */
import type { IssuerTraits, MintClass, SinkTraits } from "../../../adapters/contract.ts";
import type { ConsumerSetup, Setup, SinkKind } from "../api.ts";

export const CUSTODY = "custody";

/** Fields that are no secret by themselves: a key's id, a role's name. */
const PUBLIC = new Set(["id", "user"]);

export function fieldsOf(setup: Setup): readonly string[] {
  return setup.fields ?? ["value"];
}

export function isPublic(field: string): boolean {
  return PUBLIC.has(field);
}

/** Under which name a field is written. */
export function nameOf(field: string): string {
  return field === "value" ? "TOKEN" : `TOKEN_${field.toUpperCase()}`;
}

export function previousNameOf(field: string): string {
  return `${nameOf(field)}_PREVIOUS`;
}

/** A rehearsal's place beside a consumer's. */
export function slotPath(id: string): string {
  return `${id}.test`;
}

export function isSlotPath(path: string): boolean {
  return path.endsWith(".test");
}

/** The consumer's whose place or test slot it is. */
export function ownerOf(path: string): string {
  return isSlotPath(path) ? path.slice(0, -".test".length) : path;
}

export const SLOT_SUFFIX = "_TEST";

export function isAcceptor(consumer: ConsumerSetup): boolean {
  return consumer.role === "acceptor" || consumer.role === "both";
}

export function isCaller(consumer: ConsumerSetup): boolean {
  return consumer.role !== "acceptor";
}

/** Vault, Heroku and SSM show the value; GitHub only a date, Workers only names. The last two take one key in each request. */
const SINKS: Readonly<Record<SinkKind, SinkTraits>> = {
  cas: { grade: "value", atomic: true, conditional: true, freeKeys: true },
  readable: { grade: "value", atomic: true, conditional: false, freeKeys: true },
  versioned: { grade: "version", atomic: false, conditional: false, freeKeys: true },
  "write-only": { grade: "presence", atomic: false, conditional: false, freeKeys: true },
  settling: { grade: "value", atomic: true, conditional: false, freeKeys: true },
  approval: { grade: "value", atomic: true, conditional: false },
};

export function sinkTraitsOf(kind: SinkKind): SinkTraits {
  return SINKS[kind];
}

export function custodyKind(setup: Setup): SinkKind {
  return setup.custody ?? "cas";
}

export function kindOf(setup: Setup, target: string): SinkKind {
  if (target === CUSTODY) return custodyKind(setup);
  return setup.consumers.find((consumer) => consumer.id === ownerOf(target))?.sink ?? "readable";
}

const REVOCATION: Readonly<Record<MintClass, IssuerTraits["revocation"]>> = {
  "client-supplied": "quarantine",
  "re-readable": "immediate",
  markable: "quarantine",
  unmarked: "quarantine",
  "native-grace": "immediate",
  "roll-in-place": "immediate",
  "vendor-distributed": "immediate",
  manual: "manual",
};

export function revocationOf(setup: Setup): IssuerTraits["revocation"] {
  if (setup.authority === "acceptors") return setup.revocation ?? "immediate";
  return setup.revocation ?? REVOCATION[setup.mintClass];
}

/** IAM allows two keys, disabled ones included. */
export function maxLiveOf(setup: Setup): number | undefined {
  return setup.maxLive ?? (setup.mintClass === "unmarked" ? 2 : undefined);
}

export function issuerTraitsOf(setup: Setup): IssuerTraits {
  const fields = fieldsOf(setup);
  const acceptors = setup.authority === "acceptors";
  const maxLive = maxLiveOf(setup);
  return {
    mintClass: setup.mintClass,
    fields,
    publicFields: fields.filter(isPublic),
    breaksWhenMixed: fields.length > 1,
    authority: setup.authority ?? "vendor",
    negativeControl: !acceptors,
    // Twice the delay, as an adapter declares a limit and not what it happens to be.
    propagation: { windowMs: acceptors ? 0 : 2 * (setup.propagationMs ?? 0) + 10_000, everyMs: 500 },
    revocation: revocationOf(setup),
    ...(setup.detects ? { detects: true } : {}),
    ...(maxLive === undefined ? {} : { maxLive }),
    ...(setup.revokeNeeds === undefined ? {} : { revokeNeeds: setup.revokeNeeds }),
    ...(setup.mintClass === "native-grace" ? { graceKeeps: setup.graceKeeps ?? "last" } : {}),
  };
}
