/** `velvet ledger accept`: goes on with a ledger that is behind what was published. */
import { hostname } from "node:os";
import { acceptLedger, type GivenUp } from "../checkpoints/accept.ts";
import { givenCheckpointKeys } from "../checkpoint-keys.ts";
import { compare, type Comparison } from "../checkpoints/compare.ts";
import { type Signing, signingNow } from "../checkpoints/keys.ts";
import { writePublished } from "../checkpoints/file.ts";
import { chainHeads, type Checkpoint, publishedText, type Signer, signerOf } from "../checkpoints/statement.ts";
import { type Config, readConfig } from "../config.ts";
import { findKeys } from "../kek.ts";
import { type Db, statement } from "../ledger/db.ts";
import { type HoldView, listHolds } from "../ledger/holds.ts";
import { checkInstall } from "../ledger/install.ts";
import type { CommandContext, ExitCode } from "./command.ts";
import { CommandFailure } from "./failure.ts";
import { whoami } from "./names.ts";
import { printable } from "./output.ts";
import { ofReport, readReport, type Settled, settledIn } from "./ledger-settled.ts";
import { remedyOf } from "./remedy.ts";

export interface LedgerAcceptOptions {
  readonly reason: string;
  /** Default: git's `user.name`, else the account's name. */
  readonly decidedBy?: string;
  readonly ticket?: string;
  /** Digest of the report that was read; default: of the one that there is. */
  readonly report?: string;
  readonly unseen?: boolean;
  /** Seconds. */
  readonly timeout?: string;
  readonly output?: "json";
}

/** What is behind, and what follows (`docs/reference/schemas/ledger.json`). */
interface Report {
  readonly accepted: readonly GivenUp[];
  /** What the ledger was made to say. */
  readonly settled: readonly Settled[];
  /** The ledger's last checkpoint before. */
  readonly ledger?: { readonly size: number; readonly at: string };
  /** What begins or goes on now. */
  readonly starts: readonly Waiting[];
  readonly checkpoint: { readonly size: number; readonly at: string };
  /** Absent where there was none here, or it could not be written: then a controller does it. */
  readonly published?: string;
  readonly reason: string;
  readonly decidedBy: string;
  /** Digest of the report that was accepted. */
  readonly report: string;
  readonly ticket?: string;
}

interface Waiting {
  readonly kind: "request" | "rotation";
  readonly namespace: string;
  readonly name: string;
}

const LIST_WAITING = statement("list_waiting");

export async function ledgerAcceptCommand(
  context: CommandContext,
  options: LedgerAcceptOptions,
  db: Db,
): Promise<ExitCode> {
  const config = readConfig(context.env, context.machine);
  const decidedBy = options.decidedBy ?? (await whoami(context, "--decided-by"));
  const signer = await signerFor(config, db);
  const compared = await compare(db, config.checkpointFile, signer);
  const accepted = givenUp(compared, await listHolds(db), config.checkpointFile);
  const { views, digest } = await readReport(context, options, db);
  const { reason, ticket } = options;
  const acceptance = { reason, decidedBy, report: digest, ...(ticket === undefined ? {} : { ticket }) };
  const signing = signingNow(compared.ledger.keys, signer);
  if (signing === undefined) throw replacedKey();
  const checkpoint = await acceptLedger(db, signing, accepted, acceptance, context.random).catch(ofReport);
  const starts = await db.query<Waiting>(LIST_WAITING);
  const published = compared.found.kind === "text" && (await republish(config.checkpointFile, checkpoint, signing));
  const { size, at } = checkpoint.statement;
  const before = compared.ledger.last?.statement;
  say(context, options, {
    accepted,
    settled: settledIn(views),
    ...(before === undefined ? {} : { ledger: { size: before.size, at: before.at } }),
    starts,
    checkpoint: { size, at },
    ...(published ? { published: config.checkpointFile } : {}),
    ...acceptance,
  });
  return 0;
}

/** The same key as the controller's: a checkpoint by another one would hold it for good. */
async function signerFor(config: Config, db: Db): Promise<Signer> {
  const keys = await findKeys(config);
  if (keys === undefined) {
    throw new CommandFailure({
      happened: "There is no key-encryption key here, so the new checkpoint cannot be signed.",
      stillFine: "Nothing was changed.",
      next: "Run it where the controller runs, with the controller's environment.",
    });
  }
  await checkInstall(db, { id: config.install, environment: config.environment }, keys);
  return signerOf(config.install, keys, await givenCheckpointKeys(config));
}

/** What is found here and what replicas found. Throws where there is nothing to accept, or nothing that acceptance could mend. */
function givenUp({ hold }: Comparison, holds: readonly HoldView[], file: string): GivenUp[] {
  const place = `${hostname()}:${file}`;
  const all = hold === undefined ? holds : [{ place, ...hold }, ...holds.filter((each) => each.place !== place)];
  const hopeless = all.find(({ reason, published }) => !ACCEPTABLE.has(reason) || published.hash === undefined);
  if (hopeless !== undefined) throw notAcceptable(hopeless);
  if (all.length === 0) throw nothingHeld();
  return all.map(({ place, reason, published }) => ({
    place,
    reason,
    published: { ...published, hash: published.hash ?? "" },
  }));
}

function replacedKey(): CommandFailure {
  return new CommandFailure({
    happened: "The key for checkpoints here was replaced by another one, so the new checkpoint cannot be signed.",
    stillFine: "Nothing was changed.",
    next: "Run it with the controller's environment of now: VELVET_CHECKPOINT_KEY.",
  });
}

const ACCEPTABLE: ReadonlySet<string> = new Set(["LedgerRollback", "CheckpointForged"]);

function nothingHeld(): CommandFailure {
  return new CommandFailure({
    happened: "There is nothing to accept: this ledger has everything that was published.",
    stillFine: "Nothing was changed, and rotations go on as before.",
    next: "See `velvet status` for what holds a rotation up, if anything.",
  });
}

function notAcceptable({ reason, message }: Pick<HoldView, "reason" | "message">): CommandFailure {
  return new CommandFailure({
    happened: printable(`This cannot be accepted. ${reason}: ${message}`),
    stillFine: "Nothing was changed, and nothing is started.",
    next: remedyOf(reason) ?? "See `velvet doctor`.",
  });
}

/** Controllers do it as well, at their next look. */
async function republish(file: string, checkpoint: Checkpoint, signer: Signing): Promise<boolean> {
  return writePublished(file, publishedText(checkpoint, signer.key)).then(
    () => true,
    () => false,
  );
}

const LISTED = 20;

function say({ out }: CommandContext, { output }: LedgerAcceptOptions, report: Report): void {
  if (output === "json") return out.json(report);
  for (const given of report.accepted) out.line(printable(givenUpLine(given)));
  const { ledger, checkpoint, decidedBy, starts } = report;
  const own = ledger
    ? `This ledger's last checkpoint was of ${ledger.at}, over ${ledger.size} rows.`
    : "This ledger had no checkpoint.";
  out.line(`${own} The new one is over ${checkpoint.size} rows.`);
  out.line(printable(`Accepted by ${decidedBy}, and recorded in the audit chain. Controllers go on within seconds.`));
  for (const { namespace, name, happened, acts } of report.settled)
    out.line(printable(`${namespace}/${name}: ${happened} (${acts.map((act) => act.do).join(", ")})`));
  if (report.published === undefined) out.note("The new checkpoint was not written here; a controller publishes it.");
  if (starts.length === 0) return;
  out.note(`What begins or goes on now (${starts.length}):`);
  for (const { kind, namespace, name } of starts.slice(0, LISTED))
    out.note(printable(`  ${kind} ${namespace}/${name}`));
  if (starts.length > LISTED) out.note(`  and ${starts.length - LISTED} more: velvet status`);
}

function givenUpLine({ place, reason, published: { size, at, heads = 0 } }: GivenUp): string {
  if (size === undefined) return `${reason}: what ${place} holds, which is no checkpoint, is given up.`;
  return `${reason}: the checkpoint of ${at ?? "an unknown time"} at ${place}, over ${size} audit rows, with ${chainHeads(heads)}, is given up.`;
}
