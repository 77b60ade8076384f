/** What the judge looks at: the vendor's truth and history, the ledger's rows, and everything that left the controller. */
import type { VendorFake } from "../vendor/fake.ts";
import type { LedgerRows } from "./ledger.ts";
import type { Entry } from "./told.ts";

export interface Evidence {
  readonly fake: VendorFake;
  readonly ledger: LedgerRows;
  /** False: the story is not over, and only what holds at every instant is judged. Default: true, faults have stopped and all was given its time. */
  readonly quiet?: boolean;
  /** Where time is now, in milliseconds since 1970: tells which tombstones are overdue. */
  readonly now?: number;
  /** Everything that left the controller: logs, status, HTTP answers, metrics, arguments, git. */
  readonly outputs?: readonly { readonly where: string; readonly text: string }[];
  /** What the install's chain says of this credential, where that chain is judged elsewhere. Absent: what stands in it here. */
  readonly ofInstall?: readonly Entry[];
  /** It was told by real clocks: on a busy machine a call may have had no answer in time, whatever the vendor's history says. */
  readonly inRealTime?: boolean;
  /** Noes of people, by what the ledger had written when they stood in it: their order needs no clock. */
  readonly stops?: readonly Stop[];
  /** Outages that a story brings about on purpose, each with its reason. */
  readonly exceptions?: readonly OutageException[];
}

export interface Stop {
  /** The id of the rotation. */
  readonly rotation: string;
  /** The name of the Abort or the Deny. */
  readonly decision: string;
  /** The last number of the rotation's chain that may have been written before it. */
  readonly written: number;
}

export interface OutageException {
  /** Absent: every consumer. */
  readonly consumer?: string;
  /** How the deed begins that brought it about. Absent: every deed. */
  readonly deed?: string;
  /** The moment at which it came about. Absent: any. */
  readonly at?: number;
  readonly because: string;
}

export const CUSTODY = "";

/** Vendor and ledger tell the time by two clocks of one machine. */
export const SKEW_MS = 50;

/** As old as the answer took that told it is what a replica knows of the ledger's time: on a slow wire that is long. */
const SLOWEST_ANSWER_MS = 1_000;

/** By so much an entry may be dated before the vendor's deed that it followed. */
export function behindMs({ inRealTime = false }: Pick<Evidence, "inRealTime">): number {
  return inRealTime ? SLOWEST_ANSWER_MS : SKEW_MS;
}
