/** How Credentials stand between rotations, for people. */
import type { Finding } from "../domain/drift/kinds.ts";
import type { PlaceMemory } from "../domain/drift/memory.ts";
import type { Instant } from "../domain/world.ts";
import type { Db } from "./db.ts";
import { statement } from "./db.ts";
import type { PutOff } from "./drift.ts";

export interface DriftView {
  readonly namespace: string;
  readonly name: string;
  readonly mode: "Warn" | "Correct" | "Disabled" | null;
  readonly state: "unchecked" | "clean" | "drifted" | "disabled";
  readonly postponed: PutOff | null;
  readonly checkedAt: Instant | null;
  readonly nextCheckAt: Instant | null;
  readonly changedAt: Instant;
  /** By consumer id; custody is ''. */
  readonly places: Readonly<Record<string, PlaceMemory>>;
  readonly findings: readonly Finding[];
}

const LIST = statement("list_drift");

/** Of these, or of all; a Credential that no rotation has begun for is not among them. */
export async function listDrift(
  db: Db,
  of: readonly { readonly namespace: string; readonly name: string }[] | undefined,
  onlyOpen = false,
): Promise<DriftView[]> {
  if (of?.length === 0) return [];
  const names = of === undefined ? [null, null] : [of.map(({ namespace }) => namespace), of.map(({ name }) => name)];
  return db.query<DriftView>(LIST, [...names, onlyOpen]);
}
