/** May Velvet write a place again? Only with the value that the ledger knows and the vendor accepts. Pure. */
import type { Liveness } from "../../../adapters/contract.ts";
import { CUSTODY } from "../consumers.ts";
import type { Finding, Kind } from "./kinds.ts";
import { isLoud } from "./kinds.ts";

/** Two writers do not fight for ever: so many corrections of one place in 24 hours, then a person. */
export const CORRECTIONS_A_DAY = 3;

const CORRECTABLE: ReadonlySet<Kind> = new Set<Kind>(["ValueChanged", "ValueRemoved", "RevertedToOld"]);

export interface Correctable {
  readonly mode: "Warn" | "Correct" | "Disabled";
  /** Neither switched off, nor held, nor suspended. */
  readonly mayWrite: boolean;
  readonly findings: readonly Finding[];
  /** The consumer takes no writes: it is switched off, its vendor writes it, or no rotation ever has. */
  readonly isLeftAlone: (place: string) => boolean;
}

/** The places that somebody wants to be put right, by the Credential's mode or by a person. Custody never is one. */
export function placesToCorrect({ mode, mayWrite, findings, isLeftAlone }: Correctable): readonly string[] {
  if (!mayWrite) return [];
  const wanted = findings.filter(
    (finding) => isCorrectable(finding) && (finding.wantedBy !== undefined || (mode === "Correct" && isLoud(finding))),
  );
  return [...new Set(wanted.map(({ place }) => place))].filter((place) => !isLeftAlone(place));
}

export function isCorrectable({ place, kind, state }: Pick<Finding, "place" | "kind" | "state">): boolean {
  return place !== CUSTODY && state === "open" && CORRECTABLE.has(kind);
}

export interface ValueKnown {
  /** What custody, or `readFrom`, holds is what the ledger knows; undefined: it shows no value. */
  readonly isLedgers: boolean | undefined;
  readonly verdict: Liveness | undefined;
}

/** Why the value may not be given to anybody; undefined: it may. */
export function valueRefusal({ isLedgers, verdict }: ValueKnown): string | undefined {
  if (isLedgers === undefined) return "custody shows no value";
  if (!isLedgers) return "custody holds another value than the ledger knows";
  if (verdict === "alive" || verdict === "restricted") return undefined;
  return `the vendor does not say that it is alive (${verdict ?? "no answer"})`;
}

/** A person's word begins the day anew. */
export function isFight(
  corrections: readonly { readonly place: string; readonly wanted: boolean }[],
  { place, wantedBy }: Pick<Finding, "place" | "wantedBy">,
): boolean {
  if (wantedBy !== undefined) return false;
  const own = corrections.filter((each) => each.place === place);
  const byPerson = own.findLastIndex(({ wanted }) => wanted);
  return own.length - (byPerson + 1) >= CORRECTIONS_A_DAY;
}
