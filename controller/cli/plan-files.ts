/** A plan from files alone, without a ledger: what they would do to an install that knows nothing of them yet. */
import { readFile } from "node:fs/promises";
import type { CredentialSpec, RotationRequestSpec, VendorAccountSpec } from "../../crds/kinds.gen.ts";
import { readConfig } from "../config.ts";
import type { AdmissionContext } from "../domain/candidate.ts";
import { later } from "../domain/duration.ts";
import type { Neighbour } from "../domain/rehearsal-places.ts";
import type { Instant, Snapshot } from "../domain/world.ts";
import { type ParsedDocument, readManifests } from "../sources/manifest/read.ts";
import type { CommandContext, ExitCode } from "./command.ts";
import { registryOf } from "./command.ts";
import { CommandFailure, misuse } from "./failure.ts";
import { namedBy } from "./names.ts";
import { printable } from "./output.ts";
import { asIfNow, type PlanOptions, printPlan } from "./plan.ts";
import { plannedItem, type Wanted } from "./plan-item.ts";
import { validatePaths } from "./validate.ts";

const WEEK_MS = 7 * 86_400_000;
const NOWHERE = "default";
const UID = "00000000-0000-0000-0000-000000000000";

/** `velvet plan --file`. Nothing is known of what is live at a vendor, of other rotations, or of retired ids. */
export async function planFilesCommand(
  context: CommandContext,
  text: string | undefined,
  paths: readonly string[],
  options: PlanOptions,
): Promise<ExitCode> {
  const documents = await readDocuments(context, paths);
  const now = context.clock.now().toISOString();
  const wanted = wantedFrom(documents, options.namespace ?? NOWHERE, now).filter(isNamed(text, options.namespace));
  if (wanted.length === 0) {
    throw misuse(
      text === undefined
        ? "These files hold no Credential."
        : `These files hold no request and no Credential ${printable(text)}.`,
      "Name files or folders that hold the Credential, its requests and the VendorAccounts of the platform.",
    );
  }
  const registry = await registryOf(context);
  const neighbours = neighboursIn(documents, options.namespace ?? NOWHERE);
  const { environment, rotation } = readConfig(context.env, context.machine);
  const given = (context.env["VELVET_ENV"] ?? "") !== "";
  const items = wanted.map((each) => {
    // Nobody said which environment the controller is of: the Credential's own, then.
    const own = given ? environment : (each.found?.spec.environment ?? environment);
    const admission: AdmissionContext = { environment: own, rotationOn: rotation === "on", registry, neighbours };
    return plannedItem(each, admission, now);
  });
  if (options.output !== "json") {
    context.out.note("Planned from files alone: what is live at a vendor, or rotates already, is not known here.");
  }
  return printPlan(context, items, options);
}

/** Throws `CommandFailure` where a manifest is refused. */
async function readDocuments(context: CommandContext, paths: readonly string[]): Promise<ParsedDocument[]> {
  const { documents, problems } = await validatePaths(context, paths, {});
  const [first] = problems;
  if (first) {
    throw new CommandFailure({
      happened: `${printable(first.path)}:${first.line}:${first.column} ${first.code} ${printable(first.message)}`,
      stillFine: "Nothing was planned.",
      next: `See everything that is wrong with \`velvet validate ${paths.map(printable).join(" ")}\`.`,
    });
  }
  const files = [...new Set(documents.map(({ path }) => path))];
  const read = await Promise.all(
    files.map(async (path) => readManifests({ path, text: await readFile(path, "utf8") }, { tree: "any" }).documents),
  );
  return read.flat();
}

/** Every request; and every Credential that none of them names, as if it were requested now. */
function wantedFrom(documents: readonly ParsedDocument[], nowhere: string, now: Instant): Wanted[] {
  const place = ({ namespace }: ParsedDocument): string => namespace ?? nowhere;
  const accounts = accountsIn(documents);
  const credentials = documents.filter(({ kind }) => kind === "Credential");
  const found = (namespace: string, name: string): Wanted["found"] => {
    const document = credentials.find((each) => place(each) === namespace && each.name === name);
    return document && foundIn(document, accounts);
  };
  const requests = documents
    .filter(({ kind }) => kind === "RotationRequest")
    .map((document): Wanted => {
      const spec = document.spec as RotationRequestSpec;
      const [namespace, credential] = [place(document), spec.credentialRef.name];
      const deadline = spec.deadline === undefined ? later(now, WEEK_MS) : new Date(spec.deadline).toISOString();
      return { namespace, credential, request: document.name, spec, deadline, found: found(namespace, credential) };
    });
  const asked = new Set(requests.map(({ namespace, credential }) => `${namespace}/${credential}`));
  const unasked = credentials
    .map((each): Wanted => {
      const [namespace, credential] = [place(each), each.name];
      return { namespace, credential, ...asIfNow(credential, now), found: found(namespace, credential) };
    })
    .filter(({ namespace, credential }) => !asked.has(`${namespace}/${credential}`));
  return [...requests, ...unasked];
}

function neighboursIn(documents: readonly ParsedDocument[], nowhere: string): readonly Neighbour[] {
  return documents
    .filter(({ kind }) => kind === "Credential")
    .map(({ namespace = nowhere, name, spec }) => ({ namespace, name, spec: spec as CredentialSpec }));
}

function accountsIn(documents: readonly ParsedDocument[]): Snapshot["accounts"] {
  const accounts = documents.filter(({ kind }) => kind === "VendorAccount");
  return Object.fromEntries(
    accounts.map(({ name, spec }) => [name, { generation: 1, spec: spec as VendorAccountSpec }]),
  );
}

/** A Credential of which nothing is known but its manifest. */
function foundIn({ spec }: ParsedDocument, accounts: Snapshot["accounts"]): Wanted["found"] {
  const unknown = { live: undefined, currentId: undefined, retired: [], mintsToday: 0 };
  return { uid: UID, generation: 1, spec: spec as CredentialSpec, accounts, ...unknown };
}

function isNamed(text: string | undefined, namespace: string | undefined): (wanted: Wanted) => boolean {
  if (text === undefined) return () => true;
  const filter = namedBy(text, namespace);
  return (wanted) =>
    (filter.namespace === undefined || wanted.namespace === filter.namespace) &&
    (wanted.request === filter.name || wanted.credential === filter.name);
}
