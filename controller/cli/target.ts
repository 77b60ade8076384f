/** What commands are about: the ledger, or a cluster; chosen by how they are called. */
import type { Command } from "commander";
import type { CommandContext, ExitCode } from "./command.ts";
import type { Db } from "../ledger/db.ts";
import type { OpenLedger } from "../open.ts";
import type { DeskAccess } from "./desk.ts";
import { misuse } from "./failure.ts";
import type { Reading } from "./reading.ts";

/** A cluster as kubectl names it; without either, the kubeconfig's current one. */
export interface ClusterChoice {
  readonly kubeconfig?: string;
  readonly context?: string;
}

/** What every command takes. */
export interface TargetOptions extends ClusterChoice {
  readonly cluster?: boolean;
}

/** Taken before a command and after it. */
export function addTarget(program: Command): void {
  program
    .option("--cluster", "about the kubeconfig's current cluster, instead of the ledger; kubectl velvet always is")
    .option("--context <name>", "about the cluster of this kubeconfig context")
    .option("--kubeconfig <path>", "about the cluster of this kubeconfig; default: KUBECONFIG, else ~/.kube/config");
}

/** `-n orders status` as `status -n orders`: kubectl takes it anywhere, and here it is each command's own. */
export function namespaceLast(args: readonly string[]): string[] {
  const at = args.findIndex((arg, index) => !arg.startsWith("-") && !TAKES_VALUE.has(args[index - 1] ?? ""));
  const before = at === -1 ? [] : args.slice(0, at);
  const from = before.findIndex((arg) => /^(-n|--namespace)(=|$)/.test(arg));
  if (from === -1) return [...args];
  const moved = before[from]?.includes("=") === true ? 1 : 2;
  return [...args.slice(0, from), ...args.slice(from + moved), ...args.slice(from, from + moved)];
}

const TAKES_VALUE: ReadonlySet<string> = new Set(["-n", "--namespace", "--context", "--kubeconfig"]);

const IN_ITS_POD = "Run it in the controller's pod, as whoever may exec there: kubectl exec … -- velvet …";

/** What cannot be done with kubectl's rights alone, and where it is done instead. */
const BY_LEDGER: Readonly<Record<string, string>> = {
  quickstart: "Run `velvet quickstart` on your own machine: it needs no cluster.",
  controller: "The chart runs the controller in the cluster.",
  migrate: "The controller migrates at its start; by hand it is run in its pod: kubectl exec … -- velvet migrate",
  "audit verify": "Run it where the ledger is: kubectl exec … -- velvet audit verify",
  "audit show": "Run it where the ledger is: kubectl exec … -- velvet audit show …",
  "audit export": "Run it where the ledger is: kubectl exec … -- velvet audit export",
  "audit erase": "Run it where the ledger is, with the owner's role: kubectl exec … -- velvet audit erase …",
  "ledger report": "Run it where the ledger is: kubectl exec … -- velvet ledger report",
  sweep:
    "See the condition Drifted of each VendorAccount; or run it where the ledger is: kubectl exec … -- velvet sweep",
  "ledger accept": IN_ITS_POD,
  "source accept": IN_ITS_POD,
};

/** Throws for a command that is the ledger's by nature. */
export function refuseWithoutLedger(command: Command, cluster: ClusterChoice | undefined): void {
  const name = pathOf(command);
  const next = BY_LEDGER[name];
  if (cluster === undefined || next === undefined) return;
  throw misuse(
    `This reads or changes the ledger itself, which kubectl has no way to: ${name} cannot be done on a cluster.`,
    next,
  );
}

/** `ledger accept`: a command's name with those of its groups, without the program's. */
function pathOf(command: Command): string {
  const group = command.parent;
  return group?.parent ? `${pathOf(group)} ${command.name()}` : command.name();
}

/** Undefined: the ledger. `plugin`: run by kubectl, which is always about a cluster. */
export function clusterOf({ kubeconfig, context, cluster }: TargetOptions, plugin: boolean): ClusterChoice | undefined {
  if (!plugin && cluster !== true && kubeconfig === undefined && context === undefined) return undefined;
  return { ...(kubeconfig === undefined ? {} : { kubeconfig }), ...(context === undefined ? {} : { context }) };
}

/** How a person calls the next command, so that it is about the same. */
export function callOf({ kubeconfig, context, cluster }: TargetOptions, plugin: boolean): string {
  const choice = [
    ...(kubeconfig === undefined ? [] : ["--kubeconfig", quoted(kubeconfig)]),
    ...(context === undefined ? [] : ["--context", quoted(context)]),
  ];
  const bare = !plugin && cluster === true && choice.length === 0 ? ["--cluster"] : [];
  return [plugin ? "kubectl velvet" : "velvet", ...choice, ...bare].join(" ");
}

function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** Opens what a command reads from, and closes it afterwards. */
export async function onReading(
  context: CommandContext,
  work: (reading: Reading) => Promise<ExitCode>,
): Promise<ExitCode> {
  const { cluster } = context;
  if (cluster) {
    const [{ withCluster }, { clusterReading }] = await Promise.all([
      import("./cluster/open.ts"),
      import("./cluster/reading.ts"),
    ]);
    return withCluster(context, cluster, async (open) => work(clusterReading(open, context)));
  }
  const { ledgerReading } = await import("./ledger-reading.ts");
  return onLedger(context, async (db) => work(ledgerReading(db, context)));
}

/** Opens the ledger for one command that reads. */
export async function onLedger(
  context: CommandContext,
  work: (db: Db, ledger: OpenLedger) => Promise<ExitCode>,
): Promise<ExitCode> {
  const { withLedger } = await import("./ledger.ts");
  return withLedger(context, work);
}

/** Where decisions are taken, opened when it is needed. */
export function deskOf(context: CommandContext): DeskAccess {
  const { cluster } = context;
  return async (work) => {
    if (cluster) {
      const [{ withCluster }, { clusterDesk }] = await Promise.all([
        import("./cluster/open.ts"),
        import("./cluster/desk.ts"),
      ]);
      return withCluster(context, cluster, async (open) => work(clusterDesk(open, context)));
    }
    const { ledgerDeskAccess } = await import("./ledger-desk.ts");
    return ledgerDeskAccess(context)(work);
  };
}
