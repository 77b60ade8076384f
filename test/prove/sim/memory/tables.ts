/** The ledger's tables, and what time it is there. */
import { createHash } from "node:crypto";
import type {
  SourceRow,
  ProblemRow,
  ObjectRow,
  CredentialRow,
  RequestRow,
  RotationRow,
  ConsumerRow,
  AttemptRow,
  EffectRow,
  RetiredRow,
  TombstoneRow,
  DecisionRow,
  AuditRow,
  ActorRow,
  WordsRow,
  HeadRow,
  OutboxRow,
  DriftCheckRow,
  HeldRow,
  FindingRow,
  CorrectionRow,
  SharedPrintRow,
} from "./columns.ts";
import { Journal, Table } from "./table.ts";
import type { Moment } from "./values.ts";

export const INSTALL_CHAIN = "install";

export class Tables {
  readonly journal = new Journal();
  readonly source = new Table<SourceRow>(this.journal);
  readonly problem = new Table<ProblemRow>(this.journal);
  readonly object = new Table<ObjectRow>(this.journal);
  readonly credential = new Table<CredentialRow>(this.journal);
  readonly request = new Table<RequestRow>(this.journal);
  readonly rotation = new Table<RotationRow>(this.journal);
  readonly consumer = new Table<ConsumerRow>(this.journal);
  readonly attempt = new Table<AttemptRow>(this.journal);
  readonly effect = new Table<EffectRow>(this.journal);
  readonly retired = new Table<RetiredRow>(this.journal);
  readonly tombstone = new Table<TombstoneRow>(this.journal);
  readonly decision = new Table<DecisionRow>(this.journal);
  readonly audit = new Table<AuditRow>(this.journal);
  readonly words = new Table<WordsRow>(this.journal);
  readonly actor = new Table<ActorRow>(this.journal);
  readonly outbox = new Table<OutboxRow>(this.journal);
  readonly drift_check = new Table<DriftCheckRow>(this.journal);
  readonly held = new Table<HeldRow>(this.journal);
  readonly finding = new Table<FindingRow>(this.journal);
  readonly correction = new Table<CorrectionRow>(this.journal);
  readonly shared_print = new Table<SharedPrintRow>(this.journal);
  readonly head = new Table<HeadRow>(this.journal);
  /** What time the server's statement or transaction has. */
  now: Moment = 0;
  #prefix = "";
  #ids = 0;

  /** Nothing is left of earlier tellings, and the uuids are counted from 1. */
  begin(prefix: string): void {
    for (const table of Object.values(this)) if (table instanceof Table) table.empty();
    this.journal.commit();
    this.#prefix = prefix;
    this.#ids = 0;
    this.head.put(INSTALL_CHAIN, { seq: 0, hash: "" });
    const looked = { cursor: null, baseline: true, ready: false, reason: "NotSynced", message: "" };
    this.source.put(prefix, { name: prefix, ...looked });
  }

  /** As of a sequence: what a rollback took back is not given again. */
  uuid(): string {
    this.#ids += 1;
    return this.#prefix + uuidRest(this.#ids);
  }
}

const RESTS: string[] = [];

/** The same for every telling. */
function uuidRest(number: number): string {
  const known = RESTS[number];
  if (known !== undefined) return known;
  const hex = createHash("md5").update(String(number)).digest("hex");
  const rest = `-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  RESTS[number] = rest;
  return rest;
}

/** A statement: what it gives back, in the driver's own types. */
export type Run = (tables: Tables, values: readonly unknown[]) => readonly object[];
export type Statements = Readonly<Record<string, Run>>;
