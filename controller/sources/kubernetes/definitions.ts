/**
 * Whether the API server's definitions of the four kinds are this version's. An older one drops what it does not know: out of a spec in
 * silence, and a status that has it is refused as a whole. So what it lacks is said, and a status is written without it.
 */
import type { Clock } from "../../../adapters/contract.ts";
import type { Kind } from "../../../crds/kinds.gen.ts";
import type { ApiClient } from "../../kubernetes/client.ts";
import { fitted, lackingFields } from "../../kubernetes/schema-fit.ts";
import { readServedSchemas, type ServedSchemas } from "../../kubernetes/served-schemas.ts";
import { createBell } from "../bell.ts";
import { SourceFailure } from "../failure.ts";
import { GROUP, KINDS, kindSchema, VERSION } from "../manifest/schema.ts";

/** What the definitions in force lack, by kind; a kind that lacks nothing is not in it. */
export type Lacking = ReadonlyMap<Kind, readonly string[]>;

export interface Definitions {
  all(): Lacking;
  lacking(kind: Kind): readonly string[];
  /** The status without what the API server would refuse. */
  fitted(kind: Kind, status: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>;
  /** Looks once. Never rejects: where it cannot ask, what was known stays. */
  look(signal: AbortSignal): Promise<void>;
  /** Looks now and then, and soon after `doubt`. */
  run(signal: AbortSignal): Promise<void>;
  /** Something was refused that should not have been. */
  doubt(): void;
}

export interface DefinitionsOptions {
  readonly client: Pick<ApiClient, "send">;
  readonly clock: Pick<Clock, "monotonicMs">;
  /** At first only where something is lacking; then whenever that changes. */
  readonly onChange: (lacking: Lacking) => void;
  readonly everyMs?: number;
}

const EVERY_MS = 30_000;
/** A doubt is looked into at most so often. */
const SOONEST_MS = 2_000;
const SHOWN_FIELDS = 8;

export function openDefinitions(options: DefinitionsOptions): Definitions {
  const { client, clock, onChange, everyMs = EVERY_MS } = options;
  const bell = createBell();
  let served: ServedSchemas | undefined;
  let lacking: Lacking = new Map();
  const look = async (signal: AbortSignal): Promise<void> => {
    const found = await readServedSchemas(client, { group: GROUP, version: VERSION }, served, signal).catch(
      () => served,
    );
    if (found === undefined || found === served) return;
    served = found;
    const before = lacking;
    lacking = lackingIn(found);
    if (told(before) !== told(lacking)) onChange(lacking);
  };
  return {
    look,
    all: () => lacking,
    lacking: (kind) => lacking.get(kind) ?? [],
    fitted: (kind, status) => {
      const shape = lacking.has(kind) ? served?.byKind.get(kind)?.properties?.["status"] : undefined;
      return shape === undefined ? status : (fitted(status, shape) as Readonly<Record<string, unknown>>); // of a record it is one
    },
    doubt: () => bell.ring(),
    run: async (signal) => {
      for (let lookedAt = clock.monotonicMs(); !signal.aborted; lookedAt = clock.monotonicMs()) {
        await bell.wait(everyMs, signal);
        const early = SOONEST_MS - (clock.monotonicMs() - lookedAt);
        if (early > 0) await createBell().wait(early, signal);
        if (!signal.aborted) await look(signal);
      }
    },
  };
}

/** A kind that is not served at all is another trouble, which the watch of it tells. Pure. */
export function lackingIn({ byKind }: ServedSchemas): Lacking {
  return new Map(
    KINDS.flatMap((kind): [Kind, readonly string[]][] => {
      const shape = byKind.get(kind);
      if (shape === undefined) return [];
      const { spec, status } = kindSchema(kind);
      const fields = [
        ...lackingFields(spec, shape.properties?.["spec"], "spec"),
        ...lackingFields(status, shape.properties?.["status"], "status"),
      ];
      return fields.length === 0 ? [] : [[kind, fields]];
    }),
  );
}

/** `Credential: spec.drift, status.retired[].state; RotationRequest: …`. */
export function said(lacking: Lacking): string {
  return [...lacking].map(([kind, fields]) => `${kind}: ${named(fields)}`).join("; ");
}

export function named(fields: readonly string[]): string {
  const more = fields.length - SHOWN_FIELDS;
  return `${fields.slice(0, SHOWN_FIELDS).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

export const OUTDATED = "CrdsOutdated";
export const OUTDATED_REMEDY = "Apply the CRDs of this version, for example with its chart; Velvet notices by itself.";

export function outdated(lacking: Lacking): SourceFailure {
  const message = `The cluster's CRDs are older than this Velvet: what is said in these fields is lost. ${said(lacking)}.`;
  return new SourceFailure(OUTDATED, message, OUTDATED_REMEDY);
}

function told(lacking: Lacking): string {
  return JSON.stringify([...lacking]);
}
