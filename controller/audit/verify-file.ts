/**
 * Verifies an exported record alone, without any database: chains, what people said beside them, and checkpoints with their signatures.
 * Memory: an entry for each person, each erased text and each checkpoint.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { ChainWalk, type Fault as ChainFault } from "./chain.ts";
import { CheckpointWalk, headFault, type HeadFault, readPublished, type StoredHead } from "./checkpoint.ts";
import type { ChainLine, CheckpointLine, HeaderLine, RowLine, SealLine } from "./export-format.ts";
import { type ExportLine, lineOf, linesIn, UnreadableExport } from "./export-lines.ts";
import { leafText, Tree } from "./tree.ts";
import type { CheckpointReport, Trusted } from "./verify-checkpoints.ts";
import { type AuditReport, together } from "./verify.ts";
import { WordsCheck } from "./words.ts";

export interface FileReport extends AuditReport {
  /** What the file is of. */
  readonly export: Pick<HeaderLine, "install" | "at" | "since" | "until">;
}

/** Throws `UnreadableExport` where the file is none, or was cut off or changed on its way, and what the file system throws. */
export async function verifyFile(path: string, trusted: Trusted = {}): Promise<FileReport> {
  const input = createReadStream(path, "utf8");
  const hash = createHash("sha256");
  let walk: FileWalk | undefined;
  let count = 0;
  let ended = false;
  try {
    for await (const text of linesIn(input)) {
      if (ended) throw new UnreadableExport("something stands after its last line");
      const line = lineOf(text, count + 1);
      if (walk === undefined) walk = FileWalk.begin(line, trusted);
      else if ("end" in line) ended = isEnd(line.end, count, hash.digest("hex"));
      else walk.next(line);
      if (!ended) hash.update(text).update("\n");
      count++;
    }
  } finally {
    input.destroy();
  }
  if (walk === undefined) throw new UnreadableExport("it is empty");
  if (!ended) throw new UnreadableExport("it was cut off: its last line is missing");
  return walk.end();
}

function isEnd(end: { readonly lines: number; readonly sha256: string }, lines: number, sha256: string): true {
  if (end.lines !== lines || end.sha256 !== sha256)
    throw new UnreadableExport("its last line does not fit the lines before: the file was changed or lost a part");
  return true;
}

class FileWalk {
  readonly #header: HeaderLine;
  readonly #trusted: Trusted;
  readonly #words = new WordsCheck();
  readonly #checkpoints: CheckpointWalk;
  readonly #keys: Set<string>;
  readonly #trees = new Map<number, Tree>();
  readonly #faults: ChainFault[] = [];
  readonly #heads = new Map<string, HeadFault>();
  readonly #published: PublishedLook;
  /** Hashes of checkpoints. */
  readonly #seen = new Set<string>();
  #line: ChainLine | undefined;
  #walk: ChainWalk | undefined;
  #last: { readonly row: number; readonly hash: string } | undefined;
  #seals: SealLine[] = [];
  #rows = 0;
  #chains = 0;

  private constructor(header: HeaderLine, trusted: Trusted) {
    this.#header = header;
    this.#trusted = trusted;
    const key = trusted.publicKey ?? header.key ?? "";
    this.#keys = new Set([key]);
    this.#checkpoints = new CheckpointWalk(key, header.install, header.since === undefined);
    this.#published = new PublishedLook(trusted.published);
  }

  static begin(line: ExportLine, trusted: Trusted): FileWalk {
    if (!("audit" in line)) throw new UnreadableExport("its first line does not say that it is a record of Velvet's");
    return new FileWalk(line, trusted);
  }

  next(line: ExportLine): void {
    if ("actor" in line) this.#words.actor(line.actor);
    else if ("chain" in line) this.#begin(line);
    else if ("seal" in line) this.#seals.push(line);
    else if ("row" in line) this.#row(line);
    else if ("checkpoint" in line) this.#checkpoint(line);
    else throw new UnreadableExport("a line stands where it does not belong");
  }

  end(): FileReport {
    this.#finish();
    const walked = this.#checkpoints.end();
    const key = this.#trusted.publicKey ?? this.#header.key;
    const { report, faults } = this.#published.end([...this.#keys], this.#header.install);
    const checkpoints: CheckpointReport = {
      count: walked.count,
      ...(key === undefined ? {} : { key }),
      ...(key === undefined || walked.key === key ? {} : { keyNow: walked.key }),
      ...(walked.last ? { last: walked.last } : {}),
      ...(report ? { published: report } : {}),
    };
    const { install, at, since, until } = this.#header;
    const words = this.#words.end(since === undefined && until === undefined);
    const all = together(this.#faults, words, [...this.#heads.values(), ...walked.faults, ...faults]);
    const of = { install, at, ...(since === undefined ? {} : { since }), ...(until === undefined ? {} : { until }) };
    return { ok: all.length === 0, chains: this.#chains, rows: this.#rows, faults: all, checkpoints, export: of };
  }

  #begin(line: ChainLine): void {
    this.#finish();
    this.#line = line;
    this.#last = undefined;
    if (line.head === undefined) return;
    this.#chains++;
    const after = line.after && { seq: line.after.seq, hash: Buffer.from(line.after.hash, "hex") };
    const head = line.head === null ? undefined : { seq: line.head.seq, hash: Buffer.from(line.head.hash, "hex") };
    this.#walk = new ChainWalk(line.chain, head, after);
  }

  #row({ row, canonical, base64, hash, words = [] }: RowLine): void {
    if (this.#line === undefined) throw new UnreadableExport("a row belongs to no chain");
    const bytes = canonical === undefined ? Buffer.from(base64 ?? "", "base64") : Buffer.from(canonical, "utf8");
    const members = this.#walk?.next({ seq: row, canonical: bytes, hash: Buffer.from(hash, "hex") });
    if (members !== undefined) this.#words.row(this.#line.chain, row, members, words);
    this.#judgeSeals();
    this.#last = { row, hash };
    this.#rows++;
  }

  /** A seal comes after its row: what stands before the next row is looked at then. */
  #judgeSeals(): void {
    for (const { seal, row, hash } of this.#seals.splice(0)) {
      const chain = this.#line?.chain ?? "";
      const tree = this.#trees.get(seal) ?? new Tree();
      this.#trees.set(seal, tree);
      const bytes = Buffer.from(hash, "hex");
      tree.add(leafText(chain, row, bytes));
      if (this.#isHere(row) && !this.#heads.has(chain)) this.#judgeHead({ size: seal, chain, seq: row, hash: bytes });
    }
  }

  #judgeHead(head: Pick<StoredHead, "size" | "chain" | "seq" | "hash">): void {
    const { row: last = 0, hash = "" } = this.#last ?? {};
    const own = last === head.seq ? { row: Buffer.from(hash, "hex") } : {};
    const fault = headFault({ ...head, last, ...own });
    if (fault !== undefined) this.#heads.set(head.chain, fault);
  }

  /** Of a period there are rows that checkpoints saw, and that are not in the file. */
  #isHere(row: number): boolean {
    if (this.#line?.head === undefined || row <= (this.#line.after?.seq ?? 0)) return false;
    return !(this.#line.chain === "install" && this.#header.until !== undefined && row > (this.#last?.row ?? 0));
  }

  #checkpoint({ checkpoint: size, canonical, signature, handover }: CheckpointLine): void {
    this.#finish();
    const stored = { size, canonical: Buffer.from(canonical, "utf8"), signature: Buffer.from(signature, "base64") };
    if (handover) this.#checkpoints.handOver(stored);
    else this.#checkpoints.next({ ...stored, follows: this.#seen.has(previousOf(canonical)) }, this.#trees.get(size));
    this.#seen.add(createHash("sha256").update(stored.canonical).digest("hex"));
    this.#trees.delete(size);
    this.#keys.add(this.#checkpoints.key);
    this.#published.look(canonical);
  }

  #finish(): void {
    this.#judgeSeals();
    const cut = this.#line?.chain === "install" && this.#header.until !== undefined;
    const fault = cut ? this.#walk?.faultSoFar : this.#walk?.end();
    if (fault !== undefined) this.#faults.push(fault);
    this.#walk = undefined;
    this.#line = undefined;
  }
}

function previousOf(canonical: string): string {
  return /"previous":"([0-9a-f]*)"/.exec(canonical)?.[1] ?? "";
}

/** Whether the checkpoint that was published is among those of the file. */
class PublishedLook {
  readonly #text: string | undefined;
  readonly #wanted: string | undefined;
  #found: "yes" | "given up" | "no" = "no";

  constructor(text: string | undefined) {
    this.#text = text;
    this.#wanted = text === undefined ? undefined : hashIn(text);
  }

  look(canonical: string): void {
    if (this.#wanted === undefined) return;
    if (createHash("sha256").update(canonical, "utf8").digest("hex") === this.#wanted) this.#found = "yes";
    else if (canonical.includes(this.#wanted) && canonical.includes('"replaces"') && this.#found === "no")
      this.#found = "given up";
  }

  end(keys: readonly string[], install: string): Published {
    if (this.#text === undefined) return { faults: [] };
    const fault = (seq: number, kind: "CheckpointForged" | "CheckpointMissing", message: string) => [
      { chain: "checkpoint", seq, kind, message },
    ];
    if (this.#wanted === undefined)
      return { faults: fault(0, "CheckpointForged", "the published file holds no checkpoint") };
    const { size, at, ours } = readPublished(this.#text, keys, install);
    if (!ours)
      return {
        faults: fault(size, "CheckpointForged", "the published file is not signed by this install's key for it"),
      };
    const report = { size, at, found: this.#found };
    if (this.#found !== "no") return { report, faults: [] };
    return { report, faults: fault(size, "CheckpointMissing", `the published checkpoint of ${at} is not in the file`) };
  }
}

interface Published {
  readonly report?: NonNullable<CheckpointReport["published"]>;
  readonly faults: ReturnType<CheckpointWalk["end"]>["faults"];
}

function hashIn(text: string): string | undefined {
  try {
    return Buffer.from(readPublished(text, [], "").hash).toString("hex");
  } catch {
    return undefined;
  }
}
