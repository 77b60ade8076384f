/** Who owns what an account's vendor has with this install's marker, whatever Credential it was minted for. Pure. */
import type { IssuedKey, KeyId } from "../../adapters/contract.ts";
import { attemptIn, isOurInstall } from "./drift/vendor.ts";
import type { Condition } from "./status.ts";
import type { Instant } from "./world.ts";

/** What the ledger says of one id or marker. */
export interface Ownership {
  /** The vendor's id, or null where only the marker leads to it. */
  readonly id: KeyId | null;
  readonly attempt: string | null;
  /**
   * `current`: in use. `retired`: an old one that lives on. `open`: of a rotation under way. `watched`: a tombstone looks for it. `ended`: was
   * ended, says the ledger. `spent`: of a mint whose rotation is over, and that nobody was given. `left`: of a rotation that is over, and what
   * became of it is not known for certain.
   */
  readonly owner: "current" | "retired" | "open" | "watched" | "ended" | "spent" | "left";
  readonly namespace: string;
  readonly name: string;
}

/** Why nobody owns it. `Orphan`: Velvet may end it. The others are for a person. */
export type Unowned = "Orphan" | "StillAlive" | "LeftBehind" | "UnknownMarker";

export interface Unaccounted {
  readonly id: KeyId;
  readonly why: Unowned;
  readonly attempt?: string;
  /** Of which Credential, where the ledger or its marker tells. */
  readonly credential?: string;
  /** The uid in its marker, which this ledger may not know. */
  readonly uid?: string;
  readonly createdAt?: string;
}

/** What became of everything at one account's vendor. */
export interface Counts {
  readonly current: number;
  readonly retired: number;
  readonly open: number;
  readonly watched: number;
  readonly disabled: number;
  /** With another install's marker, or none: never touched. */
  readonly others: number;
}

export interface Accounting {
  readonly found: readonly Unaccounted[];
  readonly counts: Counts;
}

type Judged = Unaccounted | keyof Counts;

export function account(install: string, keys: readonly IssuedKey[], owners: readonly Ownership[]): Accounting {
  const judged = keys.map((key) => judge(install, key, owners));
  const counted = (what: keyof Counts): number => judged.filter((each) => each === what).length;
  return {
    found: judged.flatMap((each) => (typeof each === "string" ? [] : [each])),
    counts: {
      current: counted("current"),
      retired: counted("retired"),
      open: counted("open"),
      watched: counted("watched"),
      disabled: counted("disabled"),
      others: counted("others"),
    },
  };
}

/** By its id first: what custody's value led to has an owner, whatever its marker says. */
const ORDER: readonly Ownership["owner"][] = ["current", "retired", "open", "watched", "ended", "spent", "left"];

function judge(install: string, key: IssuedKey, owners: readonly Ownership[]): Judged {
  const marked = key.marker !== undefined && isOurInstall({ install }, key.marker) ? attemptIn(key) : undefined;
  const mine = owners.filter(({ id, attempt }) => id === key.id || (marked !== undefined && attempt === marked));
  const owner = ORDER.map((kind) => mine.find((each) => each.owner === kind)).find((each) => each !== undefined);
  if (owner === undefined) return marked === undefined ? "others" : unknown(key, marked);
  const why = WHY[owner.owner];
  if (why === undefined) return owner.owner as keyof Counts;
  return key.enabled ? unaccounted(key, why, owner) : "disabled";
}

const WHY: Partial<Record<Ownership["owner"], Unowned>> = { ended: "StillAlive", spent: "Orphan", left: "LeftBehind" };

function unaccounted({ id, createdAt }: IssuedKey, why: Unowned, { attempt, namespace, name }: Ownership): Unaccounted {
  return {
    id,
    why,
    credential: `${namespace}/${name}`,
    ...(attempt === null ? {} : { attempt }),
    ...(createdAt === undefined ? {} : { createdAt }),
  };
}

const UID = /^velvet\/[^/]+\/([0-9a-f-]{36})\//;

/** The ledger may have been restored, and this be in use: never ended by Velvet. */
function unknown({ id, enabled, marker = "", createdAt }: IssuedKey, attempt: string): Judged {
  if (!enabled) return "disabled";
  const uid = UID.exec(marker)?.[1];
  return {
    id,
    why: "UnknownMarker",
    attempt,
    ...(uid === undefined ? {} : { uid }),
    ...(createdAt === undefined ? {} : { createdAt }),
  };
}

/** How the last sweep of an account went. */
export interface SweepTold {
  readonly found: readonly Unaccounted[];
  readonly facts: SweepFacts;
  readonly sweptAt: Instant | null;
  readonly changedAt: Instant;
}

export interface SweepFacts {
  /** Issuers of Credentials that were listed. */
  readonly listed?: number;
  /** Issuers whose vendor shows no marker, or lists nothing: nothing of theirs can be told apart. */
  readonly unmarked?: number;
  readonly unlisted?: readonly { readonly credential: string; readonly reason: string; readonly message: string }[];
  readonly counts?: Counts;
}

const SAID: Readonly<Record<Unowned, string>> = {
  Orphan: "was minted by a rotation that is over, and nobody was given it: Velvet ends it",
  StillAlive: "was ended, says the ledger, and lives",
  LeftBehind: "was minted by a rotation that is over, and what became of it is not certain",
  UnknownMarker: "has this install's marker, and the ledger does not know it",
};

export function unaccountedText({ id, why, credential }: Unaccounted): string {
  return `${id} ${SAID[why]}${credential === undefined ? "" : ` (${credential})`}.`;
}

const MOST_TOLD = 8;

/** The account's condition `Drifted`. */
export function sweepCondition({ found, facts, sweptAt, changedAt }: SweepTold): Condition {
  const condition = (said: Pick<Condition, "status" | "reason" | "message">): Condition => {
    return { type: "Drifted", ...said, lastTransitionTime: changedAt };
  };
  if (found.length > 0) {
    const more = found.length > MOST_TOLD ? ` And ${found.length - MOST_TOLD} more.` : "";
    const message = found.slice(0, MOST_TOLD).map(unaccountedText).join(" ") + more;
    return condition({ status: "True", reason: "Unaccounted", message });
  }
  if (sweptAt === null) return condition({ status: "Unknown", reason: "NotSwept", message: "Nobody has looked yet." });
  const { unlisted = [] } = facts;
  const [first] = unlisted;
  if (first === undefined) return condition({ status: "False", reason: "AllAccounted", message: "" });
  const others = unlisted.length > 1 ? `, and ${unlisted.length - 1} more` : "";
  const message = `${first.credential} (${first.reason})${others} could not be listed.`;
  return condition({ status: "Unknown", reason: "NotListed", message });
}
